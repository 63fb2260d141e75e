//! Exact traffic: each sender says what the kernel took from it, each receiver what it got.

pub mod flood;
pub mod frames;
pub mod ping;
pub mod raw;
pub mod stream;
pub mod tcp;
pub mod udp;

use std::time::Duration;

/// How long a helper waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What was given to the kernel: messages, and the bytes of their payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub packets: u64,
    pub bytes: u64,
}

/// What arrived: messages, and the bytes of their payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub packets: u64,
    pub bytes: u64,
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
