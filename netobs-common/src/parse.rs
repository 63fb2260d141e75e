//! From a packet's bytes to the addresses and facts of one connection.
mod ethernet;
mod ipv4;
mod ipv6;
mod transport;

#[cfg(test)]
mod tests;

pub use ethernet::{Network, ethernet, plain_ethernet};
pub use ipv4::{ipv4, plain_ipv4};
pub use ipv6::{ipv6, plain_ipv6};

use crate::counter::Counter;

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const SCTP: u8 = 132;
pub const ICMP: u8 = 1;
pub const ICMPV6: u8 = 58;

/// Why a packet has no connection we could name; each is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unparsed {
    /// Neither IPv4 nor IPv6: ARP, LLDP, …
    NotIp,
    /// It ends inside a header.
    Truncated,
    /// A header contradicts itself.
    Malformed,
    /// More IPv6 extension headers or VLAN tags than are followed.
    TooDeep,
}

impl Unparsed {
    pub const fn counter(self) -> Counter {
        match self {
            Self::NotIp => Counter::NotIp,
            Self::Truncated => Counter::Truncated,
            Self::Malformed => Counter::Malformed,
            Self::TooDeep => Counter::TooDeep,
        }
    }
}

/// A packet's part in a fragmented datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    Whole,
    First { id: u32 },
    Later { id: u32 },
}

/// What one packet says of its connection. Addresses and ports lie in memory as they do on the wire.
///
/// `WORDS` is the length of an address in 32-bit words: 1 for IPv4, 4 for IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<const WORDS: usize> {
    pub source: [u32; WORDS],
    pub destination: [u32; WORDS],
    pub transport: Transport,
    pub fragment: Fragment,
    /// Length of the network and transport headers, which every segment of a GSO packet repeats.
    pub header_len: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transport {
    pub protocol: u8,
    /// Source and destination port as the four bytes on the wire; for ICMP the identifier and the kind of the request.
    pub ports: u32,
    /// What the packet does to its connection, see [`sign`].
    pub signs: u8,
}

/// What a packet does to its connection, in one byte: TCP's own flags below, what they mean together above.
pub mod sign {
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const PSH: u8 = 0x08;
    pub const ACK: u8 = 0x10;
    /// It asks: a SYN, an INIT, an echo request.
    pub const REQUEST: u8 = 0x20;
    /// It answers a request: a SYN-ACK, an INIT-ACK, an echo reply.
    pub const ANSWER: u8 = 0x40;
    /// Anything but a reset or an abort.
    pub const NOT_RESET: u8 = 0x80;
}
