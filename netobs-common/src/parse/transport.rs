//! TCP, UDP, SCTP, ICMP and ICMPv6; other protocols have no ports.
#![expect(unsafe_code, reason = "the header is read as it lies in the packet")]

use super::{Fragment, ICMP, ICMPV6, SCTP, TCP, Transport, UDP, Unparsed, sign};
use crate::packet::{Bytes, Plain};

/// A fragment's data, but for the last one's, is a multiple of this.
const FRAGMENT_UNIT: u32 = 8;
/// How far the ports and signs of TCP and SCTP reach.
const SIGNS_LEN: u32 = 16;

/// How many bytes the network header leaves to the transport. What lies behind them is the link's padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room(i32);

impl Room {
    /// A length of zero, as in a GSO packet beyond 64 KiB.
    pub(super) const UNKNOWN: Self = Self(i32::MAX);

    #[inline(always)]
    pub(super) const fn of(packet_len: u32, headers_len: u32) -> Self {
        Self(packet_len.wrapping_sub(headers_len).cast_signed())
    }

    #[inline(always)]
    const fn holds(self, len: u32) -> bool {
        len.cast_signed() <= self.0
    }
}

/// The transport header at `offset`, and its length as far as every GSO segment repeats it.
#[inline(always)]
pub(super) fn transport<B: Bytes + ?Sized>(
    bytes: &B,
    offset: usize,
    protocol: u8,
    fragment: Fragment,
    room: Room,
) -> Result<(Transport, u32), Unparsed> {
    let (transport, len) = match fragment {
        Fragment::Later { .. } => (without_ports(protocol), 0),
        Fragment::First { .. } if !room.holds(SIGNS_LEN) => beginning(bytes, offset, protocol)?,
        Fragment::First { .. } | Fragment::Whole => header(bytes, offset, protocol)?,
    };
    let needed = if let Fragment::First { .. } = fragment {
        len.min(FRAGMENT_UNIT)
    } else {
        len
    };
    if !room.holds(needed) {
        return Err(Unparsed::Malformed);
    }
    Ok((transport, len))
}

#[inline(always)]
fn header<B: Bytes + ?Sized>(bytes: &B, offset: usize, protocol: u8) -> Result<(Transport, u32), Unparsed> {
    match protocol {
        TCP => tcp(bytes, offset),
        UDP => udp(bytes, offset),
        SCTP => sctp(bytes, offset),
        ICMP => icmp(bytes, offset, protocol, icmp_request),
        ICMPV6 => icmp(bytes, offset, protocol, icmpv6_request),
        _ => Ok((without_ports(protocol), 0)),
    }
}

/// What a first fragment tells that may end right behind the ports.
#[inline(always)]
fn beginning<B: Bytes + ?Sized>(bytes: &B, offset: usize, protocol: u8) -> Result<(Transport, u32), Unparsed> {
    if protocol != TCP && protocol != SCTP {
        return header(bytes, offset, protocol);
    }
    let ports = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let signs = sign::NOT_RESET;
    Ok((Transport { protocol, ports, signs }, FRAGMENT_UNIT))
}

#[inline(always)]
const fn without_ports(protocol: u8) -> Transport {
    Transport {
        protocol,
        ports: 0,
        signs: 0,
    }
}

#[inline(always)]
fn udp<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<(Transport, u32), Unparsed> {
    let [ports, _]: [u32; 2] = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    Ok((
        Transport {
            protocol: UDP,
            ports,
            signs: 0,
        },
        8,
    ))
}

#[repr(C)]
#[derive(Clone, Copy)]
struct TcpHeader {
    ports: u32,
    sequence: u32,
    acknowledged: u32,
    data_offset: u8,
    flags: u8,
    window: u16,
}

// SAFETY: integers, without padding.
unsafe impl Plain for TcpHeader {}
const _: () = assert!(size_of::<TcpHeader>() == 16);

#[inline(always)]
fn tcp<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<(Transport, u32), Unparsed> {
    let header: TcpHeader = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let len = u32::from(header.data_offset >> 4) * 4;
    if len < 20 {
        return Err(Unparsed::Malformed);
    }
    Ok((
        Transport {
            protocol: TCP,
            ports: header.ports,
            signs: tcp_signs(header.flags),
        },
        len,
    ))
}

#[inline(always)]
fn tcp_signs(flags: u8) -> u8 {
    let own = flags & (sign::FIN | sign::SYN | sign::RST | sign::PSH | sign::ACK);
    let asks = if own & (sign::SYN | sign::ACK) == sign::SYN {
        sign::REQUEST
    } else {
        0
    };
    let answers = if own & (sign::SYN | sign::ACK) == sign::SYN | sign::ACK {
        sign::ANSWER
    } else {
        0
    };
    let not_reset = if own & sign::RST == 0 { sign::NOT_RESET } else { 0 };
    own | asks | answers | not_reset
}

#[inline(always)]
fn sctp<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<(Transport, u32), Unparsed> {
    const INIT: u8 = 1;
    const INIT_ACK: u8 = 2;
    const ABORT: u8 = 6;
    const SHUTDOWN_COMPLETE: u8 = 14;
    let [ports, _, _, chunk]: [u32; 4] = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let [chunk, ..] = chunk.to_ne_bytes();
    let signs = match chunk {
        INIT => sign::REQUEST | sign::NOT_RESET,
        INIT_ACK => sign::ANSWER | sign::NOT_RESET,
        ABORT => sign::RST,
        SHUTDOWN_COMPLETE => sign::FIN | sign::NOT_RESET,
        _ => sign::NOT_RESET,
    };
    Ok((
        Transport {
            protocol: SCTP,
            ports,
            signs,
        },
        12,
    ))
}

/// The kind of request that an ICMP type belongs to, and whether it asks or answers.
type RequestOf = fn(u8) -> (u8, u8);

#[inline(always)]
fn icmp<B: Bytes + ?Sized>(
    bytes: &B,
    offset: usize,
    protocol: u8,
    request_of: RequestOf,
) -> Result<(Transport, u32), Unparsed> {
    let [kind, code]: [u8; 2] = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let (request, signs) = request_of(kind);
    let identifier: [u8; 2] = if signs == 0 {
        [0, 0]
    } else {
        bytes.load(offset + 4).ok_or(Unparsed::Truncated)?
    };
    let ports = u32::from_ne_bytes([identifier[0], identifier[1], request, code]);
    Ok((
        Transport {
            protocol,
            ports,
            signs: signs | sign::NOT_RESET,
        },
        8,
    ))
}

#[inline(always)]
fn icmp_request(kind: u8) -> (u8, u8) {
    match kind {
        8 => (8, sign::REQUEST),
        0 => (8, sign::ANSWER),
        13 => (13, sign::REQUEST),
        14 => (13, sign::ANSWER),
        other => (other, 0),
    }
}

#[inline(always)]
fn icmpv6_request(kind: u8) -> (u8, u8) {
    match kind {
        128 => (128, sign::REQUEST),
        129 => (128, sign::ANSWER),
        other => (other, 0),
    }
}
