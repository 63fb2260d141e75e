//! Packets and frames made by hand arrive as what they are.

use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::packet::{
    Ends, Extension, Ipv4, Ipv6, Ports, Tag, Tcp, ethertype, ip_frame, protocol, sctp, udp as datagram,
};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::rules::{Count, Hook, Refusal};
use netobs_tests::traffic::flood::Flood;
use netobs_tests::traffic::frames::FrameSender;
use netobs_tests::traffic::raw::RawSocket;
use netobs_tests::traffic::{Sent, udp};
use netobs_tests::truth::InterfaceStats;
use std::net::{IpAddr, Ipv4Addr};

const PORTS: Ports = Ports {
    source: 4000,
    destination: 5000,
};

fn pair(node: &Node) -> Result<(Pod, Pod, Ends)> {
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let ends = Ends {
        source: a.address(Family::V4),
        destination: b.address(Family::V4),
    };
    Ok((a, b, ends))
}

#[test]
fn sctp_by_hand_is_forwarded_in_both_versions() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let (a, b, _) = pair(&node)?;
        for family in Family::BOTH {
            let name = format!("sctp_{}", family.nft());
            let matches = format!("{} saddr {} sctp dport 5000", family.nft(), a.address(family));
            node.count(&name, Hook::Forward, &matches)?;
            let socket = RawSocket::open(&a, a.address(family), b.address(family), protocol::SCTP)?;
            let sent = socket.send(&[sctp(PORTS, 1), sctp(PORTS, 2), sctp(PORTS, 3)])?;
            let header = if family == Family::V4 { 20 } else { 40 };
            assert_eq!(
                sent,
                Sent {
                    packets: 3,
                    bytes: 3 * 32
                }
            );
            assert_eq!(
                node.counted(&name)?,
                Count {
                    packets: 3,
                    bytes: 3 * (32 + header)
                }
            );
        }
    }
    Ok(())
}

#[test]
fn a_frame_with_right_checksums_is_received_by_a_socket() -> Result<()> {
    let node = Node::routed()?;
    let (a, b, _) = pair(&node)?;
    for family in Family::BOTH {
        let ends = Ends {
            source: a.address(family),
            destination: b.address(family),
        };
        let receiver = udp::Receiver::bind(&b, b.socket_address(family, PORTS.destination))?;
        let frame = ip_frame(&a.ethernet(), ends, protocol::UDP, &datagram(ends, PORTS, b"odd"));
        FrameSender::open(&a, POD_INTERFACE)?.send(&[frame])?;
        assert_eq!(receiver.receive(1)?.bytes, 3, "{family:?}");
    }
    Ok(())
}

#[test]
fn options_extension_headers_and_fragments_are_received_by_a_socket() -> Result<()> {
    let node = Node::routed()?;
    let (a, b, ends) = pair(&node)?;
    let ends6 = Ends {
        source: a.address(Family::V6),
        destination: b.address(Family::V6),
    };
    let payload = vec![b'f'; 2500];
    let (v4, v6) = (
        Ipv4::new(a.addresses().v4, b.addresses().v4),
        Ipv6::new(a.addresses().v6, b.addresses().v6),
    );
    let long4 = datagram(ends, PORTS, &payload);
    let long6 = datagram(ends6, PORTS, &payload);
    let no_operation = Ipv4 {
        options: vec![1; 7],
        ..Ipv4::new(a.addresses().v4, b.addresses().v4)
    };
    let extended = v6
        .clone()
        .with(Extension::HopByHop)
        .with(Extension::DestinationOptions { bytes: 16 });
    let ethernet = a.ethernet();
    let frames4 = [
        vec![no_operation.packet(protocol::UDP, &datagram(ends, PORTS, b"options"))],
        v4.fragments(7, protocol::UDP, &long4, 1000),
    ]
    .concat();
    let frames6 = [
        vec![extended.packet(protocol::UDP, &datagram(ends6, PORTS, b"extended"))],
        v6.fragments(7, protocol::UDP, &long6, 1000),
    ]
    .concat();
    let sender = FrameSender::open(&a, POD_INTERFACE)?;
    for (family, kind, packets, short) in [
        (Family::V4, ethertype::IPV4, frames4, 7),
        (Family::V6, ethertype::IPV6, frames6, 8),
    ] {
        let receiver = udp::Receiver::bind(&b, b.socket_address(family, PORTS.destination))?;
        let frames: Vec<_> = packets.iter().map(|packet| ethernet.frame(kind, packet)).collect();
        assert_eq!(sender.send(&frames)?.packets, 4);
        let received = receiver.receive(2)?;
        assert_eq!((received.packets, received.bytes), (2, short + 2500), "{family:?}");
    }
    Ok(())
}

