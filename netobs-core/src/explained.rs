//! A flow with all that is said of it.
use std::sync::Arc;

use crate::{
    cause::{CauseRef, Ends},
    enrich::EnrichedFlow,
    explain::Explanation,
    flow::Phase,
    policy::Outcome,
};

/// A flow, what happened to it, and what policies say of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedFlow {
    pub phase: Phase,
    pub enriched: EnrichedFlow,
    /// `None` while the cluster's objects are not all listed.
    pub outcome: Option<Outcome>,
    pub judgement: Judgement,
    /// For what was lost, or passed, otherwise than it would be without policies.
    pub explanation: Option<Arc<Explanation>>,
    pub causes: Vec<CauseRef>,
}

impl ExplainedFlow {
    pub const fn ends(&self) -> Ends<'_> {
        Ends {
            source: &self.enriched.source,
            destination: &self.enriched.destination,
            tuple: self.enriched.flow.tuple,
        }
    }
}

/// How what happened and what policies say go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judgement {
    /// Nothing that policies would have to explain.
    Plain,
    /// It was dropped as policies have things dropped, and they do not admit it.
    Refused,
    /// It was never answered, and policies do not admit it. That it was dropped was not seen.
    PerhapsRefused,
    /// It was dropped for another reason than a policy.
    NoPolicy,
    /// It was dropped as policies have things dropped, and they admit it.
    DroppedThoughAdmitted,
    /// It passed, and policies do not admit it.
    NotEnforced,
    /// It disagrees with policies or labels that changed only a moment ago.
    Settling,
    /// What policies say of it depends on something that is not known.
    Undecidable,
}
