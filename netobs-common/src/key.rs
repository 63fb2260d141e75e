//! What entries of the kernel's tables are found by. `A` is an address's length in words: IPv4 pays for one, not for four.
use crate::hash::{product, spread};

/// A key of a kernel table.
pub trait Key: Copy {
    /// `seed` gives the words for each of [`crate::hash::PRODUCTS`] products.
    fn hash(&self, seed: impl Fn(usize) -> u64) -> u64;
    /// The bits in which two keys differ, found without a branch: a branch a word makes more ways through a loop of
    /// look-ups than the kernel's verifier follows.
    fn difference(&self, other: &Self) -> u32;
}

/// A connection as one pod's interface sees it, the same for both directions.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapKey<const A: usize> {
    pub pod: [u32; A],
    pub peer: [u32; A],
    /// The four bytes of the ports as in a packet that comes from the pod.
    pub ports: u32,
    /// See [`meta`].
    pub meta: u32,
    pub ifindex: u32,
}

/// One direction of a connection, dropped for one reason in one place.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropKey<const A: usize> {
    pub source: [u32; A],
    pub destination: [u32; A],
    pub ports: u32,
    pub meta: u32,
    pub reason: u32,
    /// The device the packet had when it was dropped, 0 for none.
    pub ifindex: u32,
    /// The device it arrived by, 0 for none.
    pub arrived_by: u32,
    /// The inode number of the device's network namespace.
    pub netns: u32,
}

const _: () = assert!(size_of::<TapKey<1>>() == 20 && size_of::<TapKey<4>>() == 44);
const _: () = assert!(size_of::<DropKey<1>>() == 32 && size_of::<DropKey<4>>() == 56);

/// Protocol, kind and VLAN of a key in one word.
pub mod meta {
    /// A later fragment whose ports are not known.
    pub const FRAGMENT: u32 = 1 << 8;
    /// An entry that stands for all source ports of its peers.
    pub const SOURCE_PORTS_MERGED: u32 = 1 << 9;

    #[inline(always)]
    pub const fn new(protocol: u8, vlan: u16) -> u32 {
        protocol as u32 | (vlan as u32) << 16
    }

    pub const fn protocol(meta: u32) -> u8 {
        (meta & 0xff) as u8
    }

    pub const fn vlan(meta: u32) -> u16 {
        (meta >> 16) as u16
    }
}

impl<const A: usize> Key for TapKey<A> {
    #[inline(always)]
    fn hash(&self, seed: impl Fn(usize) -> u64) -> u64 {
        let ends = of_ends(&seed, &self.pod, &self.peer);
        let transport = product(seed(A), self.ports, self.meta);
        spread(
            ends.wrapping_add(transport)
                .wrapping_add(product(seed(A + 1), self.ifindex, 0)),
        )
    }

    #[inline(always)]
    fn difference(&self, other: &Self) -> u32 {
        let ends = of_words(&self.pod, &other.pod) | of_words(&self.peer, &other.peer);
        ends | (self.ports ^ other.ports) | (self.meta ^ other.meta) | (self.ifindex ^ other.ifindex)
    }
}

impl<const A: usize> Key for DropKey<A> {
    #[inline(always)]
    fn hash(&self, seed: impl Fn(usize) -> u64) -> u64 {
        let ends = of_ends(&seed, &self.source, &self.destination);
        let transport = product(seed(A), self.ports, self.meta);
        let reason = product(seed(A + 1), self.reason, self.ifindex);
        let place = product(seed(A + 2), self.arrived_by, self.netns);
        spread(ends.wrapping_add(transport).wrapping_add(reason).wrapping_add(place))
    }

    #[inline(always)]
    fn difference(&self, other: &Self) -> u32 {
        let ends = of_words(&self.source, &other.source) | of_words(&self.destination, &other.destination);
        let transport = (self.ports ^ other.ports) | (self.meta ^ other.meta) | (self.reason ^ other.reason);
        let place = (self.ifindex ^ other.ifindex) | (self.arrived_by ^ other.arrived_by) | (self.netns ^ other.netns);
        ends | transport | place
    }
}

#[inline(always)]
fn of_ends<const A: usize>(seed: &impl Fn(usize) -> u64, one: &[u32; A], other: &[u32; A]) -> u64 {
    let mut sum = 0_u64;
    let mut at = 0;
    while at < A {
        sum = sum.wrapping_add(product(seed(at), one[at], other[at]));
        at += 1;
    }
    sum
}

#[inline(always)]
fn of_words<const A: usize>(one: &[u32; A], other: &[u32; A]) -> u32 {
    let mut difference = 0;
    let mut at = 0;
    while at < A {
        difference |= one[at] ^ other[at];
        at += 1;
    }
    difference
}

#[cfg(test)]
mod tests;
