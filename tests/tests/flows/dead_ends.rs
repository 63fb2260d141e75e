//! Packets that nobody refuses and nobody takes: no route, no socket, no room.

use super::scene::{Scene, each_network};
use super::truth::{PACKETS, assert_dropped, host, spray, while_traced};
use anyhow::Result;
use netobs_tests::node::Family;
use netobs_tests::observer::Observer;
use netobs_tests::rules::Count;
use netobs_tests::traffic::tcp::{self, Answer};
use netobs_tests::traffic::udp;
use std::net::SocketAddr;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(100);

#[test]
fn what_has_no_route_is_told_by_the_name_that_the_kernel_traces() -> Result<()> {
    let scene = Scene::routed()?;
    let observer = Observer::start(&scene.node)?;
    let nobody = |family| SocketAddr::new(scene.node.unused_addresses().of(family), 80);
    let mut traces = Vec::new();
    for family in Family::BOTH {
        traces.push((family, while_traced(|| spray(&scene.a, nobody(family)))?.1));
    }
    let observed = observer.stop()?;
    for (family, traced) in traces {
        let flow = observed.of_port("udp", nobody(family).ip(), 80)?;
        let ethertype = if family == Family::V4 { 0x0800 } else { 0x86dd };
        let at_route = |location: &str| {
            ["ip_error", "ip_rcv", "ip6_pkt_d"]
                .iter()
                .any(|name| location.starts_with(name))
        };
        let mut names: Vec<_> = traced
            .drops
            .iter()
            .filter(|drop| drop.protocol == ethertype && at_route(&drop.location))
            .collect();
        names.dedup_by_key(|drop| &drop.reason);
        let reason = &names
            .first()
            .unwrap_or_else(|| panic!("no such drop in {traced:?}"))
            .reason;
        let drop = assert_dropped(flow, reason, &traced);
        assert_eq!(
            (drop.place.as_str(), drop.interface, drop.arrived_by),
            ("node", host(&scene.a), host(&scene.a))
        );
        assert_eq!(flow.sent(), drop.count, "{flow:?}");
    }
    Ok(())
}

#[test]
fn a_closed_port_is_told_inside_of_the_pod_whoever_asks() -> Result<()> {
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        let ((), traced) = while_traced(|| {
            Family::BOTH.into_iter().try_for_each(|family| {
                spray(&scene.a, scene.b.socket_address(family, 1004))?;
                spray(&scene.node, scene.b.socket_address(family, 1005))
            })
        })?;
        let observed = observer.stop()?;
        for (family, port) in Family::BOTH
            .into_iter()
            .flat_map(|family| [(family, 1004), (family, 1005)])
        {
            let flow = observed.of_port("udp", scene.b.address(family), port)?;
            let drop = assert_dropped(flow, "NO_SOCKET", &traced);
            assert_eq!(
                (drop.place.as_str(), drop.namespace),
                ("inside", Some(scene.b.inode()?))
            );
            assert_eq!(drop.interface_index, Some(scene.b.ifindex().into()));
            assert_eq!(
                (flow.destination().interface, flow.sent()),
                (host(&scene.b), drop.count)
            );
        }
        Ok(())
    })
}

#[test]
fn a_refused_connection_is_one_syn_that_found_no_socket() -> Result<()> {
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        let mut told = Vec::new();
        for family in Family::BOTH {
            let attempt = tcp::attempt(&scene.a, scene.b.socket_address(family, 9), 20 * SOON)?;
            assert_eq!((attempt.answer, attempt.syns), (Answer::Refused, 1));
            told.push((family, attempt));
        }
        let observed = observer.stop()?;
        for (family, attempt) in told {
            let flow = observed.of_port("tcp", scene.b.address(family), 9)?;
            let [drop] = &flow.drops()[..] else {
                panic!("one drop: {flow:?}")
            };
            assert_eq!(
                (drop.reason.as_str(), drop.count),
                ("NO_SOCKET", flow.sent()),
                "{flow:?}"
            );
            assert_eq!(
                (drop.place.as_str(), drop.namespace),
                ("inside", Some(scene.b.inode()?))
            );
            assert_eq!((flow.sent().packets, flow.replied().packets), (1, 1), "a SYN and a RST");
            assert_eq!(flow.source().port, Some(attempt.local.port()));
        }
        Ok(())
    })
}

#[test]
fn a_full_socket_drops_as_many_as_it_says_itself() -> Result<()> {
    const DATAGRAM: u64 = 1000;
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        let mut told = Vec::new();
        let ((), traced) = while_traced(|| {
            for family in Family::BOTH {
                let to = scene.b.socket_address(family, 514);
                let receiver = udp::Receiver::with_small_buffer(&scene.b, to)?;
                udp::Sender::connected(&scene.a, to)?.send(PACKETS, usize::try_from(DATAGRAM)?)?;
                let received = receiver.drain(SOON)?.packets;
                assert_eq!(received + u64::from(receiver.dropped()?), PACKETS);
                told.push((family, u64::from(receiver.dropped()?)));
            }
            Ok(())
        })?;
        let observed = observer.stop()?;
        for (family, dropped) in told {
            let header = if family == Family::V4 { 28 } else { 48 };
            let flow = observed.of_port("udp", scene.b.address(family), 514)?;
            let [drop] = &flow.drops()[..] else {
                panic!("one drop: {flow:?}")
            };
            assert_eq!(drop.reason, "SOCKET_RCVBUFF");
            assert_eq!(
                drop.count,
                Count {
                    packets: dropped,
                    bytes: dropped * (DATAGRAM + header)
                }
            );
            assert!(u64::try_from(traced.of_reason("SOCKET_RCVBUFF"))? >= dropped);
            assert_eq!(
                (drop.place.as_str(), drop.namespace),
                ("inside", Some(scene.b.inode()?))
            );
            assert_eq!(
                (flow.sent().packets, flow.destination().interface),
                (PACKETS, host(&scene.b))
            );
        }
        Ok(())
    })
}
