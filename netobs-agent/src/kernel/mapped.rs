//! A kernel table in our memory: reading, retiring and freeing slots costs no system call.
#![expect(unsafe_code, reason = "this file meets the kernel")]
use std::{
    io,
    os::fd::{AsRawFd as _, BorrowedFd},
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use netobs_common::slot::{Slot, Tally};

use super::{clock::tick_nanos, error::KernelError};

pub(crate) struct Mapped<K> {
    slots: NonNull<Slot<K>>,
    len: u32,
    /// Nanoseconds of a timer tick.
    tick: u64,
}

/// What a slot held at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held<K> {
    pub(crate) key: K,
    pub(crate) tallies: [Tally; 2],
    pub(crate) signs: u32,
    pub(crate) opened_by: u32,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

// SAFETY: the memory is shared with the kernel anyway, and only touched through atomics or while it cannot change.
unsafe impl<K: Send> Send for Mapped<K> {}

impl<K: Copy> Mapped<K> {
    pub(crate) fn new(map: BorrowedFd<'_>, len: u32) -> Result<Self, KernelError> {
        // SAFETY: asks the kernel for a fresh mapping of a map's whole length.
        let at = unsafe {
            libc::mmap(
                ptr::null_mut(),
                Self::bytes(len),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                map.as_raw_fd(),
                0,
            )
        };
        let slots = NonNull::new(at.cast()).filter(|_| at != libc::MAP_FAILED);
        let slots = slots.ok_or_else(|| KernelError::Unmappable {
            error: io::Error::last_os_error(),
        })?;
        Ok(Self {
            slots,
            len,
            tick: tick_nanos(),
        })
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn state(&self, index: u32) -> u32 {
        // SAFETY: inside the mapping, aligned, and only ever touched atomically.
        unsafe { AtomicU32::from_ptr(&raw mut (*self.at(index)).state) }.load(Ordering::Acquire)
    }

    pub(crate) fn set_state(&self, index: u32, state: u32) {
        // SAFETY: as above.
        unsafe { AtomicU32::from_ptr(&raw mut (*self.at(index)).state) }.store(state, Ordering::Release);
    }

    /// To be called while the slot is live or retired: then its key stays, and its counts only grow.
    pub(crate) fn read(&self, index: u32) -> Held<K> {
        let slot = self.at(index);
        // SAFETY: inside the mapping and aligned; what the programs change is read atomically.
        unsafe {
            let count = |field: *mut u64| AtomicU64::from_ptr(field).load(Ordering::Relaxed);
            let tally = |direction: usize| {
                let tally = &raw mut (*slot).tallies[direction];
                Tally {
                    packets: count(&raw mut (*tally).packets),
                    bytes: count(&raw mut (*tally).bytes),
                }
            };
            Held {
                key: (*slot).key,
                tallies: [tally(0), tally(1)],
                signs: AtomicU32::from_ptr(&raw mut (*slot).signs).load(Ordering::Relaxed),
                opened_by: (*slot).opened_by,
                first: (*slot).first,
                last: (*slot).first + self.since_first(slot),
            }
        }
    }

    /// Nanoseconds from a slot's opening to the last addition, to within one tick.
    fn since_first(&self, slot: *mut Slot<K>) -> u64 {
        // SAFETY: inside the mapping and aligned; the last tick is what the programs change.
        unsafe {
            let last = AtomicU32::from_ptr(&raw mut (*slot).last_tick).load(Ordering::Relaxed);
            u64::from(last.wrapping_sub((*slot).first_tick)) * self.tick
        }
    }

    fn at(&self, index: u32) -> *mut Slot<K> {
        // SAFETY: the remainder keeps it inside the mapping.
        unsafe { self.slots.as_ptr().add((index % self.len) as usize) }
    }

    const fn bytes(len: u32) -> usize {
        len as usize * size_of::<Slot<K>>()
    }
}

impl<K> Drop for Mapped<K> {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped.
        unsafe { libc::munmap(self.slots.as_ptr().cast(), self.len as usize * size_of::<Slot<K>>()) };
    }
}
