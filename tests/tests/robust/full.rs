//! Maps that are full, rings that are full, a reader that is slow: what was counted is told or reported as lost, exactly.

use super::account::Account;
use super::start::{await_attached, command_without_btf, run, stopped};
use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::process::Agent;
use netobs_tests::rules::Hook;
use netobs_tests::traffic::flood::Flood;
use netobs_tests::traffic::udp::Receiver;
use std::thread;
use std::time::Duration;

const PORT: u16 = 9;
const FLOWS: usize = 20_000;

/// A pod that sends a datagram of each of many flows to the node itself, so that one tap sees it once.
struct Site {
    node: Node,
    pod: Pod,
    /// Has room for all, so that none is dropped.
    _receiver: Receiver,
}

impl Site {
    fn new() -> Result<Self> {
        let node = Node::routed()?;
        let pod = node.pod("a")?;
        let receiver = Receiver::bind(&node, (node.addresses().of(Family::V4), PORT).into())?;
        node.count("arrived", Hook::Prerouting, &format!("udp dport {PORT}"))?;
        Ok(Self {
            node,
            pod,
            _receiver: receiver,
        })
    }

    fn flood(&self, flows: usize) -> Result<Flood> {
        let sources = [self.pod.address(Family::V4)];
        let to = (self.node.addresses().of(Family::V4), PORT).into();
        Flood::datagrams(&self.pod.ethernet(), &sources, to, flows, 18)
    }

    /// Drops are those of the whole machine, and lost together with our flows, so this agent is kept from seeing any.
    fn started(&self, arguments: &[&str]) -> Result<Agent> {
        await_attached(run(&mut command_without_btf(&self.node, arguments)?)?)
    }

    fn send(&self, flood: &Flood) -> Result<()> {
        let flooded = flood.send(&self.pod, POD_INTERFACE)?;
        self.node.counted_at_least("arrived", flooded.sent)?;
        Ok(())
    }

    /// Stops the agent and compares what it said with what nftables counted.
    fn settle(&self, agent: Agent) -> Result<Account> {
        let ended = stopped(agent)?;
        let account = Account::of(&ended.lines, PORT);
        let arrived = self.node.counted("arrived")?.packets;
        assert_eq!(account.delivered + account.lost_by_taps(), arrived, "{account:?}");
        Ok(account)
    }
}

#[test]
fn with_room_for_all_nothing_is_lost() -> Result<()> {
    let site = Site::new()?;
    let agent = site.started(&[])?;
    site.send(&site.flood(FLOWS)?)?;
    let account = site.settle(agent)?;
    assert_eq!((account.lost_by_taps(), account.flows), (0, FLOWS));
    Ok(())
}

#[test]
fn packets_that_find_a_full_map_are_told_one_by_one() -> Result<()> {
    let site = Site::new()?;
    let agent = site.started(&["--connections", "16"])?;
    site.send(&site.flood(FLOWS)?)?;
    let account = site.settle(agent)?;
    assert!(account.flows > 16, "{account:?}");
    Ok(())
}

#[test]
fn what_finds_neither_slot_nor_ring_is_reported_as_lost() -> Result<()> {
    let site = Site::new()?;
    let agent = site.started(&["--connections", "16", "--ring", "4096"])?;
    site.send(&site.flood(FLOWS)?)?;
    let account = site.settle(agent)?;
    assert!(account.lost["tap"] > 0, "{account:?}");
    Ok(())
}

#[test]
fn an_agent_that_stands_still_finds_all_in_the_map_afterwards() -> Result<()> {
    let site = Site::new()?;
    let mut agent = site.started(&[])?;
    standing_still(&mut agent, || site.send(&site.flood(FLOWS)?))?;
    let account = site.settle(agent)?;
    assert_eq!(account.lost_by_taps(), 0, "{account:?}");
    Ok(())
}

#[test]
fn an_agent_that_stands_still_with_a_full_map_reports_what_the_ring_did_not_hold() -> Result<()> {
    let site = Site::new()?;
    let mut agent = site.started(&["--connections", "16", "--ring", "65536"])?;
    standing_still(&mut agent, || site.send(&site.flood(FLOWS)?))?;
    let account = site.settle(agent)?;
    let in_the_ring = 65_536 / (8 + 48);
    assert!(account.lost["tap"] > (FLOWS - in_the_ring - 100) as u64, "{account:?}");
    Ok(())
}

#[test]
fn a_table_of_few_flows_tells_those_it_lets_go() -> Result<()> {
    let site = Site::new()?;
    let agent = site.started(&["--flows", "64"])?;
    let flood = site.flood(2_000)?;
    for _ in 0..5 {
        site.send(&flood)?;
        thread::sleep(Duration::from_millis(100));
    }
    let account = site.settle(agent)?;
    assert!(account.flows >= 2_000, "{account:?}");
    Ok(())
}

#[test]
fn a_reader_that_pauses_loses_no_flow_without_being_told() -> Result<()> {
    let site = Site::new()?;
    let agent = site.started(&["--flows", "1024"])?;
    let (more_than_fit, again) = (site.flood(25_000)?, site.flood(5_000)?);
    agent.unheard(|| {
        site.send(&more_than_fit)?;
        thread::sleep(Duration::from_secs(2));
        site.send(&again)
    })?;
    let account = site.settle(agent)?;
    assert!(account.lost["flows"] > 0, "{account:?}");
    Ok(())
}

#[test]
fn an_agent_whose_reader_never_reads_again_still_ends_and_says_so() -> Result<()> {
    const SOON: Duration = Duration::from_secs(15);
    let site = Site::new()?;
    let agent = site.started(&["--flows", "1024"])?;
    let flood = site.flood(25_000)?;
    agent.unheard(|| site.send(&flood))?;
    let ended = agent.stop_unheard(SOON)?;
    assert!(ended.status.success(), "{:?}", ended.status);
    assert!(ended.stderr.contains("nobody reads"), "{}", ended.stderr);
    Ok(())
}

fn standing_still(agent: &mut Agent, task: impl FnOnce() -> Result<()>) -> Result<()> {
    agent.process().signal(libc::SIGSTOP)?;
    task()?;
    thread::sleep(Duration::from_secs(1));
    agent.process().signal(libc::SIGCONT)
}
