//! What a tap costs a packet of an established flow, less what an empty program costs.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use aya::programs::TcAttachType;
use aya::sys::{Stats, enable_stats};
use netobs_tests::cpu;
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;

use crate::agent;
use crate::figure::{Figure, Out};
use crate::programs::{ProgramId, Yardstick};
use crate::summary::Summary;
use crate::volley::Volley;

/// Short rounds in rotation: what disturbs one disturbs few of them, and the clock's pace is the same for all in one.
const ROUNDS: usize = 60;
const DATAGRAMS: u64 = 10_000;

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let _statistics = enable_stats(Stats::RunTime).context("turn on the kernel's statistics of programs")?;
    let (observed, plain) = (Node::routed()?, Node::routed()?);
    let pods = observed.pods(&["from", "to"])?;
    let others = plain.pods(&["empty", "to-empty", "floor", "to-floor"])?;
    let agent = agent::start(&observed, &[&pods[0], &pods[1]], Stdio::null())?;
    let mut yardsticks = [Yardstick::load()?, Yardstick::load()?];
    let [first, second] = &mut yardsticks;
    let at = |name: &str, pod: &Pod, direction, yardstick: &mut Yardstick| {
        yardstick.attach(name, &plain, pod.host_interface(), direction)
    };
    let attached = Attached {
        empty: at("empty", &others[0], TcAttachType::Ingress, first)?,
        empty_to_pod: at("empty", &others[1], TcAttachType::Egress, second)?,
        floor: at("floor", &others[2], TcAttachType::Ingress, first)?,
        from_pod: tap(&observed, &pods[0], TcAttachType::Ingress)?,
        to_pod: tap(&observed, &pods[1], TcAttachType::Egress)?,
    };
    for (family, name) in [(Family::V4, "ipv4"), (Family::V6, "ipv6")] {
        let tracks = [
            track(&others[0], &others[1], family)?,
            track(&others[2], &others[3], family)?,
            track(&pods[0], &pods[1], family)?,
        ];
        let rounds = cpu::on_one_processor(|| {
            (0..ROUNDS)
                .map(|_| round(&attached, &tracks))
                .collect::<Result<Vec<_>>>()
        })?;
        tell(out, name, &rounds)?;
    }
    agent::stop(agent)
}

struct Attached {
    empty: ProgramId,
    empty_to_pod: ProgramId,
    floor: ProgramId,
    from_pod: ProgramId,
    to_pod: ProgramId,
}

/// Nanoseconds a run in one round, gross.
#[derive(Clone, Copy)]
struct Round {
    empty: f64,
    empty_to_pod: f64,
    floor: f64,
    from_pod: f64,
    to_pod: f64,
}

fn tap(node: &Node, pod: &Pod, direction: TcAttachType) -> Result<ProgramId> {
    let found = node.run(|| Ok(agent::tap(pod.host_interface(), direction)))?;
    found.context("the agent has no tap there")
}

/// A flow that has gone on for a while.
fn track(from: &Pod, to: &Pod, family: Family) -> Result<Volley> {
    let volley = Volley::open(from, to, to.socket_address(family, 7777))?;
    let arrived = volley.fire(DATAGRAMS)?;
    anyhow::ensure!(
        arrived > DATAGRAMS / 2,
        "of {DATAGRAMS} datagrams only {arrived} arrived"
    );
    Ok(volley)
}

fn round(attached: &Attached, [empty, floor, tapped]: &[Volley; 3]) -> Result<Round> {
    let [empty, empty_to_pod] = fire(empty, [attached.empty, attached.empty_to_pod])?;
    let [floor] = fire(floor, [attached.floor])?;
    let [from_pod, to_pod] = fire(tapped, [attached.from_pod, attached.to_pod])?;
    Ok(Round {
        empty,
        empty_to_pod,
        floor,
        from_pod,
        to_pod,
    })
}

fn fire<const N: usize>(volley: &Volley, programs: [ProgramId; N]) -> Result<[f64; N]> {
    let before = programs.map(ProgramId::runs);
    volley.fire(DATAGRAMS)?;
    let mut each = [0.0; N];
    for ((each, program), before) in each.iter_mut().zip(programs).zip(before) {
        *each = program.runs()?.each_since(before?)?;
    }
    Ok(each)
}

fn tell(out: &mut Out, family: &str, rounds: &[Round]) -> Result<()> {
    let median = |of: fn(&Round) -> f64| Summary::of(rounds.iter().map(of)).median;
    let net = |name, of: fn(&Round) -> f64, gross: fn(&Round) -> f64| {
        Figure::of(name, Summary::of(rounds.iter().map(of)), "ns")
            .case("family", family)
            .detail("gross", median(gross).round())
            .detail("empty", median(|round| round.empty).round())
    };
    out.tell(&net(
        "tap_net_ns",
        |round| round.from_pod - round.empty,
        |round| round.from_pod,
    ))?;
    out.tell(&net(
        "tap_to_pod_net_ns",
        |round| round.to_pod - round.empty_to_pod,
        |round| round.to_pod,
    ))?;
    out.tell(&net(
        "floor_net_ns",
        |round| round.floor - round.empty,
        |round| round.floor,
    ))?;
    let ratio = median(|round| round.from_pod - round.empty) / median(|round| round.floor - round.empty);
    out.tell(&Figure::new("tap_per_floor", ratio, "ratio").case("family", family))
}
