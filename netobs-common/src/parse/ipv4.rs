//! IPv4, with options and fragments.
use super::{Fragment, Packet, Unparsed, transport::transport};
use crate::packet::Bytes;

const MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1fff;

#[inline(always)]
pub fn ipv4<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<Packet<1>, Unparsed> {
    let header: [u8; 20] = bytes.load(offset).ok_or(Unparsed::Truncated)?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    if header[0] >> 4 != 4 || header_len < 20 {
        return Err(Unparsed::Malformed);
    }
    // Zero is what a GSO packet beyond 64 KiB carries.
    let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if total_len != 0 && total_len < header_len {
        return Err(Unparsed::Malformed);
    }
    let fragment = fragment(&header);
    let (transport, transport_len) = transport(bytes, offset + header_len, header[9], fragment)?;
    Ok(Packet {
        source: [u32::from_ne_bytes([header[12], header[13], header[14], header[15]])],
        destination: [u32::from_ne_bytes([header[16], header[17], header[18], header[19]])],
        transport,
        fragment,
        header_len: header_len as u32 + transport_len,
    })
}

#[inline(always)]
fn fragment(header: &[u8; 20]) -> Fragment {
    let field = u16::from_be_bytes([header[6], header[7]]);
    let id = u32::from(u16::from_be_bytes([header[4], header[5]]));
    if field & FRAGMENT_OFFSET != 0 {
        Fragment::Later { id }
    } else if field & MORE_FRAGMENTS != 0 {
        Fragment::First { id }
    } else {
        Fragment::Whole
    }
}
