//! One kernel table: what was added to its slots since they were last read, and which of them are given back.
use std::{collections::VecDeque, time::Duration};

use netobs_common::slot::{FREE, RETIRED, Tally, is_live};

use super::{
    clock::Clock,
    mapped::{Held, Mapped},
};

/// No program can still be adding to a slot that was retired this long ago: programs run for microseconds.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) struct Table<K> {
    mapped: Mapped<K>,
    seen: Vec<Seen>,
    /// Retired slots, and when.
    retired: VecDeque<(u32, u64)>,
    live: u32,
}

/// What was already told of a slot.
#[derive(Clone, Copy, Default)]
struct Seen {
    tallies: [Tally; 2],
    signs: u32,
}

impl<K: Copy> Table<K> {
    pub(crate) fn new(mapped: Mapped<K>) -> Self {
        let seen = vec![Seen::default(); mapped.len() as usize];
        Self {
            mapped,
            seen,
            retired: VecDeque::new(),
            live: 0,
        }
    }

    /// Part of the table that held live or retired slots at the last sweep.
    pub(crate) fn fill(&self) -> f64 {
        f64::from(self.live) / f64::from(self.mapped.len())
    }

    /// Tells what one slot has gained, if it is live.
    pub(crate) fn look(&mut self, index: u32, tell: &mut impl FnMut(Held<K>)) {
        if index < self.mapped.len() && is_live(self.mapped.state(index)) {
            self.tell_gain(index, tell);
        }
    }

    /// Tells what every slot has gained, retires those that are idle for longer than `idle` says, and frees those that
    /// have been retired for long enough.
    pub(crate) fn sweep(&mut self, clock: Clock, idle: impl Fn(&Held<K>) -> Duration, tell: &mut impl FnMut(Held<K>)) {
        self.free_retired(clock, tell);
        let mut live = 0;
        for index in 0..self.mapped.len() {
            if !is_live(self.mapped.state(index)) {
                continue;
            }
            live += 1;
            let held = self.tell_gain(index, tell);
            if clock.since(held.last) > idle(&held) {
                self.mapped.set_state(index, RETIRED);
                self.retired.push_back((index, clock.monotonic));
            }
        }
        self.live = live;
    }

    fn free_retired(&mut self, clock: Clock, tell: &mut impl FnMut(Held<K>)) {
        while let Some((index, at)) = self.retired.front().copied()
            && clock.since(at) > GRACE
        {
            self.retired.pop_front();
            self.tell_gain(index, tell);
            if let Some(seen) = self.seen.get_mut(index as usize) {
                *seen = Seen::default();
            }
            self.mapped.set_state(index, FREE);
        }
    }

    /// Tells the difference to what was told before, if there is any.
    fn tell_gain(&mut self, index: u32, tell: &mut impl FnMut(Held<K>)) -> Held<K> {
        let held = self.mapped.read(index);
        let Some(seen) = self.seen.get_mut(index as usize) else {
            return held;
        };
        let gained = Held {
            tallies: [
                minus(held.tallies[0], seen.tallies[0]),
                minus(held.tallies[1], seen.tallies[1]),
            ],
            ..held
        };
        if gained.tallies != [Tally::default(); 2] || held.signs != seen.signs {
            *seen = Seen {
                tallies: held.tallies,
                signs: held.signs,
            };
            tell(gained);
        }
        held
    }
}

fn minus(now: Tally, before: Tally) -> Tally {
    Tally {
        packets: now.packets.wrapping_sub(before.packets),
        bytes: now.bytes.wrapping_sub(before.bytes),
    }
}
