//! Ethernet frames with any number of VLAN tags.

use super::ethertype;
use std::fmt;

/// A hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

/// One VLAN tag: what it is announced as, and its id.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    pub ethertype: u16,
    pub id: u16,
}

/// The head of a frame.
#[derive(Clone, Debug)]
pub struct Ethernet {
    pub source: Mac,
    pub destination: Mac,
    /// Outermost first.
    pub tags: Vec<Tag>,
}

impl Tag {
    pub const fn vlan(id: u16) -> Self {
        Self {
            ethertype: ethertype::VLAN,
            id,
        }
    }

    pub const fn qinq(id: u16) -> Self {
        Self {
            ethertype: ethertype::QINQ,
            id,
        }
    }
}

impl Ethernet {
    pub fn tagged(mut self, tags: &[Tag]) -> Self {
        self.tags.extend_from_slice(tags);
        self
    }

    /// The frame around a payload of this kind.
    pub fn frame(&self, ethertype: u16, payload: &[u8]) -> Vec<u8> {
        let mut frame = [self.destination.0, self.source.0].concat();
        for tag in &self.tags {
            frame.extend(tag.ethertype.to_be_bytes());
            frame.extend(tag.id.to_be_bytes());
        }
        frame.extend(ethertype.to_be_bytes());
        frame.extend(payload);
        frame
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}
