//! The agent is started, stopped and killed under load: traffic does not notice, and what is others' stays.

use super::start::{started, stopped};
use anyhow::Result;
use netobs_tests::foreign::{Chain, Direction, Fate, Matching, TcProgram};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::traffic::stream::{Stream, Streamed};
use netobs_tests::traffic::tcp;
use netobs_tests::truth::{Holding, Kind, attached};
use std::thread;
use std::time::{Duration, Instant};

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];
/// The kernel takes apart what nobody holds any more after a grace period, not at once.
const SOON: Duration = Duration::from_secs(5);
/// Beyond what the same stream has without a kill: other work on the machine delays packets too.
const NOISE: Duration = Duration::from_millis(150);

fn streamed(a: &Pod, b: &Pod, port: u16, meanwhile: impl FnOnce() -> Result<()>) -> Result<Streamed> {
    const EACH_SIDE: Duration = Duration::from_millis(500);
    let stream = Stream::start(a, b, b.socket_address(Family::V4, port), 2000)?;
    thread::sleep(EACH_SIDE);
    meanwhile()?;
    thread::sleep(EACH_SIDE);
    stream.stop()
}

/// How many programs hang on a pod's interface.
fn programs(node: &Node, pod: &Pod) -> Result<usize> {
    let mut count = 0;
    for direction in DIRECTIONS {
        count += attached(node, pod.host_interface(), direction)?.len();
    }
    Ok(count)
}

/// Waits until nothing of what a process held is in the kernel any more.
fn all_gone(held: &Holding) -> Result<Duration> {
    let start = Instant::now();
    loop {
        let remaining = held.remaining()?;
        if remaining.is_empty() {
            return Ok(start.elapsed());
        }
        assert!(start.elapsed() < SOON, "still in the kernel: {remaining:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_under_load_it_takes_no_packet_with_it_and_leaves_nothing() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let agent = started(&node, &[])?;
    assert_eq!(programs(&node, &a)?, 2);
    let held = Holding::of(agent.pid())?;
    assert!(held.count(Kind::Link) > 4 && held.count(Kind::Program) >= 3, "{held:?}");
    let undisturbed = streamed(&a, &b, 5000, || Ok(()))?;
    let killed = streamed(&a, &b, 5001, || agent.kill().map(drop))?;
    println!(
        "undisturbed {undisturbed:?}, killed {killed:?}, all gone {:?} later",
        all_gone(&held)?
    );
    assert_eq!((killed.lost(), killed.out_of_order), (0, 0), "{killed:?}");
    assert!(
        killed.largest_gap < undisturbed.largest_gap + NOISE,
        "{undisturbed:?} {killed:?}"
    );
    assert_eq!((programs(&node, &a)?, programs(&node, &b)?), (0, 0));

    let next = started(&node, &[])?;
    assert_eq!(programs(&node, &a)?, 2);
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    let lines = stopped(next)?.lines;
    assert!(lines.iter().any(|line| line["destination"]["port"] == 80), "{lines:?}");
    Ok(())
}

#[test]
fn started_and_stopped_under_load_it_loses_no_packet_and_leaves_nothing() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let stream = streamed(&a, &b, 5000, || {
        for _ in 0..3 {
            let agent = started(&node, &[])?;
            let held = Holding::of(agent.pid())?;
            thread::sleep(Duration::from_millis(100));
            let lines = stopped(agent)?.lines;
            assert!(
                lines.iter().any(|line| line["destination"]["port"] == 5000),
                "{lines:?}"
            );
            assert_eq!(programs(&node, &a)?, 0);
            all_gone(&held)?;
        }
        Ok(())
    })?;
    assert_eq!((stream.lost(), stream.out_of_order), (0, 0), "{stream:?}");
    Ok(())
}

/// Programs of somebody else on a pod's interface, each of which sees all packets.
struct Others {
    programs: Vec<TcProgram>,
}

impl Others {
    fn on(node: &Node, pod: &Pod) -> Result<Self> {
        let attach = |(direction, chain)| {
            TcProgram::attach(node, pod.host_interface(), direction, chain, Matching::All, Fate::Next)
        };
        let chains = [
            Chain::TcxFirst,
            Chain::TcxLast,
            Chain::Clsact { priority: 1 },
            Chain::Clsact { priority: 9 },
        ];
        let places = DIRECTIONS
            .iter()
            .flat_map(|direction| chains.map(|chain| (*direction, chain)));
        Ok(Self {
            programs: places.map(attach).collect::<Result<_>>()?,
        })
    }

    /// All are there, and all of them see a connection's packets.
    fn are_well(&self, a: &Pod, b: &Pod) -> Result<()> {
        let matched = || self.programs.iter().map(TcProgram::matched).collect::<Result<Vec<_>>>();
        let before = matched()?;
        tcp::exchange(a, b, b.socket_address(Family::V4, 80), 1000, 1000)?;
        for (nth, (before, after)) in before.into_iter().zip(matched()?).enumerate() {
            assert!(after >= before + 4, "program {nth} saw {} packets", after - before);
            assert!(self.programs[nth].is_attached()?, "program {nth}");
        }
        Ok(())
    }
}

#[test]
fn programs_and_qdiscs_of_others_survive_start_stop_and_crash() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let others = Others::on(&node, &a)?;
    let qdiscs = || node.output("tc", &["qdisc", "show"], "");
    let chain = || attached(&node, a.host_interface(), Direction::Ingress);
    let (qdiscs_before, chain_before) = (qdiscs()?, chain()?);
    assert!(qdiscs_before.contains("clsact"), "{qdiscs_before}");
    others.are_well(&a, &b)?;
    for ends_well in [true, false] {
        let agent = started(&node, &[])?;
        let with_us = chain()?;
        assert_eq!(with_us[1..], chain_before, "we are first, and theirs keep their order");
        others.are_well(&a, &b)?;
        if ends_well {
            stopped(agent)?;
        } else {
            agent.kill()?;
        }
        all_others(&chain, &chain_before)?;
        assert_eq!(qdiscs()?, qdiscs_before);
        others.are_well(&a, &b)?;
    }
    Ok(())
}

/// A killed process's links go a moment after it.
fn all_others(chain: &impl Fn() -> Result<Vec<u32>>, before: &[u32]) -> Result<()> {
    let start = Instant::now();
    while chain()? != before && start.elapsed() < SOON {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(chain()?, before);
    Ok(())
}
