//! Frames that are malformed or cut off are counted by kind, and no flow comes of them.

use super::account::Account;
use super::start::{started, stopped};
use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::packet::{Ends, Extension, Ipv4, Ipv6, Ports, Tag, Tcp, ethertype, ip_frame, protocol, udp};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::traffic::frames::FrameSender;
use netobs_tests::truth::InterfaceStats;
use std::collections::BTreeMap;

const PORTS: Ports = Ports {
    source: 4000,
    destination: 6000,
};

struct Bench<'a> {
    node: &'a Node,
    pod: &'a Pod,
}

impl Bench<'_> {
    fn ends(&self, family: Family) -> Ends {
        Ends {
            source: self.pod.address(family),
            destination: self.node.addresses().of(family),
        }
    }

    fn v4(&self) -> Vec<u8> {
        let datagram = udp(self.ends(Family::V4), PORTS, b"0123456789");
        Ipv4::new(self.pod.addresses().v4, self.node.addresses().v4).packet(protocol::UDP, &datagram)
    }

    fn tcp_v4(&self) -> Vec<u8> {
        let segment = Tcp::syn(PORTS).segment(self.ends(Family::V4), &[]);
        Ipv4::new(self.pod.addresses().v4, self.node.addresses().v4).packet(protocol::TCP, &segment)
    }

    fn v6(&self, extensions: usize) -> Vec<u8> {
        let datagram = udp(self.ends(Family::V6), PORTS, b"0123456789");
        let header = Ipv6::new(self.pod.addresses().v6, self.node.addresses().v6);
        let extended = (0..extensions).fold(header, |header, _| {
            header.with(Extension::DestinationOptions { bytes: 8 })
        });
        extended.packet(protocol::UDP, &datagram)
    }

    fn frame(&self, kind: u16, packet: &[u8]) -> Vec<u8> {
        self.pod.ethernet().frame(kind, packet)
    }

    /// Cut off inside each header.
    fn truncated(&self) -> Vec<Vec<u8>> {
        let v4 = [0, 1, 19, 20, 27].map(|length| self.frame(ethertype::IPV4, &self.v4()[..length]));
        let tcp = [21, 35].map(|length| self.frame(ethertype::IPV4, &self.tcp_v4()[..length]));
        let v6 = [0, 1, 39, 40, 47].map(|length| self.frame(ethertype::IPV6, &self.v6(0)[..length]));
        let extended = [40, 41, 48, 55].map(|length| self.frame(ethertype::IPV6, &self.v6(1)[..length]));
        [v4.to_vec(), tcp.to_vec(), v6.to_vec(), extended.to_vec()].concat()
    }

    /// Headers that contradict themselves.
    fn malformed(&self) -> Vec<Vec<u8>> {
        let with = |mut packet: Vec<u8>, at: usize, byte: u8| {
            packet[at] = byte;
            packet
        };
        let v4 = [
            with(self.v4(), 0, 0x55),
            with(self.v4(), 0, 0x44),
            with(self.v4(), 0, 0x40),
            with(self.v4(), 3, 19),
            with(self.tcp_v4(), 32, 0x40),
        ];
        let v6 = with(self.v6(0), 0, 0x40);
        let mut frames: Vec<_> = v4.iter().map(|packet| self.frame(ethertype::IPV4, packet)).collect();
        frames.push(self.frame(ethertype::IPV6, &v6));
        frames
    }

    /// The kernel itself takes the outermost tag off before any program sees the frame.
    fn too_deep(&self) -> Vec<Vec<u8>> {
        let tags = [1, 2, 3, 4].map(Tag::vlan);
        let datagram = udp(self.ends(Family::V4), PORTS, b"tagged");
        let tagged = ip_frame(
            &self.pod.ethernet().tagged(&tags),
            self.ends(Family::V4),
            protocol::UDP,
            &datagram,
        );
        vec![tagged, self.frame(ethertype::IPV6, &self.v6(7))]
    }

    fn not_ip(&self) -> Vec<Vec<u8>> {
        const LLDP: u16 = 0x88cc;
        const LENGTH_OF_802_3: u16 = 0x0010;
        [ethertype::ARP, LLDP, LENGTH_OF_802_3]
            .map(|kind| self.frame(kind, &[0; 46]))
            .to_vec()
    }
}

#[test]
fn frames_that_are_no_packets_are_counted_by_kind_and_make_no_flow() -> Result<()> {
    let node = Node::routed()?;
    let pod = node.pod("a")?;
    let bench = Bench { node: &node, pod: &pod };
    let agent = started(&node, &[])?;
    let (sender, before) = (
        FrameSender::open(&pod, POD_INTERFACE)?,
        InterfaceStats::read(&node, pod.host_interface())?,
    );
    let mut expected = BTreeMap::new();
    for (kind, frames) in [
        ("truncated", bench.truncated()),
        ("malformed", bench.malformed()),
        ("too_deep", bench.too_deep()),
        ("not_ip", bench.not_ip()),
    ] {
        let sent = sender.send(&frames)?.packets;
        expected.insert(kind.to_owned(), sent);
    }
    let after = InterfaceStats::read(&node, pod.host_interface())?;
    assert_eq!(after.rx_packets - before.rx_packets, expected.values().sum::<u64>());
    let ended = stopped(agent)?;
    let mut account = Account::of(&ended.lines, PORTS.destination);
    // The drop program tells of all namespaces of the machine, so this one is not ours alone.
    account.skipped.remove("drop_unparsed");
    assert_eq!(account.skipped, expected);
    let own = pod.address(Family::V4).to_string();
    let flows: Vec<_> = ended
        .lines
        .iter()
        .filter(|line| {
            line["source"]["ip"] == own.as_str() || line["source"]["interface"]["index"] == pod.host_ifindex()
        })
        .collect();
    assert!(flows.is_empty(), "{flows:?}");
    Ok(())
}
