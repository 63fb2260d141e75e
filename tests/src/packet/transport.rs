//! TCP, UDP, SCTP and ICMP echo, for both IP versions.

use super::checksum::{crc32c, internet};
use super::{length16, protocol};
use std::net::IpAddr;

/// The addresses a packet is between; both of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    pub source: IpAddr,
    pub destination: IpAddr,
}

/// The ports a packet is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    pub source: u16,
    pub destination: u16,
}

/// A TCP header without options.
#[derive(Clone, Copy, Debug)]
pub struct Tcp {
    pub ports: Ports,
    pub sequence: u32,
    pub acknowledge: u32,
    pub flags: u8,
}

impl Tcp {
    pub const FIN: u8 = 1;
    pub const SYN: u8 = 2;
    pub const RST: u8 = 4;
    pub const PSH: u8 = 8;
    pub const ACK: u8 = 16;

    pub const fn syn(ports: Ports) -> Self {
        Self {
            ports,
            sequence: 1,
            acknowledge: 0,
            flags: Self::SYN,
        }
    }

    pub fn segment(&self, ends: Ends, payload: &[u8]) -> Vec<u8> {
        let mut segment = self.ports.bytes().to_vec();
        segment.extend(self.sequence.to_be_bytes());
        segment.extend(self.acknowledge.to_be_bytes());
        segment.extend([0x50, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(payload);
        let checksum = ends.checksum(protocol::TCP, &segment);
        segment[16..18].copy_from_slice(&checksum);
        segment
    }
}

/// A UDP datagram.
pub fn udp(ends: Ends, ports: Ports, payload: &[u8]) -> Vec<u8> {
    let mut datagram = ports.bytes().to_vec();
    datagram.extend(length16(8 + payload.len()));
    datagram.extend([0, 0]);
    datagram.extend(payload);
    let checksum = match ends.checksum(protocol::UDP, &datagram) {
        [0, 0] => [0xff, 0xff],
        sum => sum,
    };
    datagram[6..8].copy_from_slice(&checksum);
    datagram
}

/// An SCTP packet that holds one INIT chunk.
pub fn sctp(ports: Ports, initiate_tag: u32) -> Vec<u8> {
    let mut packet = ports.bytes().to_vec();
    packet.extend([0; 8]);
    packet.extend([1, 0, 0, 20]);
    packet.extend(initiate_tag.to_be_bytes());
    packet.extend(65_536_u32.to_be_bytes());
    packet.extend([0, 10, 0, 10]);
    packet.extend(1_u32.to_be_bytes());
    let checksum = crc32c(&packet);
    packet[8..12].copy_from_slice(&checksum);
    packet
}

/// An echo request of the version the ends have, and the number of its protocol.
pub fn icmp_echo(ends: Ends, id: u16, sequence: u16, payload: &[u8]) -> (u8, Vec<u8>) {
    let (kind, number) = if ends.source.is_ipv4() {
        (8, protocol::ICMP)
    } else {
        (128, protocol::ICMPV6)
    };
    let mut message = vec![kind, 0, 0, 0];
    message.extend(id.to_be_bytes());
    message.extend(sequence.to_be_bytes());
    message.extend(payload);
    let checksum = if ends.source.is_ipv4() {
        internet(&[&message])
    } else {
        ends.checksum(number, &message)
    };
    message[2..4].copy_from_slice(&checksum);
    (number, message)
}

impl Ends {
    /// The checksum over the pseudo header and what the packet carries.
    fn checksum(self, protocol: u8, payload: &[u8]) -> [u8; 2] {
        let addresses = [octets(self.source), octets(self.destination)].concat();
        internet(&[&addresses, &length16(payload.len()), &[0, protocol], payload])
    }
}

impl Ports {
    fn bytes(self) -> [u8; 4] {
        let [[a, b], [c, d]] = [self.source.to_be_bytes(), self.destination.to_be_bytes()];
        [a, b, c, d]
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
