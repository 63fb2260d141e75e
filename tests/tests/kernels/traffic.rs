//! Traffic and drops are counted exactly and called by this kernel's own names.

use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::observer::Observer;
use netobs_tests::pod::Pod;
use netobs_tests::rules::{Count, Hook, Refusal};
use netobs_tests::traffic::{tcp, udp};
use netobs_tests::truth::DropTrace;

const DATAGRAMS: u64 = 200;

fn pair(node: &Node) -> Result<(Pod, Pod)> {
    Ok((node.pod("a")?, node.pod("b")?))
}

fn count(node: &Node, family: Family, name: &str, matches: &str) -> Result<()> {
    let version = match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    };
    let name = format!("{}_{name}", family.nft());
    node.count(&name, Hook::Forward, &format!("meta nfproto {version} {matches}"))
}

fn counted(node: &Node, family: Family, name: &str) -> Result<Count> {
    node.counted(&format!("{}_{name}", family.nft()))
}

#[test]
fn flows_of_tcp_and_udp_are_as_nftables_counts_them() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let (a, b) = pair(&node)?;
        let observer = Observer::start(&node)?;
        for family in Family::BOTH {
            for (name, matches) in [
                ("asked", "tcp dport 80"),
                ("told", "tcp sport 80"),
                ("sent", "udp dport 53"),
            ] {
                count(&node, family, name, matches)?;
            }
            let receiver = udp::Receiver::bind(&b, b.socket_address(family, 53))?;
            udp::Sender::unconnected(&a, b.socket_address(family, 53))?.send(DATAGRAMS, 100)?;
            assert_eq!(receiver.receive(DATAGRAMS)?.packets, DATAGRAMS);
            tcp::exchange(&a, &b, b.socket_address(family, 80), 2000, 20_000)?;
        }
        let observed = observer.stop()?;
        for family in Family::BOTH {
            let tcp = observed.of_port("tcp", b.address(family), 80)?;
            assert_eq!(tcp.sent(), counted(&node, family, "asked")?, "{tcp:?}");
            assert_eq!(tcp.replied(), counted(&node, family, "told")?, "{tcp:?}");
            assert_eq!(tcp.source().ip, a.address(family));
            let udp = observed.of_port("udp", b.address(family), 53)?;
            assert_eq!(udp.sent(), counted(&node, family, "sent")?, "{udp:?}");
            assert_eq!(udp.sent().packets, DATAGRAMS);
        }
    }
    Ok(())
}

#[test]
fn a_drop_of_nftables_has_the_name_that_this_kernel_traces() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let (a, b) = pair(&node)?;
        node.refuse(Refusal::Drop, Hook::Forward, "udp dport 1002")?;
        let observer = Observer::start(&node)?;
        let trace = DropTrace::start("")?;
        for family in Family::BOTH {
            count(&node, family, "refused", "udp dport 1002")?;
            udp::Sender::unconnected(&a, b.socket_address(family, 1002))?.send(DATAGRAMS, 100)?;
            let name = format!("{}_refused", family.nft());
            assert_eq!(node.counted_at_least(&name, DATAGRAMS)?.packets, DATAGRAMS);
        }
        let traced = trace.stop()?;
        let observed = observer.stop()?;
        for family in Family::BOTH {
            let flow = observed.of_port("udp", b.address(family), 1002)?;
            let [drop] = &flow.drops()[..] else {
                panic!("one drop: {flow:?}")
            };
            assert_eq!(drop.reason, "NETFILTER_DROP", "{flow:?}");
            assert_eq!(drop.count, counted(&node, family, "refused")?, "{flow:?}");
            assert_eq!(drop.arrived_by.as_deref(), Some(a.host_interface()), "{flow:?}");
            assert_eq!((flow.verdict(), drop.place.as_str()), ("dropped", "node"), "{flow:?}");
        }
        assert!(u64::try_from(traced.of_reason("NETFILTER_DROP"))? >= 2 * DATAGRAMS);
    }
    Ok(())
}

#[test]
fn a_closed_port_is_told_inside_of_the_pod() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = pair(&node)?;
    let observer = Observer::start(&node)?;
    for family in Family::BOTH {
        tcp::attempt(&a, b.socket_address(family, 9), netobs_tests::observer::PATIENCE)?;
    }
    let observed = observer.stop()?;
    for family in Family::BOTH {
        let flow = observed.of_port("tcp", b.address(family), 9)?;
        let [drop] = &flow.drops()[..] else {
            panic!("one drop: {flow:?}")
        };
        assert_eq!((drop.reason.as_str(), drop.count.packets), ("NO_SOCKET", 1), "{flow:?}");
        assert_eq!((drop.place.as_str(), drop.namespace), ("inside", Some(b.inode()?)));
    }
    Ok(())
}

#[test]
fn a_pod_that_comes_later_is_seen_from_the_moment_it_is_attached_to() -> Result<()> {
    let node = Node::routed()?;
    let a = node.pod("a")?;
    let observer = Observer::start(&node)?;
    let late = node.pod("late")?;
    observer.wait_for_interface(late.host_interface())?;
    for family in Family::BOTH {
        count(&node, family, "late", "udp dport 53")?;
        let to = a.socket_address(family, 53);
        let receiver = udp::Receiver::bind(&a, to)?;
        udp::Sender::unconnected(&late, to)?.send(DATAGRAMS, 100)?;
        assert_eq!(receiver.receive(DATAGRAMS)?.packets, DATAGRAMS);
    }
    let observed = observer.stop()?;
    for family in Family::BOTH {
        let flow = observed.of_port("udp", a.address(family), 53)?;
        assert_eq!(flow.sent(), counted(&node, family, "late")?, "{flow:?}");
        assert_eq!(flow.source().interface.as_deref(), Some(late.host_interface()));
    }
    Ok(())
}
