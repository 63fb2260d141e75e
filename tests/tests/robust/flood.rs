//! A burst of 200,000 refused SYNs: counted to the last, in lines and processor time that stay bounded.

use super::account::Account;
use super::start::{PATIENCE, command};
use anyhow::{Result, ensure};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::POD_INTERFACE;
use netobs_tests::process::Process;
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::flood::Flood;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const PORT: u16 = 81;
const COUNT: usize = 200_000;

/// A connection is told when it was seen, when its verdict changes, and when it ends.
const LINES_A_CONNECTION: usize = 3;

/// Where the agent writes to, so that nobody's reading takes time from it; removed when dropped.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("netobs-flood-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    fn create(&self, name: &str) -> Result<Stdio> {
        Ok(File::create(self.folder.join(name))?.into())
    }

    fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.join("log"))?)
    }

    fn account(&self) -> Result<Account> {
        let mut account = Account::default();
        for line in BufReader::new(File::open(self.folder.join("lines"))?).lines() {
            account.add(&serde_json::from_str(&line?)?, PORT);
        }
        Ok(account)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What is left is in the folder for what is temporary.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn two_hundred_thousand_refused_syns_are_counted_to_the_last_in_bounded_time() -> Result<()> {
    let (node, files) = (Node::routed()?, Files::new()?);
    let pod = node.pod("a")?;
    let to = (node.outside_addresses().of(Family::V4), PORT).into();
    node.count("refused", Hook::Forward, &format!("tcp dport {PORT}"))?;
    node.refuse(Refusal::Drop, Hook::Forward, &format!("tcp dport {PORT}"))?;
    let sources: Vec<IpAddr> = (1..=4).map(|n| Ipv4Addr::new(198, 51, 100, n).into()).collect();
    let flood = Flood::syns(&pod.ethernet(), &sources, to, COUNT)?;
    let mut agent = start(&node, &files)?;
    let before = agent.usage()?;
    let flooded = flood.send(&pod, POD_INTERFACE)?;
    let refused = node.counted_at_least("refused", flooded.sent)?.packets;
    assert_eq!(refused, flooded.sent);
    thread::sleep(Duration::from_secs(2));
    let after = agent.usage()?;
    let status = agent.stop(PATIENCE)?;
    assert!(status.success(), "{status:?}: {}", files.log()?);
    let account = files.account()?;
    let cpu = after.cpu - before.cpu;
    println!(
        "{flooded:?}: {cpu:?} of the agent's time, {} MiB, {account:?}",
        after.rss_bytes >> 20
    );
    let lost = |place: &str| account.lost.get(place).copied().unwrap_or_default();
    exactly(
        account.delivered + lost("tap"),
        lost("flows"),
        refused,
        "packets the tap saw",
    );
    exactly(
        account.dropped + lost("drops"),
        lost("flows") + lost("drops_missed"),
        refused,
        "drops",
    );
    assert!(account.lines <= LINES_A_CONNECTION * COUNT, "{account:?}");
    assert!(cpu < Duration::from_secs(20), "{cpu:?}");
    assert!(after.rss_bytes < 300 << 20, "{after:?}");
    Ok(())
}

/// What is told, and what is reported as lost without being told apart, make up the truth.
fn exactly(told: u64, lost_of_both: u64, truth: u64, what: &str) {
    assert!(
        told <= truth && truth <= told + lost_of_both,
        "{what}: {told} and {lost_of_both}, were {truth}"
    );
}

fn start(node: &Node, files: &Files) -> Result<Process> {
    let mut command = command(node, &[])?;
    command.stdout(files.create("lines")?).stderr(files.create("log")?);
    let agent = Process::start(&mut command)?;
    let deadline = Instant::now() + PATIENCE;
    while !files.log()?.contains("attached interfaces=") {
        ensure!(
            Instant::now() < deadline,
            "the agent has not attached: {}",
            files.log()?
        );
        thread::sleep(Duration::from_millis(10));
    }
    Ok(agent)
}
