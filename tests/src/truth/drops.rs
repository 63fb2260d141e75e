//! The kernel's own trace of dropped packets: the tracepoint `skb:kfree_skb`, in an instance of its own.

use crate::{owned_name, sys};
use anyhow::{Context as _, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;

/// A trace under way. It sees all namespaces of the machine; the line does not say which.
#[derive(Debug)]
pub struct DropTrace {
    /// Keeps the mount, which nobody else sees, alive.
    instances: File,
    name: String,
}

/// A dropped packet, in the kernel's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedDrop {
    /// The thread that was at work, not always the one that sent the packet.
    pub pid: u32,
    /// As an Ethernet type.
    pub protocol: u16,
    /// The kernel function that dropped it; older kernels, such as 6.1, give a number that says nothing.
    pub location: String,
    pub reason: String,
}

/// All drops of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracedDrops {
    pub drops: Vec<TracedDrop>,
    /// Drops the trace buffer had no room for.
    pub missed: u64,
}

impl TracedDrops {
    /// How many were dropped for this reason.
    pub fn of_reason(&self, reason: &str) -> usize {
        self.drops.iter().filter(|drop| drop.reason == reason).count()
    }
}

impl DropTrace {
    /// Starts to trace; a filter is in the kernel's language, such as `protocol == 0x800`, or empty.
    pub fn start(filter: &str) -> Result<Self> {
        let instances = open_instances().context("the trace of drops needs tracefs, which needs root")?;
        let name = owned_name::new();
        let trace = Self { instances, name };
        owned_name::remove_leftovers(&trace.folder());
        let instance = trace.instance();
        fs::create_dir(&instance).with_context(|| format!("create the trace instance {}", trace.name))?;
        write(&instance, "buffer_size_kb", "8192")?;
        if !filter.is_empty() {
            write(&instance, "events/skb/kfree_skb/filter", filter)?;
        }
        write(&instance, "events/skb/kfree_skb/enable", "1")?;
        Ok(trace)
    }

    /// Ends the trace and gives back all it has seen.
    pub fn stop(self) -> Result<TracedDrops> {
        write(&self.instance(), "events/skb/kfree_skb/enable", "0")?;
        let mut pipe = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(self.instance().join("trace_pipe"))
            .context("open the trace")?;
        let (mut text, mut buffer) = (Vec::new(), [0; 65_536]);
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => text.extend_from_slice(buffer.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("read the trace"),
            }
        }
        Ok(parse(&String::from_utf8_lossy(&text)))
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.instances.as_raw_fd()))
    }

    fn instance(&self) -> PathBuf {
        self.folder().join(&self.name)
    }
}

impl Drop for DropTrace {
    fn drop(&mut self) {
        // If it fails, the next trace to start removes it.
        let _ = fs::remove_dir(self.instance());
    }
}

/// Opens the folder of instances in a mount of tracefs that only a short-lived thread can see.
fn open_instances() -> Result<File> {
    const TRACEFS: &str = "/sys/kernel/tracing";
    let open = || {
        sys::namespace::unshare_mounts().context("have mounts of one's own")?;
        if !Path::new(TRACEFS).join("instances").exists() {
            sys::namespace::mount_virtual("tracefs", TRACEFS).context("mount tracefs")?;
        }
        File::open(Path::new(TRACEFS).join("instances")).context("open the trace instances")
    };
    thread::scope(|scope| {
        scope
            .spawn(open)
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn write(instance: &Path, file: &str, value: &str) -> Result<()> {
    fs::write(instance.join(file), value).with_context(|| format!("write {value} to {file} of the trace"))
}

fn parse(text: &str) -> TracedDrops {
    let missed = text.lines().filter_map(missed).sum();
    TracedDrops {
        drops: text.lines().filter_map(drop_of).collect(),
        missed,
    }
}

fn missed(line: &str) -> Option<u64> {
    line.split_once("[LOST ")?.1.split_once(" EVENTS]")?.0.parse().ok()
}

fn drop_of(line: &str) -> Option<TracedDrop> {
    let (head, fields) = line.split_once(": kfree_skb: ")?;
    let after = |key: &str| fields.split_once(key)?.1.split_whitespace().next();
    let thread = head.split(" [").next()?.trim();
    Some(TracedDrop {
        pid: thread.rsplit_once('-')?.1.parse().ok()?,
        protocol: after("protocol=")?.parse().ok()?,
        location: after("location=")?.split('+').next()?.to_owned(),
        reason: after("reason: ")?.to_owned(),
    })
}
