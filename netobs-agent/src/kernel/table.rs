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

/// What was already told of a slot: packets and bytes in both directions, then the signs.
///
/// Plain numbers, so that a table's worth of them is memory only where slots were used.
type Seen = [u64; 5];

fn seen<K>(held: &Held<K>) -> Seen {
    let [one, other] = held.tallies;
    [
        one.packets,
        one.bytes,
        other.packets,
        other.bytes,
        u64::from(held.signs),
    ]
}

impl<K: Copy> Table<K> {
    pub(crate) fn new(mapped: Mapped<K>) -> Self {
        let seen = vec![[0; 5]; mapped.len() as usize];
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

    /// Tells what every slot has gained, retired ones too; retires those that are idle for longer than `idle` says, and
    /// frees those that have been retired for long enough.
    pub(crate) fn sweep(&mut self, clock: Clock, idle: impl Fn(&Held<K>) -> Duration, tell: &mut impl FnMut(Held<K>)) {
        self.free_retired(clock, tell);
        let mut live = 0;
        for index in 0..self.mapped.len() {
            let state = self.mapped.state(index);
            if !is_live(state) && state != RETIRED {
                continue;
            }
            live += 1;
            let held = self.tell_gain(index, tell);
            if state == RETIRED {
                continue;
            }
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
                *seen = [0; 5];
            }
            self.mapped.set_state(index, FREE);
        }
    }

    /// Tells the difference to what was told before, if there is any.
    fn tell_gain(&mut self, index: u32, tell: &mut impl FnMut(Held<K>)) -> Held<K> {
        let held = self.mapped.read(index);
        let Some(told) = self.seen.get_mut(index as usize) else {
            return held;
        };
        let now = seen(&held);
        if now != *told {
            let before = std::mem::replace(told, now);
            let gain = |field: usize| now[field].wrapping_sub(before[field]);
            let one = Tally {
                packets: gain(0),
                bytes: gain(1),
            };
            let other = Tally {
                packets: gain(2),
                bytes: gain(3),
            };
            tell(Held {
                tallies: [one, other],
                ..held
            });
        }
        held
    }
}
