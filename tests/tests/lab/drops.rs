//! Drops of each kind, by the names the running kernel gives them.

use anyhow::Result;
use netobs_tests::ability::may_skip;
use netobs_tests::foreign::{Cgroup, Chain, Direction, Fate, Matching, TcProgram};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::tcp::{self, Answer};
use netobs_tests::traffic::udp;
use netobs_tests::truth::DropTrace;
use std::thread;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(100);
/// Enough to stand out from what other tests of this machine drop meanwhile.
const DATAGRAMS: u64 = 1000;

/// Sends datagrams to a port and gives back how many drops of this reason the kernel traced meanwhile.
fn traced(a: &Pod, b: &Pod, family: Family, port: u16, reason: &str) -> Result<u64> {
    let sender = udp::Sender::unconnected(a, b.socket_address(family, port))?;
    let trace = DropTrace::start("")?;
    sender.send(DATAGRAMS, 10)?;
    thread::sleep(SOON);
    let traced = trace.stop()?;
    assert_eq!(traced.missed, 0);
    Ok(u64::try_from(traced.of_reason(reason))?)
}

#[test]
fn drops_of_nftables_are_netfilter_drops_at_every_hook() -> Result<()> {
    for family in Family::BOTH {
        let node = Node::routed()?;
        let (a, b) = (node.pod("a")?, node.pod("b")?);
        for (hook, port) in [(Hook::Prerouting, 1001), (Hook::Forward, 1002)] {
            let name = format!("port_{port}");
            node.count(&name, hook, &format!("udp dport {port}"))?;
            node.refuse(Refusal::Drop, hook, &format!("udp dport {port}"))?;
            assert!(
                traced(&a, &b, family, port, "NETFILTER_DROP")? >= DATAGRAMS,
                "{hook:?} {family:?}"
            );
            assert_eq!(node.counted_at_least(&name, DATAGRAMS)?.packets, DATAGRAMS);
        }
        b.refuse(Refusal::Drop, Hook::Input, "udp dport 1003")?;
        assert!(
            traced(&a, &b, family, 1003, "NETFILTER_DROP")? >= DATAGRAMS,
            "the pod's own rule"
        );
    }
    Ok(())
}

#[test]
fn what_the_node_itself_sends_or_is_sent_can_be_dropped() -> Result<()> {
    let node = Node::routed()?;
    let pod = node.pod("a")?;
    for (hook, matches) in [(Hook::Output, "tcp dport 8081"), (Hook::Input, "tcp dport 10250")] {
        node.count(&format!("at_{hook:?}"), hook, matches)?;
        node.refuse(Refusal::Drop, hook, matches)?;
    }
    for family in Family::BOTH {
        let probe = tcp::attempt(&node, pod.socket_address(family, 8081), SOON)?;
        assert_eq!((probe.answer, probe.syns), (Answer::Silence, 1));
        let kubelet = (node.addresses().of(family), 10_250).into();
        assert_eq!(tcp::attempt(&pod, kubelet, SOON)?.answer, Answer::Silence);
    }
    assert_eq!(
        (node.counted("at_Output")?.packets, node.counted("at_Input")?.packets),
        (2, 2)
    );
    Ok(())
}

#[test]
fn what_is_for_no_pod_has_no_route() -> Result<()> {
    let node = Node::routed()?;
    let pod = node.pod("a")?;
    for family in Family::BOTH {
        let trace = DropTrace::start("")?;
        let nobody = (node.unused_addresses().of(family), 80).into();
        let answer = tcp::attempt(&pod, nobody, SOON)?.answer;
        assert!(matches!(answer, Answer::Unreachable(_)), "{family:?} {answer:?}");
        udp::Sender::unconnected(&pod, nobody)?.send(DATAGRAMS, 10)?;
        thread::sleep(SOON);
        let traced = trace.stop()?;
        let told = traced.of_reason("NOT_SPECIFIED") + traced.of_reason("IP_INNOROUTES");
        assert!(u64::try_from(told)? >= DATAGRAMS, "{family:?}: {told}");
    }
    Ok(())
}

#[test]
fn a_port_without_a_socket_is_told_as_such() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    assert!(traced(&a, &b, Family::V4, 1004, "NO_SOCKET")? >= DATAGRAMS);
    Ok(())
}

