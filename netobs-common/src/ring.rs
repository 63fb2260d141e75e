//! What the programs put into the ring.
use crate::key::TapKey;

/// The first word of every record tells which it is.
pub const HINT: u32 = 1;
pub const SINGLE_V4: u32 = 2;
pub const SINGLE_V6: u32 = 3;

/// "Look at this slot now": a connection was opened, answered, or ended.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    pub record: u32,
    /// One of the tables below.
    pub table: u32,
    pub slot: u32,
}

pub const TABLE_TAP_V4: u32 = 0;
pub const TABLE_TAP_V6: u32 = 1;
pub const TABLE_DROP_V4: u32 = 2;
pub const TABLE_DROP_V6: u32 = 3;

/// A packet whose connection found no slot, told on its own.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Single<const A: usize> {
    pub record: u32,
    pub direction: u32,
    /// As in a slot: those of direction 1 in the second byte.
    pub signs: u32,
    pub packets: u32,
    pub at: u64,
    pub bytes: u32,
    pub key: TapKey<A>,
}

const _: () = assert!(size_of::<Hint>() == 12);
const _: () = assert!(size_of::<Single<1>>() == 48 && size_of::<Single<4>>() == 72);
