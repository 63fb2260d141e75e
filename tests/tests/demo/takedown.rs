//! What the demo makes goes with it, however it ends.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::{Programs, Scenario, Stage};
use netobs_tests::process::Process;
use netobs_tests::truth::Holding;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
const INTERRUPT: i32 = 2;
const TERMINATE: i32 = 15;

/// What a demo has made, as the kernel sees it.
#[derive(Debug)]
struct Made {
    folder: PathBuf,
    kubeconfig: PathBuf,
    agent: u32,
    held: Holding,
    /// Everybody who is in one of its network namespaces or holds one; their numbers are soon others'.
    holders: BTreeSet<u32>,
}

impl Made {
    /// Waits until the agent of the process's demo is at work.
    fn by(pid: u32) -> Result<Self> {
        let deadline = Instant::now() + PATIENCE;
        let folder = PathBuf::from(format!("/run/netobs-demo-{pid}-0"));
        loop {
            if let Some((agent, words)) = agent_of(&folder)?
                && folder.join("netobs.sock").exists()
            {
                let given = words.iter().position(|word| word == "--kubeconfig");
                let kubeconfig = given.and_then(|at| words.get(at + 1)).context("it has a kubeconfig")?;
                return Ok(Self {
                    kubeconfig: kubeconfig.into(),
                    held: Holding::of(agent)?,
                    holders: sharers(pid)?,
                    folder,
                    agent,
                });
            }
            ensure!(Instant::now() < deadline, "there is no agent of {}", folder.display());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// An error if any of it is still there after some seconds.
    fn is_gone(&self) -> Result<()> {
        const SOON: Duration = Duration::from_secs(5);
        assert!(!self.held.objects.is_empty(), "{self:?}");
        assert!(
            self.holders.len() >= 2 && self.holders.contains(&self.agent),
            "{self:?}"
        );
        let deadline = Instant::now() + SOON;
        while let Some(left) = self.left()? {
            ensure!(Instant::now() < deadline, "{left} is left of {self:?}");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn left(&self) -> Result<Option<&'static str>> {
        if self.folder.exists() {
            return Ok(Some("the folder"));
        }
        if self.kubeconfig.exists() {
            return Ok(Some("the kubeconfig"));
        }
        if Path::new("/proc").join(self.agent.to_string()).exists() {
            return Ok(Some("the agent"));
        }
        if !self.held.remaining()?.is_empty() {
            return Ok(Some("a program, map or link"));
        }
        let is_there = |pid: &u32| Path::new("/proc").join(pid.to_string()).exists();
        let in_use = self.holders.iter().any(is_there);
        Ok(in_use.then_some("somebody in a network namespace"))
    }
}

fn processes() -> Result<Vec<u32>> {
    let names = fs::read_dir("/proc").context("list processes")?.flatten();
    Ok(names
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect())
}

/// The agent whose socket is there, and its command line.
fn agent_of(folder: &Path) -> Result<Option<(u32, Vec<String>)>> {
    let socket = folder.join("netobs.sock").display().to_string();
    Ok(processes()?.into_iter().find_map(|pid| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<String> = line.split('\0').map(str::to_owned).collect();
        words.contains(&socket).then_some((pid, words))
    }))
}

/// All processes that have a network namespace in common with this one, itself too.
fn sharers(pid: u32) -> Result<BTreeSet<u32>> {
    let namespaces = namespaces_of(pid)?;
    let shares = |other: &u32| namespaces_of(*other).is_ok_and(|own| !own.is_disjoint(&namespaces));
    Ok(processes()?.into_iter().filter(shares).collect())
}

/// Network namespaces that a process is in or holds, but not the one that we are in.
fn namespaces_of(pid: u32) -> Result<BTreeSet<PathBuf>> {
    let own = fs::read_link("/proc/self/ns/net")?;
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))?
        .flatten()
        .map(|entry| entry.path());
    let links = descriptors.chain([format!("/proc/{pid}/ns/net").into()]);
    let targets = links.filter_map(|link| fs::read_link(link).ok());
    Ok(targets
        .filter(|target| target.to_string_lossy().starts_with("net:") && *target != own)
        .collect())
}

fn demo(arguments: &[&str]) -> Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netobs-demo"));
    Process::start(
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )
}

fn ends_by(signal: i32, arguments: &[&str], code: i32) -> Result<()> {
    let mut demo = demo(arguments)?;
    let made = Made::by(demo.pid())?;
    demo.signal(signal)?;
    assert_eq!(demo.wait(PATIENCE)?.code(), Some(code));
    made.is_gone()
}

#[test]
fn nothing_is_left_when_the_story_has_been_told() -> Result<()> {
    let mut demo = demo(&[])?;
    let made = Made::by(demo.pid())?;
    assert_eq!(demo.wait(PATIENCE)?.code(), Some(0));
    made.is_gone()
}

#[test]
fn nothing_is_left_when_it_is_interrupted_or_told_to_end() -> Result<()> {
    ends_by(INTERRUPT, &[], 128 + INTERRUPT)?;
    ends_by(TERMINATE, &["--scenario", "no-dns", "--json"], 128 + TERMINATE)
}

#[test]
fn what_is_kept_is_left_by_ctrl_c() -> Result<()> {
    let mut demo = demo(&["--keep"])?;
    let made = Made::by(demo.pid())?;
    thread::sleep(Duration::from_secs(6));
    assert_eq!(demo.ended()?, None);
    demo.signal(INTERRUPT)?;
    assert_eq!(demo.wait(PATIENCE)?.code(), Some(0));
    made.is_gone()
}

#[test]
fn what_a_killed_demo_leaves_the_next_one_removes() -> Result<()> {
    let mut killed = demo(&[])?;
    let made = Made::by(killed.pid())?;
    killed.kill()?;
    let mut next = demo(&["--json"])?;
    assert_eq!(next.wait(PATIENCE)?.code(), Some(0));
    assert!(!made.folder.exists());
    let made = Made {
        kubeconfig: PathBuf::new(),
        ..made
    };
    made.is_gone()
}

#[test]
fn nothing_is_left_by_a_panic() -> Result<()> {
    let (made, had) = std::sync::mpsc::channel();
    let panicked = thread::spawn(move || {
        let stage = Stage::set(Scenario::MissingLabel, Programs::find().expect("the programs"));
        let mut stage = stage.expect("the stage");
        stage.begin_traffic();
        let folder = stage.socket().parent().map(Path::to_owned).expect("a folder");
        let (agent, _) = agent_of(&folder).expect("processes").expect("an agent");
        let held = Holding::of(agent).expect("what it holds");
        made.send((folder, agent, held)).expect("the test waits");
        panic!("on purpose");
    })
    .join();
    assert!(panicked.is_err());
    let (folder, agent, held) = had.recv()?;
    let deadline = Instant::now() + PATIENCE;
    let agent = PathBuf::from(format!("/proc/{agent}"));
    while folder.exists() || agent.exists() || !held.remaining()?.is_empty() {
        ensure!(
            Instant::now() < deadline,
            "{} or {} is left",
            folder.display(),
            agent.display()
        );
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
