//! What the kernel itself says: interface counters, protocol counters, drops, programs.

mod counters;
mod drops;
mod programs;

pub use counters::{InterfaceStats, protocol_counters};
pub use drops::{DropTrace, TracedDrop, TracedDrops};
pub use programs::{Holding, Kind, attached, await_attached};
