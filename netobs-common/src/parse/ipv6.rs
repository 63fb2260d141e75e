//! IPv6, with its extension headers.
#![expect(unsafe_code, reason = "the header is read as it lies in the packet")]

use super::{
    Fragment, Packet, Unparsed,
    transport::{Room, transport},
};
use crate::packet::{Bytes, Plain};

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MAX_EXTENSIONS: usize = 6;

#[repr(C)]
#[derive(Clone, Copy)]
struct Header {
    version_and_flow: u32,
    payload_len: u16,
    next_header: u8,
    hop_limit: u8,
    source: [u32; 4],
    destination: [u32; 4],
}

// SAFETY: integers, without padding.
unsafe impl Plain for Header {}
const _: () = assert!(size_of::<Header>() == 40);

#[inline(always)]
pub fn ipv6<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<Packet<4>, Unparsed> {
    let header: Header = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    if u32::from_be(header.version_and_flow) >> 28 != 6 {
        return Err(Unparsed::Malformed);
    }
    let upper = follow(bytes, offset + size_of::<Header>(), header.next_header)?;
    read_on(bytes, &header, offset, &upper)
}

/// Most packets: no extension headers. `None` leaves the packet to [`ipv6`].
#[inline(always)]
pub fn plain_ipv6<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Option<Packet<4>> {
    let header: Header = bytes.load(offset)?;
    if u32::from_be(header.version_and_flow) >> 28 != 6 || is_extension(header.next_header) {
        return None;
    }
    let upper = Upper {
        protocol: header.next_header,
        offset: offset + size_of::<Header>(),
        fragment: Fragment::Whole,
    };
    read_on(bytes, &header, offset, &upper).ok()
}

#[inline(always)]
fn read_on<B: Bytes + ?Sized>(bytes: &B, header: &Header, offset: usize, upper: &Upper) -> Result<Packet<4>, Unparsed> {
    let headers_len = (upper.offset - offset) as u32;
    let room = match u16::from_be(header.payload_len) {
        0 => Room::UNKNOWN,
        payload_len => Room::of(size_of::<Header>() as u32 + u32::from(payload_len), headers_len),
    };
    let (transport, transport_len) = transport(bytes, upper.offset, upper.protocol, upper.fragment, room)?;
    Ok(Packet {
        source: header.source,
        destination: header.destination,
        transport,
        fragment: upper.fragment,
        header_len: headers_len + transport_len,
    })
}

struct Upper {
    protocol: u8,
    offset: usize,
    fragment: Fragment,
}

/// Follows the chain of extension headers to what they lead to.
#[inline(always)]
fn follow<B: Bytes + ?Sized>(bytes: &B, offset: usize, next_header: u8) -> Result<Upper, Unparsed> {
    let mut upper = Upper {
        protocol: next_header,
        offset,
        fragment: Fragment::Whole,
    };
    for _ in 0..MAX_EXTENSIONS {
        let later = matches!(upper.fragment, Fragment::Later { .. });
        if later || !is_extension(upper.protocol) {
            return Ok(upper);
        }
        let [next, len]: [u8; 2] = bytes.load(upper.offset).ok_or(Unparsed::Truncated)?;
        let len = match upper.protocol {
            FRAGMENT => {
                upper.fragment = fragment(bytes, upper.offset)?;
                8
            }
            AUTHENTICATION => (usize::from(len) + 2) * 4,
            _ => (usize::from(len) + 1) * 8,
        };
        upper.protocol = next;
        upper.offset += len;
    }
    if is_extension(upper.protocol) {
        Err(Unparsed::TooDeep)
    } else {
        Ok(upper)
    }
}

#[inline(always)]
fn is_extension(protocol: u8) -> bool {
    matches!(
        protocol,
        HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION_OPTIONS
    )
}

#[repr(C)]
#[derive(Clone, Copy)]
struct FragmentHeader {
    next_header: u8,
    reserved: u8,
    field: u16,
    id: u32,
}

// SAFETY: integers, without padding.
unsafe impl Plain for FragmentHeader {}
const _: () = assert!(size_of::<FragmentHeader>() == 8);

#[inline(always)]
fn fragment<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<Fragment, Unparsed> {
    let header: FragmentHeader = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let field = u16::from_be(header.field);
    let id = u32::from_be(header.id);
    Ok(match (field >> 3, field & 1) {
        (0, 0) => Fragment::Whole,
        (0, _) => Fragment::First { id },
        _ => Fragment::Later { id },
    })
}
