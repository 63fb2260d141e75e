//! The policies in force, through re-lists.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    policy::{Policy, PolicyId, PolicySet},
    time::Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Policies {
    set: PolicySet,
    /// For each kind whose list has begun anew: which it has named.
    listing: HashMap<&'static str, HashSet<PolicyId>>,
    listed: HashSet<&'static str>,
    changed: Timestamp,
}

impl Policies {
    pub(super) const fn set(&self) -> &PolicySet {
        &self.set
    }

    /// When they were last not as they are now.
    pub(super) const fn changed(&self) -> Timestamp {
        self.changed
    }

    /// Whether all policies of some dialect are known.
    pub(super) fn are_listed(&self) -> bool {
        !self.listed.is_empty()
    }

    /// Whether that changed anything.
    pub(super) fn apply(&mut self, policy: &Arc<Policy>, at: Timestamp) -> bool {
        if let Some(named) = self.listing.get_mut(policy.id.kind) {
            named.insert(policy.id.clone());
        }
        if self.set.get(&policy.id) == Some(&**policy) {
            return false;
        }
        self.set.insert(Policy::clone(policy));
        self.changed = at;
        true
    }

    pub(super) fn delete(&mut self, id: &PolicyId, at: Timestamp) -> bool {
        let removed = self.set.remove(id).is_some();
        if removed {
            self.changed = at;
        }
        removed
    }

    pub(super) fn list_begins(&mut self, kind: &'static str) {
        self.listing.insert(kind, HashSet::new());
    }

    pub(super) fn list_ends(&mut self, kind: &'static str, at: Timestamp) -> bool {
        self.listed.insert(kind);
        let Some(named) = self.listing.remove(kind) else {
            return false;
        };
        let unnamed = |id: &&PolicyId| id.kind == kind && !named.contains(*id);
        let gone: Vec<PolicyId> = self
            .set
            .iter()
            .map(|policy| &policy.id)
            .filter(unnamed)
            .cloned()
            .collect();
        for id in &gone {
            self.delete(id, at);
        }
        !gone.is_empty()
    }
}
