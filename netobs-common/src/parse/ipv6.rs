//! IPv6, with its extension headers.
use super::{Fragment, Packet, Unparsed, transport::transport};
use crate::packet::Bytes;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MAX_EXTENSIONS: usize = 8;
const HEADER_LEN: usize = 40;

#[inline(always)]
pub fn ipv6<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<Packet<4>, Unparsed> {
    let start: [u8; 8] = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    if start[0] >> 4 != 6 {
        return Err(Unparsed::Malformed);
    }
    let source = address(bytes, offset + 8)?;
    let destination = address(bytes, offset + 24)?;
    let upper = follow(bytes, offset + HEADER_LEN, start[6])?;
    let (transport, transport_len) = transport(bytes, upper.offset, upper.protocol, upper.fragment)?;
    let header_len = (upper.offset - offset) as u32 + transport_len;
    Ok(Packet { source, destination, transport, fragment: upper.fragment, header_len })
}

#[inline(always)]
fn address<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<[u32; 4], Unparsed> {
    let mut words = [0; 4];
    let mut at = offset;
    for word in &mut words {
        *word = u32::from_ne_bytes(bytes.load(at).ok_or(Unparsed::Truncated)?);
        at += 4;
    }
    Ok(words)
}

struct Upper {
    protocol: u8,
    offset: usize,
    fragment: Fragment,
}

/// Follows the chain of extension headers to what they lead to.
#[inline(always)]
fn follow<B: Bytes + ?Sized>(bytes: &B, offset: usize, next_header: u8) -> Result<Upper, Unparsed> {
    let mut upper = Upper { protocol: next_header, offset, fragment: Fragment::Whole };
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
    if is_extension(upper.protocol) { Err(Unparsed::TooDeep) } else { Ok(upper) }
}

#[inline(always)]
fn is_extension(protocol: u8) -> bool {
    matches!(protocol, HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION_OPTIONS)
}

#[inline(always)]
fn fragment<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<Fragment, Unparsed> {
    let header: [u8; 8] = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let field = u16::from_be_bytes([header[2], header[3]]);
    let id = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    Ok(match (field >> 3, field & 1) {
        (0, 0) => Fragment::Whole,
        (0, _) => Fragment::First { id },
        _ => Fragment::Later { id },
    })
}
