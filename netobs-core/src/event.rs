//! What the kernel told us once: checked, owned and free of the kernel's own layout.
use std::{
    fmt::{self, Display, Formatter},
    net::IpAddr,
    ops::{AddAssign, SubAssign},
};

use crate::time::Timestamp;

/// An interface's number, unique inside one network namespace only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ifindex(pub u32);

/// A network namespace, by the inode number the kernel gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetnsId(pub u32);

/// A drop reason by the running kernel's own number; [`crate::event`] knows no names, the kernel room does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReasonId(pub u32);

/// For those the kernel gave no name.
impl Display for ReasonId {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{UNNAMED}{}", self.0)
    }
}

impl ReasonId {
    /// The reason that is written like this where it has no name.
    pub fn unnamed(text: &str) -> Option<Self> {
        Some(Self(text.strip_prefix(UNNAMED)?.parse().ok()?))
    }
}

const UNNAMED: &str = "REASON_";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmpv6,
    Other(u8),
}

impl Protocol {
    pub const fn from_number(number: u8) -> Self {
        match number {
            6 => Self::Tcp,
            17 => Self::Udp,
            132 => Self::Sctp,
            1 => Self::Icmp,
            58 => Self::Icmpv6,
            other => Self::Other(other),
        }
    }

    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
            Self::Icmp => 1,
            Self::Icmpv6 => 58,
            Self::Other(number) => number,
        }
    }

    /// Whether ports tell the two ends apart; ICMP has an identifier and a kind instead, the same in both directions.
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Sctp)
    }
}

/// The addresses of one packet, in the direction it travelled.
///
/// For ICMP `source_port` is the identifier of an echo and `destination_port` the type and code (`type << 8 | code`) of
/// the request; an echo reply has the same two numbers as its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub source_port: u16,
    pub destination_port: u16,
    pub protocol: Protocol,
    /// Later fragments whose first one was not seen: their ports are unknown, and zero here.
    pub fragment: bool,
}

impl Tuple {
    /// The same connection seen from its other end.
    #[must_use]
    pub const fn reversed(self) -> Self {
        let (source_port, destination_port) = if self.protocol.has_ports() {
            (self.destination_port, self.source_port)
        } else {
            (self.source_port, self.destination_port)
        };
        Self {
            source: self.destination,
            destination: self.source,
            source_port,
            destination_port,
            ..self
        }
    }
}

/// Packets as they are on the wire (a GSO packet counts as its segments) and their bytes from the IP header on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count {
    pub packets: u64,
    pub bytes: u64,
}

impl Count {
    pub const ZERO: Self = Self { packets: 0, bytes: 0 };

    pub const fn is_zero(self) -> bool {
        self.packets == 0
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What was counted before is taken away again; less than nothing does not remain.
impl SubAssign for Count {
    fn sub_assign(&mut self, other: Self) {
        self.packets = self.packets.saturating_sub(other.packets);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// TCP flags as in the header's thirteenth byte, collected over the packets of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const ACK: u8 = 0x10;

    pub const fn has(self, flags: u8) -> bool {
        self.0 & flags == flags
    }
}

/// What one direction of a connection did at one tap since the tap was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    pub count: Count,
    pub flags: TcpFlags,
    /// A SYN without ACK was among them: this end began the connection.
    pub syn: bool,
    /// A SYN with ACK was among them: this end accepted the connection.
    pub syn_ack: bool,
    /// Something other than a RST was among them; a lone RST refuses, it does not answer.
    pub other_than_reset: bool,
}

/// What one tap counted of one connection since it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapReading {
    pub interface: Ifindex,
    /// From the pod behind the interface to its peer.
    pub tuple: Tuple,
    pub from_pod: Direction,
    pub to_pod: Direction,
    /// The packet that opened the kernel's entry came from the pod.
    pub opened_by_pod: bool,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// Where the kernel was when it dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the node's own namespace; `None` where the packet had no device yet.
    Node { interface: Option<Ifindex> },
    /// Inside another namespace of this node: a closed port, a full socket, the pod's own rules.
    Inside {
        namespace: NetnsId,
        interface: Option<Ifindex>,
    },
    /// The packet had neither device nor route nor socket to tell by.
    Unknown,
}

/// Packets of one direction of a connection that the kernel dropped for one reason, since it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropReading {
    pub tuple: Tuple,
    pub reason: ReasonId,
    pub place: Place,
    /// The interface the packet came in by; `None` for packets that began on this node.
    pub arrived_by: Option<Ifindex>,
    pub count: Count,
    /// The kernel's table was full and this entry stands for all source ports of the same peers.
    pub source_ports_merged: bool,
    pub first: Timestamp,
    pub last: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Tap(TapReading),
    Drop(DropReading),
}
