//! Which causes are let go first where there are too many.
use std::time::Duration;

use super::{Cause, CauseKey, Kind, State, Toll};
use crate::time::Timestamp;

/// What was quiet for so long gives way to what is of no less worth.
const QUIET: Duration = Duration::from_secs(60);

/// The least is let go first: what one end can make many of by itself, and of that what cost least to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    rank: Rank,
    /// How many digits the count has, in base two.
    weight: u32,
    last: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Mended,
    /// Whoever sends makes as many of these as there are others to send to.
    Traffic,
    Dns,
    Label,
    /// A label that was there and is not any more: something broke.
    Drifted,
}

impl Rank {
    pub(super) const fn of(key: &CauseKey, state: State) -> Self {
        match (key.kind, state) {
            (_, State::Mended { .. }) => Self::Mended,
            (Kind::Label, State::Drifted { .. }) => Self::Drifted,
            (Kind::Label, State::Active) => Self::Label,
            (Kind::Dns, _) => Self::Dns,
            (
                Kind::Port | Kind::Peer | Kind::NoRule | Kind::Denied | Kind::NotEnforced | Kind::DroppedThoughAdmitted,
                _,
            ) => Self::Traffic,
        }
    }
}

impl Worth {
    pub(super) fn new(rank: Rank, toll: Toll, last: Timestamp) -> Self {
        let weight = match rank {
            Rank::Mended => 0,
            Rank::Traffic | Rank::Dns | Rank::Label | Rank::Drifted => toll.weight().checked_ilog2().unwrap_or(0),
        };
        Self { rank, weight, last }
    }

    pub(super) fn of(cause: &Cause) -> Self {
        Self::new(cause.rank(), cause.toll, cause.last)
    }

    /// Of its own rank only what was quiet: they would take turns otherwise, and none of them be told.
    pub(super) fn gives_way_to(self, other: Self) -> bool {
        self.rank == Rank::Mended
            || self.rank < other.rank
            || self.rank == other.rank && self.last.plus(QUIET) < other.last
    }
}
