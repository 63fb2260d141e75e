//! What subscribers are told, in the order in which it came.
use std::sync::Arc;

use netobs_core::{
    engine::{ExplainedFlow, Where},
    time::Timestamp,
    unwatched::Unwatched,
};

#[derive(Clone, Debug)]
pub(in crate::serve) enum Told {
    Flow(Arc<ExplainedFlow>),
    Lost { place: Where, count: u64 },
    Unwatched(Unwatched),
}

impl Told {
    /// When a flow was last seen.
    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Flow(flow) => Some(flow.enriched.flow.last),
            Self::Lost { .. } | Self::Unwatched(_) => None,
        }
    }
}
