//! Finding and claiming slots of a memory-mapped table.
use aya_ebpf::{
    helpers::{bpf_jiffies64, bpf_ktime_get_ns},
    maps::Array,
};
use netobs_common::{
    key::Key,
    slot::{CLAIMED, FREE, Places, Slot, Tally, WINDOW},
};

use super::atomic;

pub(super) struct Table<K: 'static> {
    slots: &'static Array<Slot<K>>,
    mask: u32,
}

/// A slot of a table, live and its own.
pub(super) struct Found<K> {
    pub slot: *mut Slot<K>,
    pub index: u32,
}

/// A packet, ready to be added to its connection's slot.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Sighting<K> {
    pub key: K,
    /// See `netobs_common::parse::sign`; those of direction 1 in the second byte.
    pub signs: u32,
    pub direction: u32,
    pub tally: Tally,
    /// The timer tick when it was seen.
    pub tick: u32,
}

impl<K: Key> Table<K> {
    #[inline(always)]
    pub(super) fn new(slots: &'static Array<Slot<K>>, mask: u32) -> Self {
        Self { slots, mask }
    }

    #[inline(always)]
    pub(super) fn places(&self, hash: u64) -> Places {
        Places::new(hash, self.mask)
    }

    /// The key's slot, if it lies where most do.
    #[inline(always)]
    pub(super) fn find_near(&self, key: &K, places: &Places) -> Option<Found<K>> {
        for nth in 0..2 {
            let index = places.nth(nth);
            if let Some(slot) = self.at(index, key, places.tag) {
                return Some(Found { slot, index });
            }
        }
        None
    }

    /// The key's slot in any of its places.
    #[inline(always)]
    pub(super) fn find(&self, key: &K, places: &Places) -> Option<Found<K>> {
        for nth in 0..2 * WINDOW {
            let index = places.nth(nth);
            if let Some(slot) = self.at(index, reread(key), places.tag) {
                return Some(Found { slot, index });
            }
        }
        None
    }

    /// Wins a free slot for the key and fills it. Another CPU may do the same for the same key at the same time: then
    /// there are two, both are counted in, and the agent adds them up.
    #[inline(always)]
    pub(super) fn open(&self, sighting: &Sighting<K>, places: &Places) -> Option<Found<K>> {
        for nth in 0..2 * WINDOW {
            let index = places.nth(nth);
            let slot = self.slots.get_ptr_mut(index)?;
            // SAFETY: `slot` points into the map; a claimed slot is written by its claimer alone.
            unsafe {
                if (*slot).state == FREE && atomic::exchange(&raw mut (*slot).state, FREE, CLAIMED) {
                    fill(slot, sighting);
                    atomic::exchange(&raw mut (*slot).state, CLAIMED, places.tag);
                    return Some(Found { slot, index });
                }
            }
        }
        None
    }

    #[inline(always)]
    fn at(&self, index: u32, key: &K, tag: u32) -> Option<*mut Slot<K>> {
        let slot = self.slots.get_ptr_mut(index)?;
        // SAFETY: `slot` points into the map; the key does not change while the tag is there.
        unsafe {
            let same = (*slot).state == tag && unbranched(key.difference(&(*slot).key)) == 0;
            same.then_some(slot)
        }
    }
}

/// Hides from the compiler that a reference is the same each time, so that it reads through it anew and keeps no copy on
/// the short stack.
#[inline(always)]
fn reread<T>(reference: &T) -> &T {
    let mut pointer = core::ptr::from_ref(reference);
    // SAFETY: one instruction that changes nothing.
    unsafe {
        core::arch::asm!("{0} = {0}", inout(reg) pointer, options(nostack));
        &*pointer
    }
}

/// Hides from the compiler where a value comes from, so that it makes no branches of it.
#[inline(always)]
fn unbranched(value: u32) -> u32 {
    let mut value = value;
    // SAFETY: one instruction that changes nothing.
    unsafe { core::arch::asm!("{0} = {0}", inout(wreg) value, options(pure, nomem, nostack)) };
    value
}

#[inline(always)]
unsafe fn fill<K: Key>(slot: *mut Slot<K>, sighting: &Sighting<K>) {
    // SAFETY: the caller has claimed the slot.
    unsafe {
        (*slot).key = sighting.key;
        (*slot).signs = sighting.signs;
        *tally(slot, 1 - sighting.direction) = Tally { packets: 0, bytes: 0 };
        *tally(slot, sighting.direction) = sighting.tally;
        (*slot).first = bpf_ktime_get_ns();
        (*slot).first_tick = sighting.tick;
        (*slot).last_tick = sighting.tick;
        (*slot).opened_by = sighting.direction;
    }
}

/// The timer tick; the kernel makes a load of this call.
#[inline(always)]
pub(super) fn tick() -> u32 {
    // SAFETY: a helper without arguments.
    unsafe { bpf_jiffies64() as u32 }
}

/// Adds a packet to a slot. Others do so at the same time, so counts change atomically; the time may be any of theirs.
///
/// # Safety
/// `slot` points into a map.
#[inline(always)]
pub(super) unsafe fn add<K>(slot: *mut Slot<K>, direction: u32, more: &Tally, tick: u32) {
    // SAFETY: the caller vouches for the slot.
    unsafe {
        let tally = tally(slot, direction);
        atomic::add(&raw mut (*tally).packets, more.packets);
        atomic::add(&raw mut (*tally).bytes, more.bytes);
        (*slot).last_tick = tick;
    }
}

/// # Safety
/// `slot` points into a map.
#[inline(always)]
unsafe fn tally<K>(slot: *mut Slot<K>, direction: u32) -> *mut Tally {
    // SAFETY: there are two, and the mask keeps to them.
    unsafe { (&raw mut (*slot).tallies).cast::<Tally>().add(direction as usize & 1) }
}
