//! Drops as the kernel's own trace has them, beside those of the agent.

use anyhow::{Context as _, Result};
use netobs_tests::netns::Netns;
use netobs_tests::observer::{Dropped, Flow};
use netobs_tests::pod::Pod;
use netobs_tests::rules::Count;
use netobs_tests::traffic::udp;
use netobs_tests::truth::{DropTrace, TracedDrops};
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

/// The trace sees the whole machine: enough to stand out from what others drop meanwhile.
pub(super) const PACKETS: u64 = 300;
const PAYLOAD: u8 = 10;

/// Does something and gives back which drops the kernel traced meanwhile.
pub(super) fn while_traced<T>(task: impl FnOnce() -> Result<T>) -> Result<(T, TracedDrops)> {
    const STILL_UNDER_WAY: Duration = Duration::from_millis(100);
    let trace = DropTrace::start("")?;
    let done = task()?;
    thread::sleep(STILL_UNDER_WAY);
    Ok((done, trace.stop()?))
}

/// Sends [`PACKETS`] datagrams from one socket.
pub(super) fn spray(from: &Netns, to: SocketAddr) -> Result<()> {
    spray_with(&udp::Sender::unconnected(from, to).context("a sender")?);
    Ok(())
}

pub(super) fn spray_with(sender: &udp::Sender) {
    for _ in 0..PACKETS {
        // Dropped by an output rule or a cgroup's program, a datagram is an error of the sender's, and counted all the same.
        let _ = sender.send(1, PAYLOAD.into());
    }
}

/// What [`spray`] sends, as packets.
pub(super) fn sprayed(to: std::net::IpAddr) -> Count {
    const UDP_HEADER: u64 = 8;
    let ip_header = if to.is_ipv4() { 20 } else { 40 };
    Count {
        packets: PACKETS,
        bytes: PACKETS * (ip_header + UDP_HEADER + u64::from(PAYLOAD)),
    }
}

/// The one drop of a flow that [`spray`] made: all of it, for the reason that the kernel traced as often.
pub(super) fn assert_dropped(flow: &Flow, reason: &str, traced: &TracedDrops) -> Dropped {
    let mut drops = flow.drops();
    assert_eq!(drops.len(), 1, "one kind of drop: {flow:?}");
    let drop = drops.remove(0);
    assert_eq!((drop.reason.as_str(), drop.of.as_str()), (reason, "sent"), "{flow:?}");
    assert_eq!(drop.count, sprayed(flow.destination().ip), "{flow:?}");
    let in_the_kernels_words = u64::try_from(traced.of_reason(reason)).unwrap_or_default();
    assert!(
        in_the_kernels_words >= PACKETS,
        "{reason}: {in_the_kernels_words} traced"
    );
    assert_eq!(
        (flow.verdict(), flow.evidence()),
        ("dropped", "kernel_reason"),
        "{flow:?}"
    );
    drop
}

/// The name of the node's end of a pod's veth, as a drop has it.
pub(super) fn host(pod: &Pod) -> Option<String> {
    Some(pod.host_interface().to_owned())
}
