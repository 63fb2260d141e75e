//! Where the scheduler puts the calling thread.

use super::check;
use std::io;

/// Keeps the calling thread on one processor.
pub(crate) fn pin(processor: usize) -> io::Result<()> {
    // SAFETY: all zeroes is a valid, empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours; a processor beyond its end is left out.
    unsafe { libc::CPU_SET(processor, &mut set) };
    // SAFETY: the set outlives the call and is as long as told; 0 is the calling thread.
    check(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) }).map(drop)
}
