//! A reader's place in the history.
use std::sync::Arc;

use netobs_core::time::Timestamp;

use super::{
    Feed,
    ring::{Block, Entry, Place, Ring},
    sums::Sums,
};

/// Reads on at its own pace; what it is overtaken by, it knows to the last flow.
#[derive(Debug)]
pub(in crate::serve) struct Cursor {
    next: u64,
    /// What was told before `next`.
    passed: Sums,
    block: Option<Arc<Block>>,
}

pub(in crate::serve) enum Heard<'a> {
    Entry(&'a Entry),
    /// This was told, and is not kept any more.
    Missed(Sums),
}

impl Cursor {
    pub(super) fn at_end(ring: &Ring) -> Self {
        Self {
            next: ring.next(),
            passed: ring.sums(),
            block: None,
        }
    }

    pub(super) fn at_oldest(feed: &Feed) -> Self {
        let (number, place) = {
            let ring = feed.ring();
            (ring.oldest(), ring.find(ring.oldest()))
        };
        match place {
            Place::Here(block) => Self::inside(block, number),
            Place::Gone(_) | Place::Ahead => Self::at_end(&feed.ring()),
        }
    }

    pub(super) fn inside(block: Arc<Block>, number: u64) -> Self {
        let mut passed = block.before();
        for entry in (block.first()..number).filter_map(|earlier| block.get(earlier)) {
            passed.add(&entry.told);
        }
        Self {
            next: number,
            passed,
            block: Some(block),
        }
    }

    /// The number of the entry it comes to next.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// How often, before it, it was told for how long nobody watched.
    pub(in crate::serve) const fn restarts(&self) -> u64 {
        self.passed.restarts
    }

    /// At most so many flows that were seen since then are not kept any more, and so are not read.
    pub(in crate::serve) fn too_late_for(&self, feed: &Feed, since: Timestamp) -> u64 {
        let whole_blocks = feed.ring().gone_since(since, self.next);
        let first = self.block.as_ref().map_or(self.next, |block| block.first());
        let entries = (first..self.next).filter_map(|number| self.block.as_ref()?.get(number));
        let flows = entries.filter(|entry| entry.told.time().is_some_and(|time| time >= since));
        whole_blocks + flows.count() as u64
    }

    /// Hears what is there before `end`, at most a block of it; `false` if that is nothing.
    pub(in crate::serve) fn read(&mut self, feed: &Feed, end: u64, mut hear: impl FnMut(Heard<'_>)) -> bool {
        let from = self.next;
        let Some(block) = self.find_block(feed, end, &mut hear) else {
            return false;
        };
        while self.next < end
            && let Some(entry) = block.get(self.next)
        {
            self.next += 1;
            self.passed.add(&entry.told);
            hear(Heard::Entry(entry));
        }
        self.block = Some(block);
        self.next > from
    }

    fn find_block(&mut self, feed: &Feed, end: u64, hear: &mut impl FnMut(Heard<'_>)) -> Option<Arc<Block>> {
        if self.next >= end {
            return None;
        }
        if let Some(block) = self.block.take_if(|block| block.holds(self.next)) {
            return Some(block);
        }
        self.block = None;
        let place = feed.ring().find(self.next);
        match place {
            Place::Ahead => None,
            Place::Here(block) => Some(block),
            Place::Gone(oldest) => {
                hear(Heard::Missed(oldest.before().since(self.passed)));
                self.next = oldest.first();
                self.passed = oldest.before();
                Some(oldest)
            }
        }
    }
}