#[test]
fn tagged_frames_reach_the_other_end_of_the_veth() -> Result<()> {
    let node = Node::routed()?;
    let (a, _b, ends) = pair(&node)?;
    let before = InterfaceStats::read(&node, a.host_interface())?;
    let tags = [vec![Tag::vlan(5)], vec![Tag::qinq(6), Tag::vlan(5)]];
    let syn = Tcp::syn(PORTS).segment(ends, &[]);
    let frames = tags.map(|tags| ip_frame(&a.ethernet().tagged(&tags), ends, protocol::TCP, &syn));
    let sent = FrameSender::open(&a, POD_INTERFACE)?.send(&frames)?;
    let after = InterfaceStats::read(&node, a.host_interface())?;
    assert_eq!(
        sent,
        Sent {
            packets: 2,
            bytes: 2 * 54 + 4 + 8
        }
    );
    assert_eq!(
        (after.rx_packets - before.rx_packets, after.rx_bytes - before.rx_bytes),
        (2, sent.bytes)
    );
    Ok(())
}

#[test]
fn a_flood_of_200_000_refused_syns_is_counted_to_the_last() -> Result<()> {
    const COUNT: usize = 200_000;
    let node = Node::routed()?;
    let (a, b, _) = pair(&node)?;
    node.count("arrived", Hook::Prerouting, "tcp dport 81 tcp flags syn")?;
    node.count("forwarded", Hook::Forward, "tcp dport 81 tcp flags syn")?;
    node.count("passed", Hook::Postrouting, "tcp dport 81 tcp flags syn")?;
    node.refuse(Refusal::Drop, Hook::Forward, "tcp dport 81")?;
    let sources: Vec<IpAddr> = (1..=4).map(|n| Ipv4Addr::new(198, 51, 100, n).into()).collect();
    let flood = Flood::syns(&a.ethernet(), &sources, b.socket_address(Family::V4, 81), COUNT)?;
    let flooded = flood.send(&a, POD_INTERFACE)?;
    println!("{flooded:?}");
    assert_eq!(flooded.sent + flooded.lost, 200_000);
    assert_eq!(node.counted_at_least("arrived", flooded.sent)?.packets, flooded.sent);
    assert_eq!(
        node.counted("forwarded")?,
        Count {
            packets: flooded.sent,
            bytes: flooded.sent * 40
        }
    );
    assert_eq!(node.counted("passed")?.packets, 0);
    Ok(())
}

#[test]
fn a_paced_flood_keeps_its_rate_and_arrives_whole() -> Result<()> {
    let node = Node::routed()?;
    let (a, b, ends) = pair(&node)?;
    node.count("arrived", Hook::Forward, "udp dport 9 udp sport 1024-6023")?;
    let to = b.socket_address(Family::V4, 9);
    let flooded =
        Flood::datagrams(&a.ethernet(), &[ends.source], to, 5000, 18)?.send_paced(&a, POD_INTERFACE, 10_000)?;
    assert!(flooded.took.as_secs_f64() > 0.49, "{flooded:?}");
    let bytes = flooded.sent * (20 + 8 + 18);
    assert_eq!(
        node.counted_at_least("arrived", flooded.sent)?,
        Count {
            packets: flooded.sent,
            bytes
        }
    );
    assert_eq!(flooded.sent + flooded.lost, 5000);
    Ok(())
}
