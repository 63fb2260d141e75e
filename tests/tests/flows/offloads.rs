//! Packets that the kernel carries in one piece count as the packets and bytes they are on the wire.

use super::scene::Scene;
use anyhow::Result;
use netobs_tests::node::{Family, Network, Node, Offloads};
use netobs_tests::observer::Observer;
use netobs_tests::rules::{Count, Hook, Refusal};
use netobs_tests::traffic::tcp;
use netobs_tests::traffic::udp;

fn each_scene(test: impl Fn(&Scene) -> Result<()>) -> Result<()> {
    for network in [Network::Routed, Network::Bridged] {
        test(&Scene::on(Node::start(network, Offloads::On)?)?)?;
    }
    Ok(())
}

const fn ip_header(family: Family) -> u64 {
    match family {
        Family::V4 => 20,
        Family::V6 => 40,
    }
}

/// What nftables saw in fewer pieces: each segment but a piece's first repeats the headers.
fn on_the_wire(seen: Count, segments: u32, headers: u64) -> Count {
    let packets = u64::from(segments);
    Count {
        packets,
        bytes: seen.bytes + (packets - seen.packets) * headers,
    }
}

#[test]
fn segments_of_tcp_are_counted_as_its_sockets_count_them() -> Result<()> {
    const HEADER_WITH_TIMESTAMPS: u64 = 32;
    each_scene(|scene| {
        let observer = Observer::start(&scene.node)?;
        let mut told = Vec::new();
        for family in Family::BOTH {
            scene.count_both(family.nft(), family, Hook::Forward, "meta l4proto tcp")?;
            let to = scene.b.socket_address(family, 80);
            told.push((family, tcp::exchange(&scene.a, &scene.b, to, 1_000_000, 2_000_000)?));
        }
        let observed = observer.stop()?;
        for (family, told) in told {
            let (there, back) = scene.counted_both(family.nft())?;
            let (out, into) = (told.client_counts.segments_out, told.client_counts.segments_in);
            assert!(back.packets * 2 < u64::from(into), "large pieces: {back:?} of {into}");
            let headers = ip_header(family) + HEADER_WITH_TIMESTAMPS;
            let flow = observed.of_port("tcp", told.client.ip(), told.client.port())?;
            assert_eq!(flow.sent(), on_the_wire(there, out, headers), "{flow:?}");
            assert_eq!(flow.replied(), on_the_wire(back, into, headers), "{flow:?}");
        }
        Ok(())
    })
}

#[test]
fn segments_of_udp_are_the_datagrams_that_arrive() -> Result<()> {
    each_scene(|scene| {
        let observer = Observer::start(&scene.node)?;
        for family in Family::BOTH {
            let to = scene.b.socket_address(family, 4433);
            let receiver = udp::Receiver::bind(&scene.b, to)?;
            let sent = udp::Sender::connected(&scene.a, to)?.send_segmented(12_500, 1000)?;
            assert_eq!(receiver.receive(sent.packets)?.packets, 13);
        }
        let observed = observer.stop()?;
        for family in Family::BOTH {
            let flow = observed.of_port("udp", scene.b.address(family), 4433)?;
            assert_eq!(flow.sent(), datagrams(family), "{flow:?}");
        }
        Ok(())
    })
}

#[test]
fn segments_that_are_dropped_in_one_piece_are_counted_each() -> Result<()> {
    each_scene(|scene| {
        scene.node.count("refused", Hook::Forward, "udp dport 4434")?;
        scene.node.refuse(Refusal::Drop, Hook::Forward, "udp dport 4434")?;
        let observer = Observer::start(&scene.node)?;
        for family in Family::BOTH {
            let to = scene.b.socket_address(family, 4434);
            udp::Sender::connected(&scene.a, to)?.send_segmented(12_500, 1000)?;
        }
        let pieces = scene.node.counted_at_least("refused", 2)?.packets;
        let observed = observer.stop()?;
        assert_eq!(pieces, 2, "one for each family");
        for family in Family::BOTH {
            let flow = observed.of_port("udp", scene.b.address(family), 4434)?;
            let drops: Vec<_> = flow.drops().into_iter().map(|drop| (drop.reason, drop.count)).collect();
            assert_eq!(drops, [("NETFILTER_DROP".to_owned(), datagrams(family))], "{flow:?}");
        }
        Ok(())
    })
}

/// What 12,500 bytes in pieces of 1,000 are.
const fn datagrams(family: Family) -> Count {
    const UDP_HEADER: u64 = 8;
    Count {
        packets: 13,
        bytes: 12_500 + 13 * (ip_header(family) + UDP_HEADER),
    }
}
