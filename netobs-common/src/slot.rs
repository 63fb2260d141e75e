//! One entry of a kernel table: a memory-mapped array in which the programs claim slots and the agent retires them.
//!
//! A slot's life: FREE → (a program wins it) CLAIMED → live, its state being the key's tag → (the agent) RETIRED, and when
//! no program can still be adding to it, read for the last time and FREE again. So no packet is counted and not told.

pub const FREE: u32 = 0;
pub const CLAIMED: u32 = 1;
pub const RETIRED: u32 = 2;
/// States from here on are tags of live slots.
const LIVE: u32 = 1 << 31;

/// How many neighbouring slots a key may take, at each of its two places.
pub const WINDOW: u32 = 8;

/// Packets and bytes in one direction.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub packets: u64,
    pub bytes: u64,
}

/// A table's entry, its hot half in a cache line of its own.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug)]
pub struct Slot<K> {
    pub state: u32,
    /// [`crate::parse::sign`]s seen so far: of direction 0 in the lowest byte, of direction 1 in the next.
    pub signs: u32,
    pub tallies: [Tally; 2],
    /// When it was opened, in nanoseconds on the kernel's monotonic clock.
    pub first: u64,
    /// The timer tick then, and at the last addition: to read the tick costs a load, to read the clock costs more than all
    /// the rest.
    pub first_tick: u32,
    pub last_tick: u32,
    /// The direction of the packet that opened it.
    pub opened_by: u32,
    reserved: u32,
    pub key: K,
}

const _: () = assert!(size_of::<Slot<crate::key::TapKey<1>>>() == 128);
const _: () = assert!(size_of::<Slot<crate::key::TapKey<4>>>() == 128);
const _: () = assert!(size_of::<Slot<crate::key::DropKey<1>>>() == 128);
const _: () = assert!(size_of::<Slot<crate::key::DropKey<4>>>() == 128);

/// Where a key's slots may lie, and how a live one is known at a glance.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    first: u32,
    second: u32,
    pub tag: u32,
    mask: u32,
}

impl Places {
    /// `mask` is the number of slots less one, that number being a power of two.
    #[inline(always)]
    pub const fn new(hash: u64, mask: u32) -> Self {
        Self {
            first: hash as u32,
            second: (hash >> 20) as u32,
            tag: (hash >> 32) as u32 | LIVE,
            mask,
        }
    }

    /// The `nth` place to look, of `2 * WINDOW`.
    #[inline(always)]
    pub const fn nth(&self, nth: u32) -> u32 {
        let start = if nth < WINDOW { self.first } else { self.second };
        start.wrapping_add(nth & (WINDOW - 1)) & self.mask
    }
}

pub const fn is_live(state: u32) -> bool {
    state >= LIVE
}

#[cfg(test)]
mod tests;
