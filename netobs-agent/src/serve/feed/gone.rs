//! How much the history let go, and of which time, so that whoever asks for that time knows.
use std::collections::VecDeque;

use netobs_core::time::Timestamp;

/// Of more stretches than these, the oldest are taken together.
const MOST: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct Gone(VecDeque<Stretch>);

#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// The number of the entry after it.
    end: u64,
    newest: Timestamp,
    flows: u64,
}

impl Gone {
    pub(super) fn add(&mut self, end: u64, newest: Timestamp, flows: u64) {
        self.0.push_back(Stretch { end, newest, flows });
        if self.0.len() > MOST
            && let Some(oldest) = self.0.pop_front()
            && let Some(next) = self.0.front_mut()
        {
            next.newest = next.newest.max(oldest.newest);
            next.flows += oldest.flows;
        }
    }

    /// Flows of stretches that end before a number and reach into the time since then.
    pub(super) fn since(&self, since: Timestamp, number: u64) -> u64 {
        let before = self.0.iter().take_while(|stretch| stretch.end <= number);
        let reaching = before.filter(|stretch| stretch.newest >= since);
        reaching.map(|stretch| stretch.flows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn what_reaches_into_a_time_is_counted_up_to_a_number() {
        let mut gone = Gone::default();
        gone.add(10, seconds(1), 10);
        gone.add(30, seconds(3), 19);
        gone.add(40, seconds(2), 10);
        assert_eq!(gone.since(seconds(2), 40), 29);
        assert_eq!(gone.since(seconds(2), 39), 19);
        assert_eq!(gone.since(seconds(4), 40), 0);
        assert_eq!(gone.since(seconds(0), 40), 39);
    }

    #[test]
    fn nothing_is_forgotten_however_much_there_is() {
        let mut gone = Gone::default();
        for number in 1..=10_000 {
            gone.add(number, seconds(number), 1);
        }
        assert_eq!(gone.0.len(), MOST);
        assert_eq!(gone.since(seconds(1), u64::MAX), 10_000);
        assert_eq!(gone.since(seconds(9_001), u64::MAX), 1_000);
    }
}
