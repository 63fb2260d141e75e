//! What would mend each cause, thought out anew only when the cause is another or some time has passed.
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use netobs_core::{
    cause::{Cause, CauseId, Found},
    engine::Engine,
    policy::PolicyId,
    suggest::Suggestion,
    time::Timestamp,
};

/// What else a suggestion would open changes with the cluster.
const STALE: Duration = Duration::from_secs(10);
/// Suggestions for causes that are gone are kept until there are so many more than causes.
const SPARE: usize = 64;

#[derive(Default)]
pub(super) struct Suggesting {
    by_cause: HashMap<CauseId, Thought>,
}

struct Thought {
    found: Vec<Found>,
    policies: BTreeSet<PolicyId>,
    mended: bool,
    at: Timestamp,
    suggestions: Arc<[Suggestion]>,
}

impl Suggesting {
    pub(super) fn suggest(&mut self, cause: &Cause, engine: &Engine) -> Arc<[Suggestion]> {
        if let Some(thought) = self.by_cause.get(&cause.id)
            && thought.holds_for(cause)
        {
            return Arc::clone(&thought.suggestions);
        }
        self.forget_gone(engine);
        let suggestions: Arc<[Suggestion]> = engine.suggest(cause).into();
        let thought = Thought {
            found: cause.found.clone(),
            policies: cause.policies.clone(),
            mended: cause.is_mended(),
            at: cause.last,
            suggestions: Arc::clone(&suggestions),
        };
        self.by_cause.insert(cause.id, thought);
        suggestions
    }

    fn forget_gone(&mut self, engine: &Engine) {
        let causes = engine.causes();
        if self.by_cause.len() > causes.iter().len() + SPARE {
            self.by_cause.retain(|id, _| causes.get(*id).is_some());
        }
    }
}

impl Thought {
    fn holds_for(&self, cause: &Cause) -> bool {
        self.mended == cause.is_mended()
            && self.policies == cause.policies
            && self.found == cause.found
            && cause.last - self.at < STALE
    }
}
