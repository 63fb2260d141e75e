//! How the taps are attached, and what is left of them and of others when the agent goes, in peace or not.

use super::taps::{NONE, filters, has_clsact, has_tcx};
use anyhow::Result;
use netobs_tests::foreign::{Chain, Direction, Fate, Matching, TcProgram};
use netobs_tests::node::{Family, Node};
use netobs_tests::observer::Observer;
use netobs_tests::pod::Pod;
use netobs_tests::traffic::udp;

const DATAGRAMS: u64 = 50;

fn send(a: &Pod, b: &Pod) -> Result<()> {
    let to = b.socket_address(Family::V4, 53);
    let receiver = udp::Receiver::bind(b, to)?;
    udp::Sender::unconnected(a, to)?.send(DATAGRAMS, 100)?;
    assert_eq!(receiver.receive(DATAGRAMS)?.packets, DATAGRAMS);
    Ok(())
}

#[test]
fn the_taps_are_attached_in_the_way_this_kernel_has_and_go_with_the_agent() -> Result<()> {
    let node = Node::routed()?;
    let pod = node.pod("a")?;
    let observer = Observer::start(&node)?;
    let [from_pod, to_pod] = filters(&node, pod.host_interface())?;
    let filters_expected = if has_tcx()? { 0 } else { 1 };
    assert_eq!((from_pod.len(), to_pod.len()), (filters_expected, filters_expected));
    assert_eq!(has_clsact(&node, pod.host_interface())?, !has_tcx()?);
    let observed = observer.stop()?;
    let way = if has_tcx()? {
        "attach_by=Tcx"
    } else {
        "attach_by=Clsact"
    };
    assert!(observed.log.contains(way), "{}", observed.log);
    assert_eq!(filters(&node, pod.host_interface())?, NONE);
    assert!(
        !has_clsact(&node, pod.host_interface())?,
        "the qdisc was ours, and nobody else's filters hung on it"
    );
    Ok(())
}

#[test]
fn programs_and_qdiscs_of_others_are_there_before_during_and_after() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let attach = |pod: &Pod, direction, chain| {
        TcProgram::attach(
            &node,
            pod.host_interface(),
            direction,
            chain,
            Matching::DestinationPort(53),
            Fate::Next,
        )
    };
    let mut others = vec![
        attach(&a, Direction::Ingress, Chain::Clsact { priority: 7 })?,
        attach(&b, Direction::Egress, Chain::Clsact { priority: 7 })?,
    ];
    if has_tcx()? {
        others.push(attach(&a, Direction::Ingress, Chain::TcxFirst)?);
    }
    for ends_well in [true, false] {
        let observer = Observer::start(&node)?;
        others.push(attach(
            &a,
            Direction::Ingress,
            Chain::Clsact {
                priority: if ends_well { 8 } else { 9 },
            },
        )?);
        let before: Vec<u64> = others.iter().map(TcProgram::matched).collect::<Result<_>>()?;
        send(&a, &b)?;
        if ends_well {
            let flow = observer.stop()?.take_of_port("udp", b.address(Family::V4), 53)?;
            assert_eq!(flow.sent().packets, DATAGRAMS);
        } else {
            observer.kill()?;
        }
        send(&a, &b)?;
        for (other, before) in others.iter().zip(before) {
            assert!(other.is_attached()?, "{other:?}");
            assert_eq!(
                other.matched()? - before,
                2 * DATAGRAMS,
                "with us and without: {other:?}"
            );
        }
        assert!(has_clsact(&node, a.host_interface())?);
    }
    drop(others);
    Observer::start(&node)?.stop()?;
    assert_eq!(filters(&node, a.host_interface())?, NONE);
    assert!(
        has_clsact(&node, a.host_interface())?,
        "it was there before us, though a crash is between"
    );
    Ok(())
}

#[test]
fn taps_that_a_crash_left_are_replaced_not_doubled() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let observer = Observer::start(&node)?;
    let before = filters(&node, a.host_interface())?;
    observer.kill()?;
    let left = filters(&node, a.host_interface())?;
    let left_behind = if has_tcx()? { left == NONE } else { left == before };
    assert!(left_behind, "links go, filters stay: {before:?}, then {left:?}");
    send(&a, &b)?;
    let observer = Observer::start(&node)?;
    let after = filters(&node, a.host_interface())?;
    if !has_tcx()? {
        let ([[from], [to]], [[new_from], [new_to]]) = (
            before.each_ref().map(Vec::as_slice),
            after.each_ref().map(Vec::as_slice),
        ) else {
            panic!("one filter each way: {before:?}, then {after:?}")
        };
        assert!(
            from != new_from && to != new_to,
            "they are the new agent's: {before:?}, then {after:?}"
        );
    }
    send(&a, &b)?;
    let flow = observer.stop()?.take_of_port("udp", b.address(Family::V4), 53)?;
    assert_eq!(flow.sent().packets, DATAGRAMS, "each packet once: {flow:?}");
    assert_eq!(filters(&node, a.host_interface())?, NONE);
    assert!(
        !has_clsact(&node, a.host_interface())?,
        "the one that crashed had made the qdisc"
    );
    Ok(())
}
