//! What the drop program costs a dropped packet in a flood, less what an empty program costs at the same place.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use aya::programs::TcAttachType;
use aya::sys::{Stats, enable_stats};
use netobs_tests::cpu;
use netobs_tests::node::{Family, Node};
use netobs_tests::packet::{Ends, Ports, ip_frame, protocol, udp};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::frames::FrameSender;

use crate::agent;
use crate::figure::{Figure, Out};
use crate::programs::{ProgramId, Yardstick};
use crate::summary::Summary;

const ROUNDS: usize = 40;
/// Packets a round.
const FLOOD: usize = 20_000;
const PORT: u16 = 9;
/// One; many that all have a place in the table of drops; more than it has places for.
const CONNECTIONS: [usize; 3] = [1, 8_000, 60_000];

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let _statistics = enable_stats(Stats::RunTime).context("turn on the kernel's statistics of programs")?;
    let node = Node::routed()?;
    let pods = node.pods(&["from", "to"])?;
    node.refuse(Refusal::Drop, Hook::Forward, &format!("udp dport {PORT}"))?;
    let agent = agent::start(&node, &[&pods[0], &pods[1]], Stdio::null())?;
    let tap = node.run(|| Ok(agent::tap(pods[0].host_interface(), TcAttachType::Ingress)))?;
    let mut yardstick = Yardstick::load()?;
    let attached = Attached {
        empty: yardstick.attach_drop()?,
        dropped: tap.context("the agent has no tap")?.sibling("netobs_dropped")?,
    };
    let sender = FrameSender::open(&pods[0], POD_INTERFACE)?;
    for connections in CONNECTIONS {
        let frames = frames(&pods[0], &pods[1], connections);
        let rounds = cpu::on_one_processor(|| flood(&sender, &frames, &attached))?;
        tell(out, connections, &rounds)?;
    }
    agent::stop(agent)
}

struct Attached {
    empty: ProgramId,
    dropped: ProgramId,
}

/// Nanoseconds a run in one round, gross.
struct Round {
    empty: f64,
    dropped: f64,
}

/// One packet of each connection.
fn frames(from: &Pod, to: &Pod, connections: usize) -> Vec<Vec<u8>> {
    const FIRST_PORT: u16 = 1024;
    let ends = Ends {
        source: from.address(Family::V4),
        destination: to.address(Family::V4),
    };
    let frame = |source| {
        let ports = Ports {
            source,
            destination: PORT,
        };
        ip_frame(&from.ethernet(), ends, protocol::UDP, &udp(ends, ports, &[b'd'; 64]))
    };
    (FIRST_PORT..).take(connections).map(frame).collect()
}

/// Rounds of the same number of packets, which go through the connections again and again.
fn flood(sender: &FrameSender, frames: &[Vec<u8>], attached: &Attached) -> Result<Vec<Round>> {
    let mut endless = frames.iter().cycle().cloned();
    let mut round = || {
        let frames: Vec<_> = endless.by_ref().take(FLOOD).collect();
        let (empty, dropped) = (attached.empty.runs()?, attached.dropped.runs()?);
        sender.send(&frames)?;
        Ok(Round {
            empty: attached.empty.runs()?.each_since(empty)?,
            dropped: attached.dropped.runs()?.each_since(dropped)?,
        })
    };
    (0..frames.len().div_ceil(FLOOD)).try_for_each(|_| round().map(drop))?;
    (0..ROUNDS).map(|_| round()).collect()
}

fn tell(out: &mut Out, connections: usize, rounds: &[Round]) -> Result<()> {
    let gross = Summary::of(rounds.iter().map(|round| round.dropped)).median;
    let empty = Summary::of(rounds.iter().map(|round| round.empty)).median;
    let net = Summary::of(rounds.iter().map(|round| round.dropped - round.empty));
    out.tell(
        &Figure::of("drop_net_ns", net, "ns")
            .case("connections", connections)
            .detail("gross", gross.round())
            .detail("empty", empty.round()),
    )
}
