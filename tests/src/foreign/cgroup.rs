//! A cgroup of the lab, with a program on it that counts, and may drop, what its members send.
//!
//! It is a threaded child of the cgroup the test runs in, so that a single thread can be a member.

use super::instructions::{give_back, on_match};
use super::tc::{Fate, Matching};
use crate::{owned_name, sys};
use anyhow::{Context as _, Result, bail};
use std::fs::{self, File, OpenOptions};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// A cgroup with an egress program; both go when dropped. Its members must have ended by then.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
    counter: OwnedFd,
    link: Option<OwnedFd>,
}

impl Cgroup {
    /// A new cgroup with a program for all packets its members' sockets send.
    pub fn with_egress_program(fate: Fate) -> Result<Self> {
        const CGROUP_SKB: u32 = 8;
        const CGROUP_INET_EGRESS: u32 = 1;
        let root = own_cgroup()?;
        owned_name::remove_leftovers(&root);
        let path = root.join(owned_name::new());
        let counter = sys::bpf::create_counter().context("create a map for a foreign program")?;
        let verdict = i32::from(fate != Fate::Drop);
        let instructions = on_match(sys::bpf::number(counter.as_fd()), Matching::All, &give_back(verdict), 1);
        let program = sys::bpf::load_program(CGROUP_SKB, CGROUP_INET_EGRESS, &instructions)
            .context("load a foreign cgroup program")?;
        fs::create_dir(&path).with_context(|| format!("create the cgroup {}", path.display()))?;
        let mut cgroup = Self {
            path,
            counter,
            link: None,
        };
        fs::write(cgroup.path.join("cgroup.type"), "threaded").context("make the cgroup threaded")?;
        let folder = File::open(&cgroup.path).context("open the cgroup")?;
        let target = sys::bpf::number(folder.as_fd());
        let link = sys::bpf::create_link(program.as_fd(), target, CGROUP_INET_EGRESS, 0);
        cgroup.link = Some(link.context("attach a foreign cgroup program")?);
        Ok(cgroup)
    }

    /// Has the command start as a member.
    pub fn adopt(&self, command: &mut Command) -> Result<()> {
        let procs = OpenOptions::new()
            .write(true)
            .open(self.path.join("cgroup.procs"))
            .context("open cgroup.procs")?;
        sys::child::start_in_cgroup(command, procs);
        Ok(())
    }

    /// Does something as a member, on a thread of its own: sockets opened there stay members.
    pub fn run<T: Send>(&self, task: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let join = || fs::write(self.path.join("cgroup.threads"), "0").context("join the cgroup");
        let member = || join().and_then(|()| task());
        thread::scope(|scope| {
            scope
                .spawn(member)
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// How many packets the program has seen.
    pub fn matched(&self) -> Result<u64> {
        sys::bpf::read_counter(self.counter.as_fd()).context("read a foreign program's counter")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(1);
        if let Some(link) = &self.link {
            // Nothing is to be done if it fails: the link goes with its descriptor.
            let _ = sys::bpf::detach_link(link.as_fd());
        }
        let deadline = Instant::now() + PATIENCE;
        // A cgroup is busy for a moment after its last member has ended; what fails is removed by the next lab.
        while fs::remove_dir(&self.path).is_err() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The folder of the cgroup this process is in.
fn own_cgroup() -> Result<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").context("read the own cgroup")?;
    let path = own
        .lines()
        .find_map(|line| line.strip_prefix("0::/"))
        .context("this process is in no cgroup2")?;
    Ok(mount_point()?.join(path))
}

fn mount_point() -> Result<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").context("read the mounts")?;
    for line in mounts.lines() {
        let mut fields = line.split(' ');
        if let (Some(_), Some(at), Some("cgroup2")) = (fields.next(), fields.next(), fields.next()) {
            return Ok(PathBuf::from(at));
        }
    }
    bail!("no cgroup2 is mounted: mount one with `mount -t cgroup2 none /sys/fs/cgroup`")
}
