//! What policies, and whoever asks by hand, ask of the labels of namespaces, by key.
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    labels::{Operator, Selector, Symbol},
    policy::{Namespaces, Peer, Peers, Policy, PolicyId, PolicySet, matching::NAME_LABEL},
};

#[derive(Default)]
pub(super) struct Demand {
    /// Values that policies name, to have or not to have.
    pub(super) named: BTreeSet<Symbol>,
    /// Of these, the ones to have.
    pub(super) wanted: BTreeSet<Symbol>,
    /// A policy asks only that it be there.
    pub(super) any: bool,
    pub(super) policies: BTreeSet<PolicyId>,
}

impl Demand {
    /// Whether a policy asks for it, not only for its absence.
    pub(super) fn is_for_presence(&self) -> bool {
        self.any || !self.wanted.is_empty()
    }
}

/// The API server gives every namespace its name as a label, and keeps it.
pub(super) fn all(policies: &PolicySet, by_hand: &BTreeSet<Symbol>) -> BTreeMap<Symbol, Demand> {
    let mut demands: BTreeMap<_, _> = by_hand.iter().map(|key| (key.clone(), Demand::default())).collect();
    for policy in policies.iter() {
        add(&mut demands, &policy.subject.namespaces, policy);
        let rules = policy.ingress.iter().chain(&policy.egress);
        for rule in rules.flat_map(|rules| &rules.rules) {
            let Peers::Of(peers) = &rule.peers else { continue };
            for peer in peers {
                if let Peer::Pods { namespaces, .. } = peer {
                    add(&mut demands, namespaces, policy);
                }
            }
        }
    }
    demands.retain(|key, _| *key != *NAME_LABEL);
    demands
}

fn add(demands: &mut BTreeMap<Symbol, Demand>, namespaces: &Namespaces, policy: &Policy) {
    let Namespaces::Matching(Selector { requirements }) = namespaces else {
        return;
    };
    for requirement in requirements {
        let demand = demands.entry(requirement.key.clone()).or_default();
        demand.named.extend(requirement.values.iter().cloned());
        demand.policies.insert(policy.id.clone());
        match requirement.operator {
            Operator::In => demand.wanted.extend(requirement.values.iter().cloned()),
            Operator::Exists => demand.any = true,
            Operator::NotIn | Operator::DoesNotExist => {}
        }
    }
}
