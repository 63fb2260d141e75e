//! Traffic that is let through: one flow for each connection, whole, and the right way round.

use super::scene::{Scene, each_network};
use anyhow::Result;
use netobs_tests::node::{Family, Node, UPLINK};
use netobs_tests::observer::{Flow, Observer};
use netobs_tests::packet::{Ports, protocol, sctp};
use netobs_tests::rules::{Count, Hook};
use netobs_tests::traffic::ping::ping;
use netobs_tests::traffic::raw::RawSocket;
use netobs_tests::traffic::tcp::{self, Exchange};
use netobs_tests::traffic::udp;
use std::net::SocketAddr;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

/// A flow as it must be: from whom to whom, through which interfaces, and as much as nftables counted.
fn assert_is_whole(flow: &Flow, scene: &Scene, family: Family, (there, back): (Count, Count)) {
    let (source, destination) = (flow.source(), flow.destination());
    assert_eq!(source.ip, scene.a.address(family), "{flow:?}");
    assert_eq!(destination.ip, scene.b.address(family), "{flow:?}");
    assert_eq!(source.interface.as_deref(), Some(scene.a.host_interface()), "{flow:?}");
    assert_eq!(
        destination.interface.as_deref(),
        Some(scene.b.host_interface()),
        "{flow:?}"
    );
    assert!(there.packets > 0, "the truth itself: {there:?}");
    assert_eq!((flow.sent(), flow.replied()), (there, back), "{flow:?}");
    assert_eq!(flow.verdict(), "forwarded", "{flow:?}");
    let on_the_way = flow.drops().iter().any(|drop| drop.place == "node");
    assert!(
        !on_the_way,
        "a kernel without SCTP drops it, but not before it is there: {flow:?}"
    );
}

#[test]
fn tcp_between_pods_is_one_flow_with_all_packets_and_bytes() -> Result<()> {
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        let told = Family::BOTH.map(|family| {
            scene.count_both(family.nft(), family, Hook::Forward, "meta l4proto tcp")?;
            tcp::exchange(&scene.a, &scene.b, scene.b.socket_address(family, 80), 10_000, 30_000)
        });
        let observed = observer.stop()?;
        for (family, told) in Family::BOTH.into_iter().zip(told) {
            let told = told?;
            let counted = scene.counted_both(family.nft())?;
            let flow = observed.of_port("tcp", told.client.ip(), told.client.port())?;
            assert_is_whole(flow, scene, family, counted);
            assert_eq!(flow.source().port, Some(told.client.port()));
            assert_eq!(flow.destination().port, Some(80));
            assert_eq!((flow.initiator_by(), flow.evidence()), ("request", "replied"));
            assert_eq!(flow.sent().packets, u64::from(told.client_counts.segments_out));
            assert_eq!(flow.replied().packets, u64::from(told.client_counts.segments_in));
        }
        Ok(())
    })
}

#[test]
fn udp_between_pods_is_one_flow_and_its_answers_are_in_it() -> Result<()> {
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        for family in Family::BOTH {
            scene.count_both(family.nft(), family, Hook::Forward, "meta l4proto udp")?;
            let (asker, server) = (
                scene.a.socket_address(family, 45_000),
                scene.b.socket_address(family, 53),
            );
            let (question, answer) = (udp::Receiver::bind(&scene.b, server)?, SOON);
            udp::Sender::bound(&scene.a, asker, server)?.send(40, 100)?;
            assert_eq!(question.receive(40)?.packets, 40);
            drop(question);
            let answered = udp::Receiver::bind(&scene.a, asker)?;
            udp::Sender::bound(&scene.b, server, asker)?.send(30, 700)?;
            assert_eq!(answered.receive(30)?.packets, 30);
            assert_eq!(answered.drain(answer / 100)?.packets, 0);
        }
        let observed = observer.stop()?;
        for family in Family::BOTH {
            let flow = observed.of_port("udp", scene.b.address(family), 53)?;
            assert_is_whole(flow, scene, family, scene.counted_both(family.nft())?);
            assert_eq!((flow.sent().packets, flow.replied().packets), (40, 30));
            assert_eq!((flow.source().port, flow.destination().port), (Some(45_000), Some(53)));
        }
        Ok(())
    })
}

