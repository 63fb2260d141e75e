//! Finding and claiming slots of a memory-mapped table.
use aya_ebpf::maps::Array;
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

/// Who opens a slot: what is written into it before anyone may find it.
pub(super) struct Opening<K> {
    pub key: K,
    pub signs: u32,
    pub direction: usize,
    pub tally: Tally,
    pub now: u64,
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

    /// The key's slot, if it lies where most do: in the first place looked at.
    #[inline(always)]
    pub(super) fn find_home(&self, key: &K, places: &Places) -> Option<*mut Slot<K>> {
        self.at(places.home(), key, places.tag)
    }

    /// The key's slot in any of its places.
    #[inline(always)]
    pub(super) fn find(&self, key: &K, places: &Places) -> Option<Found<K>> {
        for nth in 0..2 * WINDOW {
            let index = places.nth(nth);
            if let Some(slot) = self.at(index, key, places.tag) {
                return Some(Found { slot, index });
            }
        }
        None
    }

    /// Wins a free slot for the key and fills it. Another CPU may do the same for the same key at the same time: then
    /// there are two, both are counted in, and the agent adds them up.
    #[inline(always)]
    pub(super) fn open(&self, opening: &Opening<K>, places: &Places) -> Option<Found<K>> {
        for nth in 0..2 * WINDOW {
            let index = places.nth(nth);
            let slot = self.slots.get_ptr_mut(index)?;
            // SAFETY: `slot` points into the map; a claimed slot is written by its claimer alone.
            unsafe {
                if (*slot).state == FREE && atomic::exchange(&raw mut (*slot).state, FREE, CLAIMED) {
                    fill(slot, opening);
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
        unsafe { ((*slot).state == tag && key.same(&(*slot).key)).then_some(slot) }
    }
}

#[inline(always)]
unsafe fn fill<K: Key>(slot: *mut Slot<K>, opening: &Opening<K>) {
    // SAFETY: the caller has claimed the slot.
    unsafe {
        (*slot).key = opening.key;
        (*slot).signs = opening.signs;
        (*slot).tallies = [Tally { packets: 0, bytes: 0 }; 2];
        (*slot).tallies[opening.direction] = opening.tally;
        (*slot).last = opening.now;
        (*slot).first = opening.now;
        (*slot).opened_by = opening.direction as u32;
    }
}
