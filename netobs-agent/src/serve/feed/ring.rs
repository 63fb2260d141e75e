//! The history: what was told last, in blocks that readers hold without a lock.
use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use netobs_core::time::Timestamp;

use super::{gone::Gone, sums::Sums, told::Told};

/// Entries that are handed to readers, and let go, at once.
pub(in crate::serve) const BLOCK: usize = 256;

#[derive(Debug)]
pub(in crate::serve) struct Entry {
    pub(in crate::serve) told: Told,
    /// As it goes to every subscriber, once the first of them wants it.
    pub(in crate::serve) encoded: OnceLock<Bytes>,
}

/// Entries that follow each other; written once each, from the first to the last.
#[derive(Debug)]
pub(super) struct Block {
    first: u64,
    /// What was told before the first.
    before: Sums,
    entries: Box<[OnceLock<Entry>]>,
}

#[derive(Debug)]
pub(super) struct Ring {
    blocks: VecDeque<Arc<Block>>,
    /// When the newest flow of each of these was last seen.
    newest: VecDeque<Timestamp>,
    gone: Gone,
    capacity: u64,
    /// The number of the entry to come.
    next: u64,
    sums: Sums,
}

/// Where an entry is.
pub(super) enum Place {
    Here(Arc<Block>),
    /// It was let go; this is the oldest that is kept.
    Gone(Arc<Block>),
    /// It is to come.
    Ahead,
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            newest: VecDeque::new(),
            gone: Gone::default(),
            capacity: (capacity as u64).max(1),
            next: 0,
            sums: Sums::default(),
        }
    }

    /// Gives back what fell out, so that it can be freed when nobody waits.
    pub(super) fn push(&mut self, told: Told) -> Option<Arc<Block>> {
        let fallen = self.make_room();
        if let (Some(last), Some(newest)) = (self.blocks.back(), self.newest.back_mut()) {
            *newest = (*newest).max(told.time().unwrap_or_default());
            self.sums.add(&told);
            last.set(self.next, told);
            self.next += 1;
        }
        fallen
    }

    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    pub(super) const fn sums(&self) -> Sums {
        self.sums
    }

    pub(super) const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The first that a new reader can have.
    pub(super) fn oldest(&self) -> u64 {
        self.next.saturating_sub(self.capacity)
    }

    pub(super) fn oldest_time(&self) -> Option<Timestamp> {
        let oldest = self.oldest();
        let Place::Here(block) = self.find(oldest) else {
            return None;
        };
        let entries = (oldest..self.next).map_while(|number| block.get(number));
        let mut times = entries.filter_map(|entry| entry.told.time());
        times.next()
    }

    /// At most so many flows that were seen since then were let go before the entry with this number.
    pub(super) fn gone_since(&self, since: Timestamp, number: u64) -> u64 {
        self.gone.since(since, number)
    }

    pub(super) fn find(&self, number: u64) -> Place {
        let Some(oldest) = self.blocks.front().filter(|_| number < self.next) else {
            return Place::Ahead;
        };
        if number < oldest.first {
            return Place::Gone(Arc::clone(oldest));
        }
        let block = usize::try_from(number - oldest.first).map(|offset| offset / BLOCK);
        let block = block.ok().and_then(|index| self.blocks.get(index));
        block.map_or(Place::Ahead, |block| Place::Here(Arc::clone(block)))
    }

    fn make_room(&mut self) -> Option<Arc<Block>> {
        if self.next.is_multiple_of(BLOCK as u64) {
            self.blocks.push_back(Arc::new(Block::new(self.next, self.sums)));
            self.newest.push_back(Timestamp::default());
        }
        let second = self.blocks.get(1).filter(|second| second.first <= self.oldest())?;
        let (end, sums) = (second.first, second.before);
        let fallen = self.blocks.pop_front()?;
        let newest = self.newest.pop_front()?;
        self.gone.add(end, newest, sums.since(fallen.before).flows);
        Some(fallen)
    }
}

impl Block {
    fn new(first: u64, before: Sums) -> Self {
        Self {
            first,
            before,
            entries: std::iter::repeat_with(OnceLock::new).take(BLOCK).collect(),
        }
    }

    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) const fn before(&self) -> Sums {
        self.before
    }

    /// Whether this entry belongs here, be it told or to come.
    pub(super) fn holds(&self, number: u64) -> bool {
        self.slot(number).is_some()
    }

    /// `None` for what is to come, and for what is in another block.
    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        self.slot(number)?.get()
    }

    fn set(&self, number: u64, told: Told) {
        if let Some(slot) = self.slot(number) {
            let encoded = OnceLock::new();
            // The only writer counts upwards and so never meets a slot that is taken.
            let _ = slot.set(Entry { told, encoded });
        }
    }

    fn slot(&self, number: u64) -> Option<&OnceLock<Entry>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get(index)
    }
}
