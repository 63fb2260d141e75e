//! What an object was like and until when.
use std::{sync::Arc, time::Duration};

use crate::time::Timestamp;

/// More than these an object that changes all the time does not keep.
const EARLIER_KEPT: usize = 8;

/// The current state of an object and the states a packet on its way may still have met.
#[derive(Clone, Debug)]
pub(super) struct Versions<T> {
    current: Arc<T>,
    since: Timestamp,
    /// Each with the time it ended, the latest last.
    earlier: Vec<(Timestamp, Arc<T>)>,
}

impl<T> Versions<T> {
    pub(super) fn new(current: Arc<T>, since: Timestamp) -> Self {
        Self {
            current,
            since,
            earlier: Vec::new(),
        }
    }

    pub(super) fn current(&self) -> &Arc<T> {
        &self.current
    }

    /// When the current state began.
    pub(super) fn since(&self) -> Timestamp {
        self.since
    }

    /// The state at a time; before the first known one, that one.
    pub(super) fn at(&self, at: Timestamp) -> &Arc<T> {
        if at >= self.since {
            return &self.current;
        }
        self.earlier
            .iter()
            .find(|(until, _)| at < *until)
            .map_or(&self.current, |(_, state)| state)
    }

    pub(super) fn replace(&mut self, state: Arc<T>, at: Timestamp, keep: Duration) {
        let ended = std::mem::replace(&mut self.current, state);
        self.since = at;
        self.earlier.push((at, ended));
        self.expire(at.minus(keep));
        if self.earlier.len() > EARLIER_KEPT {
            self.earlier.remove(0);
        }
    }

    /// Takes the new state without remembering the old one: nothing in it matters to a packet.
    pub(super) fn refresh(&mut self, state: Arc<T>) {
        self.current = state;
    }

    fn expire(&mut self, before: Timestamp) {
        self.earlier.retain(|(until, _)| *until >= before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Duration = Duration::from_secs(60);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_packet_meets_the_state_of_its_time() {
        let mut versions = Versions::new(Arc::new("one"), at(10));
        versions.replace(Arc::new("two"), at(20), KEEP);
        versions.replace(Arc::new("three"), at(30), KEEP);
        let met = [5, 19, 20, 29, 30].map(|secs| **versions.at(at(secs)));
        assert_eq!(met, ["one", "one", "two", "two", "three"]);
    }

    #[test]
    fn neither_old_nor_very_many_states_are_kept() {
        let mut versions = Versions::new(Arc::new(0), at(0));
        for secs in 1..=100 {
            versions.replace(Arc::new(secs), at(secs), KEEP);
        }
        assert_eq!(versions.earlier.len(), EARLIER_KEPT);
        versions.replace(Arc::new(0), at(1000), KEEP);
        assert_eq!(versions.earlier.len(), 1);
    }
}
