//! Counting packets as they are on the wire.
use netobs_common::slot::Tally;

/// A packet of `bytes` from its IP header on, or the segments it stands for, each of which repeats the headers.
#[inline(always)]
pub(super) fn on_the_wire(bytes: u32, header_len: u32, gso_segments: u32) -> Tally {
    if gso_segments <= 1 {
        return Tally {
            packets: 1,
            bytes: u64::from(bytes),
        };
    }
    let repeated = u64::from(gso_segments - 1) * u64::from(header_len);
    Tally {
        packets: u64::from(gso_segments),
        bytes: u64::from(bytes) + repeated,
    }
}