#[test]
fn a_rejection_is_heard_by_the_client() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let (a, b) = (node.pod("a")?, node.pod("b")?);
        node.refuse(Refusal::RejectWithReset, Hook::Forward, "tcp dport 82")?;
        node.refuse(Refusal::RejectWithIcmp, Hook::Forward, "tcp dport 83")?;
        node.refuse(Refusal::Drop, Hook::Forward, "tcp dport 84")?;
        for family in Family::BOTH {
            let answer = |port| tcp::attempt(&a, b.socket_address(family, port), SOON).map(|attempt| attempt.answer);
            assert_eq!(answer(82)?, Answer::Refused, "{family:?}");
            assert!(matches!(answer(83)?, Answer::Unreachable(_)), "{family:?}");
            assert_eq!(answer(84)?, Answer::Silence, "{family:?}");
        }
        node.refuse_nothing()?;
        tcp::exchange(&a, &b, b.socket_address(Family::V4, 84), 1, 1)?;
    }
    Ok(())
}

#[test]
fn a_silent_drop_has_the_syn_repeated() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    node.refuse(Refusal::Drop, Hook::Forward, "tcp dport 85")?;
    node.count("syns", Hook::Forward, "tcp dport 85")?;
    let attempt = tcp::attempt(&a, b.socket_address(Family::V4, 85), Duration::from_secs(10))?;
    assert_eq!(attempt.answer, Answer::Silence);
    assert!(attempt.syns > 1, "{attempt:?}");
    assert_eq!(node.counted("syns")?.packets, u64::from(attempt.syns));
    Ok(())
}

#[test]
fn a_foreign_tc_program_drops_what_it_matches_wherever_it_is() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let mut port = 2000;
    let tcx = [Chain::TcxFirst, Chain::TcxLast]
        .into_iter()
        .filter(|_| !may_skip("tcx"));
    for chain in tcx.chain([Chain::Clsact { priority: 7 }]) {
        for (interface, direction) in [
            (a.host_interface(), Direction::Ingress),
            (b.host_interface(), Direction::Egress),
        ] {
            for family in Family::BOTH {
                port += 1;
                let receiver = udp::Receiver::bind(&b, b.socket_address(family, port))?;
                let matching = Matching::DestinationPort(port);
                let foreign = TcProgram::attach(&node, interface, direction, chain, matching, Fate::Drop)?;
                let reason = if direction == Direction::Ingress {
                    "TC_INGRESS"
                } else {
                    "TC_EGRESS"
                };
                assert!(
                    traced(&a, &b, family, port, reason)? >= DATAGRAMS,
                    "{chain:?} {direction:?} {family:?}"
                );
                assert_eq!(foreign.matched()?, DATAGRAMS);
                assert!(foreign.is_attached()?);
                drop(foreign);
                udp::Sender::connected(&a, b.socket_address(family, port))?.send(3, 10)?;
                assert_eq!(receiver.receive(3)?.packets, 3, "only the detached program dropped");
            }
        }
    }
    Ok(())
}

#[test]
fn a_foreign_program_that_passes_ends_the_chain_of_tcx() -> Result<()> {
    if may_skip("tcx") {
        return Ok(());
    }
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let attach = |chain, fate| {
        TcProgram::attach(
            &node,
            a.host_interface(),
            Direction::Ingress,
            chain,
            Matching::DestinationPort(53),
            fate,
        )
    };
    let second = attach(Chain::TcxLast, Fate::Drop)?;
    let first = attach(Chain::TcxFirst, Fate::Pass)?;
    let receiver = udp::Receiver::bind(&b, b.socket_address(Family::V4, 53))?;
    let sender = udp::Sender::connected(&a, b.socket_address(Family::V4, 53))?;
    sender.send(5, 10)?;
    assert_eq!(
        (receiver.drain(SOON)?.packets, first.matched()?, second.matched()?),
        (5, 5, 0)
    );
    drop(first);
    sender.send(5, 10)?;
    assert_eq!((receiver.drain(SOON)?.packets, second.matched()?), (0, 5));
    Ok(())
}

#[test]
fn a_cgroup_program_drops_what_its_members_send_and_nothing_else() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    for family in Family::BOTH {
        let to = b.socket_address(family, 3000);
        let receiver = udp::Receiver::bind(&b, to)?;
        let cgroup = Cgroup::with_egress_program(Fate::Drop)?;
        let member = cgroup.run(|| udp::Sender::unconnected(&a, to))?;
        let trace = DropTrace::start("")?;
        let refused = (0..20).filter(|_| member.send(1, 10).is_err()).count();
        let traced = trace.stop()?;
        assert_eq!((refused, cgroup.matched()?), (20, 20));
        assert!(traced.of_reason("BPF_CGROUP_EGRESS") >= 20, "{family:?}");
        udp::Sender::unconnected(&a, to)?.send(20, 10)?;
        assert_eq!(receiver.receive(20)?.packets, 20, "only who is no member");
    }
    Ok(())
}
