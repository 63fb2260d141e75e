//! Frames that are not plain: tags, options, extension headers, fragments.

use super::scene::Scene;
use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::observer::Observer;
use netobs_tests::packet::{
    Ends, Ethernet, Extension, Ipv4, Ipv6, Ports, Tag, ethertype, ip_frame, protocol, udp as datagram,
};
use netobs_tests::pod::POD_INTERFACE;
use netobs_tests::rules::{Count, Hook};
use netobs_tests::traffic::frames::FrameSender;
use netobs_tests::truth::InterfaceStats;

const SOURCE: u16 = 4000;

const fn ports(destination: u16) -> Ports {
    Ports {
        source: SOURCE,
        destination,
    }
}

/// How much of frames is packets: what is behind this many bytes of each.
fn packets(frames: &[Vec<u8>], ethernet: usize) -> Count {
    let bytes: usize = frames.iter().map(|frame| frame.len() - ethernet).sum();
    Count {
        packets: u64::try_from(frames.len()).unwrap_or_default(),
        bytes: u64::try_from(bytes).unwrap_or_default(),
    }
}

#[test]
fn tagged_frames_belong_to_the_connection_inside_of_the_tags() -> Result<()> {
    let scene = Scene::on(Node::bridged()?)?;
    let ethernet = Ethernet {
        source: scene.a.mac(),
        destination: scene.b.mac(),
        tags: Vec::new(),
    };
    let kinds = [
        (7001, ethernet.clone().tagged(&[Tag::vlan(7)]), 18),
        (7002, ethernet.tagged(&[Tag::qinq(8), Tag::vlan(9)]), 22),
    ];
    let observer = Observer::start(&scene.node)?;
    let before = InterfaceStats::read(&scene.b, POD_INTERFACE)?.rx_packets;
    let mut sent = Vec::new();
    for family in Family::BOTH {
        for (port, ethernet, head) in &kinds {
            let ends = scene.ends(family);
            let frame = ip_frame(ethernet, ends, protocol::UDP, &datagram(ends, ports(*port), b"tagged"));
            let frames = vec![frame; 5];
            FrameSender::open(&scene.a, POD_INTERFACE)?.send(&frames)?;
            sent.push((family, *port, packets(&frames, *head)));
        }
    }
    wait_for_packets(&scene, before + 20)?;
    let observed = observer.stop()?;
    for (family, port, sent) in sent {
        let flow = observed.of_port("udp", scene.b.address(family), port)?;
        assert_eq!(flow.sent(), sent, "{flow:?}");
        assert_eq!(
            (flow.source().ip, flow.source().port),
            (scene.a.address(family), Some(SOURCE))
        );
        let taps = [flow.source().interface, flow.destination().interface];
        let hosts = [&scene.a, &scene.b].map(|pod| Some(pod.host_interface().to_owned()));
        assert_eq!(taps, hosts, "{flow:?}");
        let elsewhere = flow.drops().iter().any(|drop| drop.place != "inside");
        assert!(
            !elsewhere,
            "if at all, the pod dropped what is of no VLAN of its own: {flow:?}"
        );
    }
    Ok(())
}

