//! Ethernet, with up to two VLAN tags in the frame.
use super::Unparsed;
use crate::packet::Bytes;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const QINQ: u16 = 0x88a8;
const OLD_QINQ: u16 = 0x9100;
const VLAN_ID_MASK: u16 = 0x0fff;

/// Where the network header begins, and which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub offset: usize,
    pub is_v6: bool,
    /// The innermost VLAN, 0 for none.
    pub vlan: u16,
}

#[inline(always)]
pub fn ethernet<B: Bytes + ?Sized>(bytes: &B) -> Result<Network, Unparsed> {
    let mut ethertype = u16_at(bytes, 12)?;
    let mut offset = 14;
    let mut vlan = 0;
    for _ in 0..2 {
        if !is_tag(ethertype) {
            break;
        }
        vlan = u16_at(bytes, offset)? & VLAN_ID_MASK;
        ethertype = u16_at(bytes, offset + 2)?;
        offset += 4;
    }
    match ethertype {
        IPV4 => Ok(Network { offset, is_v6: false, vlan }),
        IPV6 => Ok(Network { offset, is_v6: true, vlan }),
        tag if is_tag(tag) => Err(Unparsed::TooDeep),
        _ => Err(Unparsed::NotIp),
    }
}

#[inline(always)]
fn is_tag(ethertype: u16) -> bool {
    ethertype == VLAN || ethertype == QINQ || ethertype == OLD_QINQ
}

#[inline(always)]
fn u16_at<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<u16, Unparsed> {
    bytes.load(offset).map(u16::from_be_bytes).ok_or(Unparsed::Truncated)
}
