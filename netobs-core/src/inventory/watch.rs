//! How long an agent has been watching, without the times at which it was down.
use std::time::Duration;

use crate::time::Timestamp;

/// How long something was watched, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watched {
    pub since: Timestamp,
    /// Less than the time since then by what the agent was down.
    pub length: Duration,
}

/// A time through which an agent watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Timestamp,
    pub until: Timestamp,
    /// Less than from one to the other where spans had to be joined.
    pub length: Duration,
}

/// All times through which an agent watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The oldest first; none overlap.
    spans: Vec<Span>,
}