#[test]
fn echoes_and_their_replies_are_one_flow_that_has_an_identifier() -> Result<()> {
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        for family in Family::BOTH {
            let echoes = "meta l4proto { icmp, icmpv6 } @th,0,8 { 0, 8, 128, 129 }";
            scene.count_both(family.nft(), family, Hook::Forward, echoes)?;
            let pinged = ping(&scene.a, scene.ends(family), 4711, 20, 56, SOON)?;
            assert_eq!((pinged.requests, pinged.replies), (20, 20));
        }
        let observed = observer.stop()?;
        for (family, kind) in [(Family::V4, 8), (Family::V6, 128)] {
            let flow = observed.only(|flow| flow.icmp() == Some([4711, kind, 0]))?;
            assert_is_whole(flow, scene, family, scene.counted_both(family.nft())?);
            assert_eq!((flow.sent().packets, flow.initiator_by()), (20, "request"));
        }
        Ok(())
    })
}

#[test]
fn sctp_packets_of_both_ends_are_one_flow() -> Result<()> {
    const PORTS: Ports = Ports {
        source: 4000,
        destination: 5000,
    };
    each_network(|scene| {
        let observer = Observer::start(&scene.node)?;
        for family in Family::BOTH {
            scene.count_both(family.nft(), family, Hook::Forward, "meta l4proto sctp")?;
            let ends = scene.ends(family);
            let socket = |netns, from, to| RawSocket::open(netns, from, to, protocol::SCTP);
            let init = sctp(PORTS, 1);
            socket(&scene.a, ends.source, ends.destination)?.send(&[init.clone(), init])?;
            socket(&scene.b, ends.destination, ends.source)?.send(&[init_ack(PORTS)])?;
        }
        for family in Family::BOTH {
            scene.node.counted_at_least(&format!("{}_back", family.nft()), 1)?;
        }
        let observed = observer.stop()?;
        for family in Family::BOTH {
            let flow = observed.of_port("sctp", scene.b.address(family), 5000)?;
            assert_is_whole(flow, scene, family, scene.counted_both(family.nft())?);
            assert_eq!((flow.source().port, flow.destination().port), (Some(4000), Some(5000)));
            assert_eq!((flow.initiator_by(), flow.evidence()), ("request", "replied"));
        }
        Ok(())
    })
}

/// The same packet as an INIT, sent back and called INIT ACK; nobody on the way looks at its checksum.
fn init_ack(ports: Ports) -> Vec<u8> {
    const CHUNK_TYPE: usize = 12;
    let back = Ports {
        source: ports.destination,
        destination: ports.source,
    };
    let mut packet = sctp(back, 2);
    packet[CHUNK_TYPE] = 2;
    packet
}

#[test]
fn through_the_uplink_out_and_in_is_one_flow_each() -> Result<()> {
    each_network(|scene| {
        let (node, outside) = (&scene.node, scene.node.outside());
        let observer = Observer::start(node)?;
        let mut told = Vec::new();
        for family in Family::BOTH {
            let out: SocketAddr = (node.outside_addresses().of(family), 443).into();
            let inside = scene.b.socket_address(family, 8443);
            count_at_uplink(node, family)?;
            told.push((family, 443, tcp::exchange(&scene.a, outside, out, 3000, 9000)?));
            told.push((family, 8443, tcp::exchange(outside, &scene.b, inside, 2000, 5000)?));
        }
        let observed = observer.stop()?;
        for (family, port, told) in told {
            let flow = observed.of_port("tcp", told.server.ip(), port)?;
            assert_eq!(
                (flow.source().ip, flow.source().port),
                (told.client.ip(), Some(told.client.port()))
            );
            let name = |way| format!("{}_{port}_{way}", family.nft());
            let counted = (node.counted(&name("to"))?, node.counted(&name("from"))?);
            assert_eq!((flow.sent(), flow.replied()), counted, "{flow:?}");
            assert_eq!(flow.sent().packets, u64::from(told.client_counts.segments_out));
            assert_eq!((flow.verdict(), flow.evidence()), ("forwarded", "replied"));
            assert_pod_end(scene, flow, port);
        }
        Ok(())
    })
}

