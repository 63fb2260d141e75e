//! The kernel's monotonic time as wall time.
#![expect(unsafe_code, reason = "this file meets the kernel")]
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use netobs_core::time::Timestamp;

/// How far wall time was ahead of monotonic time when last looked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    ahead: u64,
    /// Now, in nanoseconds on the kernel's coarse monotonic clock.
    pub(crate) monotonic: u64,
}

impl Clock {
    pub(crate) fn look() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            // The coarse clock is up to a tick late, by which a packet would seem to be younger than it is.
            ahead: nanos(wall).saturating_sub(monotonic(libc::CLOCK_MONOTONIC)),
            monotonic: monotonic(libc::CLOCK_MONOTONIC_COARSE),
        }
    }

    /// Never before what happened already, as the coarse clock has it.
    pub(crate) fn exactly() -> Timestamp {
        Timestamp(nanos(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
    }

    pub(crate) fn wall(self, monotonic: u64) -> Timestamp {
        Timestamp(monotonic.saturating_add(self.ahead))
    }

    pub(crate) fn now(self) -> Timestamp {
        self.wall(self.monotonic)
    }

    /// How long before this look `monotonic` was.
    pub(crate) fn since(self, monotonic: u64) -> Duration {
        Duration::from_nanos(self.monotonic.saturating_sub(monotonic))
    }
}

/// The kernel's timer tick, which is how finely its coarse clocks go.
pub(crate) fn tick_nanos() -> u64 {
    let mut tick = NO_TIME;
    // SAFETY: `tick` is ours, and the call writes nothing else.
    unsafe { libc::clock_getres(libc::CLOCK_MONOTONIC_COARSE, &raw mut tick) };
    as_nanos(tick)
}

const NO_TIME: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 0 };

fn as_nanos(time: libc::timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn monotonic(clock: libc::clockid_t) -> u64 {
    let mut time = NO_TIME;
    // SAFETY: `time` is ours, and the call writes nothing else.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    as_nanos(time)
}
