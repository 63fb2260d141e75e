//! Looks whether what a cause lacked is there by now.
use std::sync::Arc;

use super::{Engine, judge};
use crate::{
    cause::{Cause, CauseId, Ends, Kind},
    change::Pod,
    directory::Owner,
    time::Timestamp,
};

impl Engine {
    pub(super) fn mend_causes(&mut self, changed: Timestamp) {
        let mended: Vec<CauseId> = self
            .causes
            .iter()
            .filter(|cause| !cause.is_mended() && self.would_pass_now(cause))
            .map(|cause| cause.id)
            .collect();
        for id in mended {
            self.causes.mend(id, changed);
        }
    }

    /// A cause that policies do not explain is not mended by them either.
    fn would_pass_now(&self, cause: &Cause) -> bool {
        if cause.key.kind == Kind::DroppedThoughAdmitted {
            return false;
        }
        let example = &cause.example;
        let now = self.as_it_is(&example.source).zip(self.as_it_is(&example.destination));
        now.is_some_and(|(source, destination)| {
            let ends = Ends {
                source: &source,
                destination: &destination,
                tuple: example.tuple,
            };
            let (kind, direction) = (cause.key.kind, cause.key.direction);
            let policies = self.policies.set();
            let outcome = if kind == Kind::NotEnforced {
                judge::outcome(ends, policies)
            } else {
                judge::outcome_in(direction, ends, policies)
            };
            outcome.passes()
        })
    }

    /// The pod as it is now or, if it is gone, another of its workload.
    fn as_it_is(&self, owner: &Owner) -> Option<Owner> {
        let Owner::Pod { pod, .. } = owner else {
            return Some(owner.clone());
        };
        let sibling = |other: &&Arc<Pod>| other.workload == pod.workload;
        let pod = self
            .directory
            .pod(&pod.uid)
            .or_else(|| self.directory.pods_in(&pod.namespace).find(sibling))?;
        Some(Owner::Pod {
            pod: Arc::clone(pod),
            namespace: self.directory.namespace(&pod.namespace).cloned(),
        })
    }
}