fn count_at_uplink(node: &Node, family: Family) -> Result<()> {
    let version = match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    };
    for (port, out) in [(443, true), (8443, false)] {
        let (there, back) = if out {
            ("oifname", "iifname")
        } else {
            ("iifname", "oifname")
        };
        for (way, field, name) in [("to", there, "dport"), ("from", back, "sport")] {
            let matches = format!("meta nfproto {version} {field} {UPLINK} tcp {name} {port}");
            node.count(&format!("{}_{port}_{way}", family.nft()), Hook::Forward, &matches)?;
        }
    }
    Ok(())
}

fn assert_pod_end(scene: &Scene, flow: &Flow, port: u16) {
    let (pod, end, outside) = if port == 443 {
        (&scene.a, flow.source(), flow.destination())
    } else {
        (&scene.b, flow.destination(), flow.source())
    };
    assert_eq!(end.interface.as_deref(), Some(pod.host_interface()), "{flow:?}");
    assert_eq!(outside.interface, None, "{flow:?}");
}

#[test]
fn between_the_node_itself_and_a_pod_is_one_flow_each() -> Result<()> {
    each_network(|scene| {
        let node = &scene.node;
        let observer = Observer::start(node)?;
        let mut told: Vec<(Family, Exchange, &str)> = Vec::new();
        for (hook, way) in [(Hook::Output, "out"), (Hook::Input, "in")] {
            for family in Family::BOTH {
                let (ip, a) = (family.nft(), scene.a.address(family));
                let end = if hook == Hook::Output { "daddr" } else { "saddr" };
                node.count(
                    &format!("{way}_{ip}_8080"),
                    hook,
                    &format!("{ip} {end} {a} tcp {} 8080", port_of(way, true)),
                )?;
                node.count(
                    &format!("{way}_{ip}_10250"),
                    hook,
                    &format!("{ip} {end} {a} tcp {} 10250", port_of(way, false)),
                )?;
            }
        }
        for family in Family::BOTH {
            let kubelet = (node.addresses().of(family), 10_250).into();
            told.push((
                family,
                tcp::exchange(node, &scene.a, scene.a.socket_address(family, 8080), 500, 900)?,
                "8080",
            ));
            told.push((family, tcp::exchange(&scene.a, node, kubelet, 500, 900)?, "10250"));
        }
        let observed = observer.stop()?;
        for (family, told, port) in told {
            let flow = observed.of_port("tcp", told.client.ip(), told.client.port())?;
            let counted = |way| node.counted(&format!("{way}_{}_{port}", family.nft()));
            let (out, into) = (counted("out")?, counted("in")?);
            let (there, back) = if port == "8080" { (out, into) } else { (into, out) };
            assert_eq!((flow.sent(), flow.replied()), (there, back), "{flow:?}");
            assert_eq!(flow.destination().port, Some(told.server.port()));
            let ends = [flow.source().interface, flow.destination().interface];
            let pod = Some(scene.a.host_interface().to_owned());
            assert_eq!(ends, if port == "8080" { [None, pod] } else { [pod, None] }, "{flow:?}");
        }
        Ok(())
    })
}

/// A probe goes to the pod's port, what the pod asks goes to the node's.
const fn port_of(way: &str, probe: bool) -> &'static str {
    let out = way.len() == "out".len();
    if out == probe { "dport" } else { "sport" }
}
