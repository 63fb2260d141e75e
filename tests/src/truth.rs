//! What the kernel itself says: interface counters, protocol counters, drops.

mod counters;
mod drops;

pub use counters::{InterfaceStats, protocol_counters};
pub use drops::{DropTrace, TracedDrop, TracedDrops};
