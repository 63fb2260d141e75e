//! Policies that are for nothing of what was seen, so that a preview says nothing of them.
use std::collections::BTreeSet;

use crate::{
    labels::Symbol,
    policy::{
        End, Namespaces, PodFacts, Policy, PolicyId, PolicySet,
        matching::{self, Match},
    },
    scene::Stage,
    spelling::values_are_near,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle<'a> {
    pub policy: &'a PolicyId,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing was seen of its namespace; there is one that may have been meant.
    NoSuchNamespace(Option<Symbol>),
    NoSuchPod,
}

/// Those of the policies that select no pod that was seen.
pub fn idle<'a>(policies: &'a PolicySet, stage: &Stage) -> Vec<Idle<'a>> {
    let namespaces: BTreeSet<_> = stage.pods().iter().map(|pod| &pod.namespace).collect();
    let why = |policy: &Policy| match &policy.subject.namespaces {
        Namespaces::Named(own) if !namespaces.contains(own) => {
            let near = namespaces.iter().find(|known| values_are_near(known, own));
            Why::NoSuchNamespace(near.map(|near| Symbol::clone(near)))
        }
        Namespaces::Named(_) | Namespaces::Matching(_) => Why::NoSuchPod,
    };
    let selects = |policy: &Policy, pod: &PodFacts| {
        // Which end it is at makes no difference to whether it is selected.
        matching::subject(&policy.subject, pod, End::Destination) != Match::No
    };
    let idle = policies
        .iter()
        .filter(|policy| !stage.pods().iter().any(|pod| selects(policy, pod)));
    idle.map(|policy| Idle {
        policy: &policy.id,
        why: why(policy),
    })
    .collect()
}
