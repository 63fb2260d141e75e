//! IPv4, with options and fragments.
#![expect(unsafe_code, reason = "the header is read as it lies in the packet")]

use super::{
    Fragment, Packet, Unparsed,
    transport::{Room, transport},
};
use crate::packet::{Bytes, Plain};

const MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1fff;

#[repr(C)]
#[derive(Clone, Copy)]
struct Header {
    version_and_len: u8,
    service: u8,
    total_len: u16,
    id: u16,
    fragment: u16,
    time_to_live: u8,
    protocol: u8,
    checksum: u16,
    source: u32,
    destination: u32,
}

// SAFETY: integers, without padding.
unsafe impl Plain for Header {}
const _: () = assert!(size_of::<Header>() == 20);

#[inline(always)]
pub fn ipv4<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<Packet<1>, Unparsed> {
    let header: Header = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let header_len = usize::from(header.version_and_len & 0x0f) * 4;
    if header.version_and_len >> 4 != 4 || header_len < size_of::<Header>() {
        return Err(Unparsed::Malformed);
    }
    read_on(bytes, &header, offset, header_len, fragment(&header))
}

/// Most packets: no options, no fragment. `None` leaves the packet to [`ipv4`].
#[inline(always)]
pub fn plain_ipv4<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Option<Packet<1>> {
    const VERSION_4_NO_OPTIONS: u8 = 0x45;
    let header: Header = bytes.load(offset)?;
    let is_fragment = u16::from_be(header.fragment) & (MORE_FRAGMENTS | FRAGMENT_OFFSET) != 0;
    if header.version_and_len != VERSION_4_NO_OPTIONS || is_fragment {
        return None;
    }
    read_on(bytes, &header, offset, size_of::<Header>(), Fragment::Whole).ok()
}

#[inline(always)]
fn read_on<B: Bytes + ?Sized>(
    bytes: &B,
    header: &Header,
    offset: usize,
    header_len: usize,
    fragment: Fragment,
) -> Result<Packet<1>, Unparsed> {
    let room = match u16::from_be(header.total_len) {
        0 => Room::UNKNOWN,
        total_len => Room::of(u32::from(total_len), header_len as u32),
    };
    let (transport, transport_len) = transport(bytes, offset + header_len, header.protocol, fragment, room)?;
    Ok(Packet {
        source: [header.source],
        destination: [header.destination],
        transport,
        fragment,
        header_len: header_len as u32 + transport_len,
    })
}

#[inline(always)]
fn fragment(header: &Header) -> Fragment {
    let field = u16::from_be(header.fragment);
    let id = u32::from(u16::from_be(header.id));
    if field & FRAGMENT_OFFSET != 0 {
        Fragment::Later { id }
    } else if field & MORE_FRAGMENTS != 0 {
        Fragment::First { id }
    } else {
        Fragment::Whole
    }
}
