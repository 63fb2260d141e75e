//! What must hold of namespaces' labels, so that the policies that select on them go on meaning what they mean.
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    explain::Snapshot,
    labels::{Labels, Symbol},
    policy::{PolicyId, PolicySet},
    spelling,
};

mod demand;
mod label;
#[cfg(test)]
mod tests;

/// Their namespaces come with the cluster, and their labels are nobody's to guard.
pub const SYSTEM: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// By key.
    pub labels: Vec<GuardedLabel>,
    /// Whom none of it concerns.
    pub exempt: BTreeSet<Symbol>,
    /// Namespaces that are there already and would be refused if they were made today, by name.
    pub refused: Vec<Refused>,
    /// Wishes about labels that it does not guard.
    pub idle: Vec<IdleWish>,
}

/// A label of namespaces that policies select on, or that is asked for by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardedLabel {
    pub key: Symbol,
    /// Whether a new namespace must have it.
    pub required: bool,
    /// The values it may have; empty if any will do.
    pub values: Vec<AllowedValue>,
    /// Whether a policy looks at its value, so that another value is another meaning.
    pub fixed: bool,
    /// None if it is asked for by hand alone.
    pub policies: Vec<PolicyId>,
    /// How many of the namespaces that are known have it, and how many of these there are.
    pub carried: usize,
    pub namespaces: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedValue {
    pub value: Symbol,
    /// Whether a policy names it.
    pub selected: bool,
    pub carried: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub namespace: Symbol,
    pub key: Symbol,
    pub found: Option<Symbol>,
    /// The value that was perhaps meant: near to what is there, or given under another key or as an annotation.
    pub meant: Option<Symbol>,
}

/// A key that nothing is about, and the one that was perhaps meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleWish {
    pub key: Symbol,
    pub near: Option<Symbol>,
}

/// What whoever asks knows better than policies and namespaces tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    pub require: BTreeSet<Symbol>,
    pub optional: BTreeSet<Symbol>,
    /// More values, by key.
    pub values: BTreeMap<Symbol, BTreeSet<Symbol>>,
    pub exempt: BTreeSet<Symbol>,
}

/// What is amiss with a namespace that is made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Objection {
    /// It needs the label, with one of the values that are allowed.
    Lacks,
    /// Policies select on the label it had.
    Changes,
}

pub fn guard(policies: &PolicySet, cluster: &Snapshot, wishes: &Wishes) -> Guard {
    let mut exempt = wishes.exempt.clone();
    exempt.extend(SYSTEM.map(Symbol::from));
    let own: BTreeMap<_, _> = cluster
        .namespaces
        .iter()
        .filter(|(name, _)| !exempt.contains(*name))
        .collect();
    let labels: Vec<_> = demand::all(policies, &wishes.require)
        .into_iter()
        .map(|(key, demand)| label::of(key, &demand, &own, wishes))
        .collect();
    let refused = own
        .iter()
        .flat_map(|(name, facts)| labels.iter().filter_map(|label| label.refused(name, facts)))
        .collect();
    Guard {
        idle: idle(wishes, &labels),
        labels,
        exempt,
        refused,
    }
}

fn idle(wishes: &Wishes, labels: &[GuardedLabel]) -> Vec<IdleWish> {
    let wished: BTreeSet<_> = wishes
        .require
        .iter()
        .chain(&wishes.optional)
        .chain(wishes.values.keys())
        .collect();
    let guarded = |key: &Symbol| labels.iter().any(|label| label.key == *key);
    let near = |key: &Symbol| {
        let mut keys = labels.iter().map(|label| &label.key);
        keys.find(|guarded| spelling::keys_are_near(guarded, key, true))
            .cloned()
    };
    let idle = wished.into_iter().filter(|key| !guarded(key));
    idle.map(|key| IdleWish {
        near: near(key),
        key: key.clone(),
    })
    .collect()
}

impl Guard {
    /// What is amiss with a namespace of these labels; `before` are those it had, if it is not new.
    pub fn objections(&self, namespace: &str, before: Option<&Labels>, labels: &Labels) -> Vec<(&Symbol, Objection)> {
        if self.exempt.contains(namespace) {
            return Vec::new();
        }
        let objections = |label| move |one| (label, one);
        self.labels
            .iter()
            .flat_map(|label| {
                let before = before.map(|before| before.get(&label.key));
                label
                    .objections(before, labels.get(&label.key))
                    .map(objections(&label.key))
            })
            .collect()
    }
}

impl GuardedLabel {
    /// `before`: what it was, if the namespace is not new.
    pub fn objections(
        &self,
        before: Option<Option<&Symbol>>,
        now: Option<&Symbol>,
    ) -> impl Iterator<Item = Objection> + use<> {
        let is_touched = before != Some(now);
        let lacks = self.required && is_touched && !now.is_some_and(|now| self.allows(now));
        let counted = before.flatten().is_some_and(|old| !self.required || self.allows(old));
        let changes = counted && is_touched && (self.fixed || now.is_none());
        let lacks = lacks.then_some(Objection::Lacks);
        lacks.into_iter().chain(changes.then_some(Objection::Changes))
    }

    pub fn allows(&self, value: &Symbol) -> bool {
        self.values.is_empty() || self.values.iter().any(|allowed| allowed.value == *value)
    }
}
