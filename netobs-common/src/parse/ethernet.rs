//! Ethernet, with up to two VLAN tags in the frame.
use super::Unparsed;
use crate::packet::Bytes;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const QINQ: u16 = 0x88a8;
const OLD_QINQ: u16 = 0x9100;
const VLAN_ID_MASK: u16 = 0x0fff;
const ETHERTYPE: usize = 12;
const HEADER_LEN: usize = 14;

/// Where the network header begins, and which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub offset: usize,
    pub is_v6: bool,
    /// The innermost VLAN, 0 for none.
    pub vlan: u16,
}

/// Most packets: no tags. `None` leaves the packet to [`ethernet`].
#[inline(always)]
pub fn plain_ethernet<B: Bytes + ?Sized>(bytes: &B) -> Option<Network> {
    untagged(bytes.load(ETHERTYPE).map(u16::from_be)?)
}

#[inline(always)]
pub fn ethernet<B: Bytes + ?Sized>(bytes: &B) -> Result<Network, Unparsed> {
    let mut ethertype = u16_at(bytes, ETHERTYPE)?;
    let mut offset = HEADER_LEN;
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
        IPV4 => Ok(Network {
            offset,
            is_v6: false,
            vlan,
        }),
        IPV6 => Ok(Network {
            offset,
            is_v6: true,
            vlan,
        }),
        tag if is_tag(tag) => Err(Unparsed::TooDeep),
        _ => Err(Unparsed::NotIp),
    }
}

#[inline(always)]
fn untagged(ethertype: u16) -> Option<Network> {
    match ethertype {
        IPV4 => Some(Network {
            offset: HEADER_LEN,
            is_v6: false,
            vlan: 0,
        }),
        IPV6 => Some(Network {
            offset: HEADER_LEN,
            is_v6: true,
            vlan: 0,
        }),
        _ => None,
    }
}

#[inline(always)]
fn is_tag(ethertype: u16) -> bool {
    ethertype == VLAN || ethertype == QINQ || ethertype == OLD_QINQ
}

#[inline(always)]
fn u16_at<B: Bytes + ?Sized>(bytes: &B, offset: usize) -> Result<u16, Unparsed> {
    bytes.load(offset).map(u16::from_be).ok_or(Unparsed::Truncated)
}
