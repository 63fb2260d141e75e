//! The time before an agent began to watch, in which nobody did.
use std::time::Duration;

use crate::time::Timestamp;

/// When nobody watched a node, as far as an agent can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwatched {
    /// When an agent before this one watched last. `None` where no trace of one is left.
    pub since: Option<Timestamp>,
    /// From then on this agent watches.
    pub until: Timestamp,
    /// The other agent did not come to say when it stopped: it may have watched for a while after `since`.
    pub at_most: bool,
}

/// What an agent left of when it watched last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSeen {
    pub at: Timestamp,
    /// It stopped then. Otherwise it was killed, and watched on for a while.
    pub ended: bool,
}

impl Unwatched {
    /// A time to come is none to go by: the clock was set back.
    pub fn new(last: Option<LastSeen>, until: Timestamp) -> Self {
        let last = last.filter(|last| last.at <= until);
        Self {
            since: last.map(|last| last.at),
            until,
            at_most: last.is_some_and(|last| !last.ended),
        }
    }

    /// `None` where it is not known.
    pub fn length(&self) -> Option<Duration> {
        self.since.map(|since| self.until - since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    #[test]
    fn nobody_watched_from_when_one_agent_stopped_until_the_next_began() {
        let unwatched = Unwatched::new(
            Some(LastSeen {
                at: at(10),
                ended: true,
            }),
            at(13),
        );
        assert_eq!(
            (unwatched.length(), unwatched.at_most),
            (Some(Duration::from_secs(3)), false)
        );
        let killed = Unwatched::new(
            Some(LastSeen {
                at: at(10),
                ended: false,
            }),
            at(13),
        );
        assert_eq!((killed.length(), killed.at_most), (Some(Duration::from_secs(3)), true));
    }

    #[test]
    fn without_a_trace_or_with_one_from_the_future_it_is_not_known_for_how_long() {
        for last in [
            None,
            Some(LastSeen {
                at: at(20),
                ended: true,
            }),
        ] {
            let unwatched = Unwatched::new(last, at(13));
            assert_eq!(
                (unwatched.since, unwatched.length(), unwatched.at_most),
                (None, None, false)
            );
        }
    }
}
