//! Telling the agent through the ring. Nobody is woken: the agent looks often enough by itself, and a wake-up costs a sender
//! more than its packet.
use netobs_common::{
    counter::Counter,
    ring::{HINT, Hint},
};

use super::maps::{RING, count};

pub(super) const NO_WAKEUP: u64 = 1;

/// "Look at this slot now"; what finds no room is found by the next sweep anyway.
#[inline(always)]
pub(super) fn hint(table: u32, slot: u32) {
    let record = Hint {
        record: HINT,
        table,
        slot,
    };
    if RING.output::<Hint>(&record, NO_WAKEUP).is_err() {
        count(Counter::HintsSkipped as u32, 1);
    }
}