/// Tagged frames pass no rule of nftables: the pod's own interface says that they came.
fn wait_for_packets(scene: &Scene, packets: u64) -> Result<()> {
    use std::time::{Duration, Instant};
    let deadline = Instant::now() + Duration::from_secs(10);
    while InterfaceStats::read(&scene.b, POD_INTERFACE)?.rx_packets < packets {
        anyhow::ensure!(
            Instant::now() < deadline,
            "tagged frames did not come through the bridge"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Sends packets from a to b that are all of one datagram flow, and gives back the flow's port and what nftables saw.
fn send(scene: &Scene, family: Family, port: u16, packets: &[Vec<u8>]) -> Result<Count> {
    let (kind, name) = match family {
        Family::V4 => (ethertype::IPV4, format!("v4_{port}")),
        Family::V6 => (ethertype::IPV6, format!("v6_{port}")),
    };
    let ends = scene.ends(family);
    let ip = family.nft();
    scene.node.count(
        &name,
        Hook::Forward,
        &format!("{ip} saddr {} {ip} daddr {}", ends.source, ends.destination),
    )?;
    let frames: Vec<_> = packets
        .iter()
        .map(|packet| scene.a.ethernet().frame(kind, packet))
        .collect();
    let sent = FrameSender::open(&scene.a, POD_INTERFACE)?.send(&frames)?.packets;
    scene.node.counted_at_least(&name, sent)
}

fn long_datagram(ends: Ends, port: u16) -> Vec<u8> {
    datagram(ends, ports(port), &[b'f'; 2500])
}

#[test]
fn options_and_extension_headers_are_stepped_over() -> Result<()> {
    let scene = Scene::routed()?;
    let observer = Observer::start(&scene.node)?;
    let (a, b) = (scene.a.addresses(), scene.b.addresses());
    let payload = |family| datagram(scene.ends(family), ports(7100), b"inside");
    let with_options = Ipv4 {
        options: vec![1; 7],
        ..Ipv4::new(a.v4, b.v4)
    };
    let v4 = vec![with_options.packet(protocol::UDP, &payload(Family::V4)); 6];
    let extended = Ipv6::new(a.v6, b.v6)
        .with(Extension::HopByHop)
        .with(Extension::DestinationOptions { bytes: 16 });
    let v6 = vec![extended.packet(protocol::UDP, &payload(Family::V6)); 6];
    let counted =
        [(Family::V4, v4), (Family::V6, v6)].map(|(family, sent)| (family, send(&scene, family, 7100, &sent)));
    let observed = observer.stop()?;
    for (family, counted) in counted {
        let counted = counted?;
        let flow = observed.of_port("udp", b.of(family), 7100)?;
        assert_eq!(counted.packets, 6, "{family:?}");
        assert_eq!((flow.sent(), flow.source().port), (counted, Some(SOURCE)), "{flow:?}");
    }
    Ok(())
}

#[test]
fn later_fragments_belong_to_the_connection_of_the_first() -> Result<()> {
    let scene = Scene::routed()?;
    let observer = Observer::start(&scene.node)?;
    let (a, b) = (scene.a.addresses(), scene.b.addresses());
    let v4 = Ipv4::new(a.v4, b.v4).fragments(7, protocol::UDP, &long_datagram(scene.ends(Family::V4), 7200), 1000);
    let v6 = Ipv6::new(a.v6, b.v6).fragments(7, protocol::UDP, &long_datagram(scene.ends(Family::V6), 7200), 1000);
    let counted =
        [(Family::V4, v4), (Family::V6, v6)].map(|(family, sent)| (family, send(&scene, family, 7200, &sent)));
    let observed = observer.stop()?;
    for (family, counted) in counted {
        let counted = counted?;
        let flow = observed.of_port("udp", b.of(family), 7200)?;
        assert_eq!(counted.packets, 3, "{family:?}");
        assert_eq!((flow.sent(), flow.is_fragment()), (counted, false), "{flow:?}");
        let all = observed.between("udp", a.of(family), b.of(family));
        assert_eq!(all.len(), 1, "{all:#?}");
    }
    Ok(())
}

#[test]
fn fragments_without_their_first_are_told_as_such_and_have_no_ports() -> Result<()> {
    let scene = Scene::routed()?;
    let observer = Observer::start(&scene.node)?;
    let (a, b) = (scene.a.addresses(), scene.b.addresses());
    let v4 = Ipv4::new(a.v4, b.v4).fragments(8, protocol::UDP, &long_datagram(scene.ends(Family::V4), 7300), 1000);
    let v6 = Ipv6::new(a.v6, b.v6).fragments(8, protocol::UDP, &long_datagram(scene.ends(Family::V6), 7300), 1000);
    let counted =
        [(Family::V4, v4), (Family::V6, v6)].map(|(family, sent)| (family, send(&scene, family, 7300, &sent[1..])));
    let observed = observer.stop()?;
    for (family, counted) in counted {
        let flow = observed.only(|flow| flow.source().ip == a.of(family) && flow.protocol() == "udp")?;
        assert_eq!((flow.sent(), flow.is_fragment()), (counted?, true), "{flow:?}");
        assert_eq!((flow.source().port, flow.destination().port), (None, None));
    }
    Ok(())
}
