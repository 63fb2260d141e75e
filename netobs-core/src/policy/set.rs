//! All policies of a cluster, found by the namespace of the pods they are for.
use std::{
    collections::{BTreeMap, HashMap},
    iter::Peekable,
    slice::Iter,
    sync::Arc,
};

use foldhash::fast::RandomState;

use super::{Namespaces, Policy, PolicyId};
use crate::labels::Symbol;

#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    by_id: BTreeMap<PolicyId, Arc<Policy>>,
    /// For the pods of one namespace; in the order in which they are asked.
    by_namespace: HashMap<Symbol, Vec<Arc<Policy>>, RandomState>,
    /// For pods of namespaces that a selector chooses, in the same order.
    by_selector: Vec<Arc<Policy>>,
}

impl PolicySet {
    /// Adds a policy, in place of one of the same id.
    pub fn insert(&mut self, policy: Policy) {
        self.remove(&policy.id);
        let policy = Arc::new(policy);
        self.by_id.insert(policy.id.clone(), Arc::clone(&policy));
        let list = match &policy.subject.namespaces {
            Namespaces::Named(namespace) => self.by_namespace.entry(namespace.clone()).or_default(),
            Namespaces::Matching(_) => &mut self.by_selector,
        };
        let place = list.partition_point(|other| turn(other) < turn(&policy));
        list.insert(place, policy);
    }

    pub fn remove(&mut self, id: &PolicyId) -> Option<Arc<Policy>> {
        let policy = self.by_id.remove(id)?;
        match &policy.subject.namespaces {
            Namespaces::Named(namespace) => {
                if let Some(list) = self.by_namespace.get_mut(namespace) {
                    list.retain(|other| other.id != *id);
                    if list.is_empty() {
                        self.by_namespace.remove(namespace);
                    }
                }
            }
            Namespaces::Matching(_) => self.by_selector.retain(|other| other.id != *id),
        }
        Some(policy)
    }

    pub fn get(&self, id: &PolicyId) -> Option<&Policy> {
        self.by_id.get(id).map(|policy| &**policy)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Policy> {
        self.by_id.values().map(|policy| &**policy)
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The policies that may be for pods of this namespace, in the order in which they are asked.
    pub(crate) fn candidates(&self, namespace: &str) -> Candidates<'_> {
        let named = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        Candidates {
            named: named.iter().peekable(),
            selecting: self.by_selector.iter().peekable(),
        }
    }
}

impl FromIterator<Policy> for PolicySet {
    fn from_iter<I: IntoIterator<Item = Policy>>(policies: I) -> Self {
        let mut set = Self::default();
        for policy in policies {
            set.insert(policy);
        }
        set
    }
}

/// Two sorted lists walked as one.
pub(crate) struct Candidates<'s> {
    named: Peekable<Iter<'s, Arc<Policy>>>,
    selecting: Peekable<Iter<'s, Arc<Policy>>>,
}

impl<'s> Iterator for Candidates<'s> {
    type Item = &'s Policy;

    fn next(&mut self) -> Option<&'s Policy> {
        let next = match (self.named.peek(), self.selecting.peek()) {
            (Some(named), Some(selecting)) if turn(selecting) < turn(named) => self.selecting.next(),
            (Some(_), _) => self.named.next(),
            (None, _) => self.selecting.next(),
        };
        next.map(|policy| &**policy)
    }
}

fn turn(policy: &Policy) -> (super::Tier, i32, &PolicyId) {
    (policy.tier, policy.order, &policy.id)
}
