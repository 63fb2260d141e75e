//! IPv4 with options, IPv6 with extension headers, and fragments of both.

use super::checksum::internet;
use super::transport::Ends;
use super::{Ethernet, ethertype, length16};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which part of a packet this is; the offset counts units of eight bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fragment {
    pub id: u16,
    pub offset: u16,
    pub more: bool,
}

/// An IPv4 header.
#[derive(Clone, Debug)]
pub struct Ipv4 {
    pub source: Ipv4Addr,
    pub destination: Ipv4Addr,
    pub ttl: u8,
    pub fragment: Fragment,
    /// Padded to four bytes by ends of options; at most 40.
    pub options: Vec<u8>,
}

/// An IPv6 header and its extension headers.
#[derive(Clone, Debug)]
pub struct Ipv6 {
    pub source: Ipv6Addr,
    pub destination: Ipv6Addr,
    pub hop_limit: u8,
    pub extensions: Vec<Extension>,
}

/// An IPv6 extension header.
#[derive(Clone, Debug)]
pub enum Extension {
    HopByHop,
    DestinationOptions { bytes: u8 },
    Routing { kind: u8 },
    Fragment(Fragment),
}

impl Ipv4 {
    pub fn new(source: Ipv4Addr, destination: Ipv4Addr) -> Self {
        Self {
            source,
            destination,
            ttl: 64,
            fragment: Fragment::default(),
            options: Vec::new(),
        }
    }

    /// The packet around a payload of this protocol.
    pub fn packet(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let words = u8::try_from(5 + options.len() / 4).unwrap_or(15).min(15);
        let flags = self.fragment.offset | u16::from(self.fragment.more) << 13;
        let mut packet = vec![0x40 | words, 0];
        packet.extend(length16(20 + options.len() + payload.len()));
        packet.extend(self.fragment.id.to_be_bytes());
        packet.extend(flags.to_be_bytes());
        packet.extend([self.ttl, protocol, 0, 0]);
        packet.extend(self.source.octets());
        packet.extend(self.destination.octets());
        packet.extend(options);
        let checksum = internet(&[&packet]);
        packet[10..12].copy_from_slice(&checksum);
        packet.extend(payload);
        packet
    }

    /// The payload cut into fragments of at most this many bytes, a multiple of eight.
    pub fn fragments(&self, id: u16, protocol: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
        cut(id, payload, size)
            .map(|(fragment, part)| {
                Self {
                    fragment,
                    ..self.clone()
                }
                .packet(protocol, part)
            })
            .collect()
    }
}

impl Ipv6 {
    pub fn new(source: Ipv6Addr, destination: Ipv6Addr) -> Self {
        Self {
            source,
            destination,
            hop_limit: 64,
            extensions: Vec::new(),
        }
    }

    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// The packet around a payload of this protocol.
    pub fn packet(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let kinds: Vec<u8> = self.extensions.iter().map(Extension::kind).chain([protocol]).collect();
        let mut body = Vec::new();
        for (extension, next) in self.extensions.iter().zip(&kinds[1..]) {
            body.extend(extension.header(*next));
        }
        body.extend(payload);
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend(length16(body.len()));
        packet.extend([kinds[0], self.hop_limit]);
        packet.extend(self.source.octets());
        packet.extend(self.destination.octets());
        packet.extend(body);
        packet
    }

    /// The payload cut into fragments of at most this many bytes, a multiple of eight.
    pub fn fragments(&self, id: u16, protocol: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
        cut(id, payload, size)
            .map(|(fragment, part)| self.clone().with(Extension::Fragment(fragment)).packet(protocol, part))
            .collect()
    }
}

impl Extension {
    const fn kind(&self) -> u8 {
        match self {
            Self::HopByHop => 0,
            Self::Routing { .. } => 43,
            Self::Fragment(_) => 44,
            Self::DestinationOptions { .. } => 60,
        }
    }

    fn header(&self, next: u8) -> Vec<u8> {
        match self {
            Self::HopByHop => with_option(next, 8),
            Self::DestinationOptions { bytes } => with_option(next, usize::from(*bytes)),
            Self::Routing { kind } => vec![next, 0, *kind, 0, 0, 0, 0, 0],
            Self::Fragment(fragment) => {
                let flags = fragment.offset << 3 | u16::from(fragment.more);
                [
                    &[next, 0][..],
                    &flags.to_be_bytes(),
                    &[0, 0],
                    &fragment.id.to_be_bytes(),
                ]
                .concat()
            }
        }
    }
}

/// A whole frame with a plain IP header of the version the ends have.
pub fn ip_frame(ethernet: &Ethernet, ends: Ends, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (ends.source, ends.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => ethernet.frame(
            ethertype::IPV4,
            &Ipv4::new(source, destination).packet(protocol, payload),
        ),
        (source, destination) => {
            let header = Ipv6::new(as_v6(source), as_v6(destination));
            ethernet.frame(ethertype::IPV6, &header.packet(protocol, payload))
        }
    }
}

fn as_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// A header of options, a multiple of eight bytes long, that holds one experimental option to be skipped by all who do
/// not know it; Linux takes no padding of more than seven bytes.
fn with_option(next: u8, bytes: usize) -> Vec<u8> {
    const EXPERIMENTAL: u8 = 0x1e;
    let length = bytes.max(8).next_multiple_of(8);
    let in_units = u8::try_from(length / 8 - 1).unwrap_or(u8::MAX);
    let option_length = u8::try_from(length - 4).unwrap_or(u8::MAX);
    let mut header = vec![next, in_units, EXPERIMENTAL, option_length];
    header.resize(length, 0);
    header
}

fn cut(id: u16, payload: &[u8], size: usize) -> impl Iterator<Item = (Fragment, &[u8])> {
    let size = size.next_multiple_of(8);
    payload.chunks(size).enumerate().map(move |(n, part)| {
        let offset = u16::try_from(n * size / 8).unwrap_or(u16::MAX);
        (
            Fragment {
                id,
                offset,
                more: (n + 1) * size < payload.len(),
            },
            part,
        )
    })
}
