//! What the programs count beside connections: what they could not name, could not keep, or could not tell.

/// Index into the per-CPU array of counters.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    NotIp,
    Truncated,
    Malformed,
    TooDeep,
    /// Packets whose connection found no slot, told one by one through the ring.
    TapToldSingly,
    /// Packets, then bytes, that found no slot and no room in the ring.
    TapLostPackets,
    TapLostBytes,
    /// Dropped packets, then their bytes, that found no slot, not even a merged one.
    DropLostPackets,
    DropLostBytes,
    /// Hints that found no room in the ring; the next sweep finds what they pointed to.
    HintsSkipped,
    /// Dropped packets whose headers could not be read.
    DropUnparsed,
}

impl Counter {
    pub const COUNT: u32 = 11;
    /// The index of no counter.
    pub const NONE: u32 = Self::COUNT;
}

const _: () = assert!(Counter::DropUnparsed as u32 + 1 == Counter::COUNT);
