//! Objects without a label that some policy selects on.
use std::collections::{BTreeMap, BTreeSet};

use super::LabelLacking;
use crate::{
    explain::{LabelHint, ObjectRef, Snapshot, hints_for_label},
    labels::{Labels, Operator, Requirement, Selector, Symbol},
    policy::{Namespaces, Peer, Peers, Policy, PolicyId, PolicySet, matching::NAME_LABEL},
};

/// Their namespaces come with the cluster, and nobody labels them for applications.
const SYSTEM: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

pub(super) fn find(policies: &PolicySet, cluster: &Snapshot) -> Vec<LabelLacking> {
    let wanted = Wanted::of(policies);
    let mut lacking = Vec::new();
    for (name, namespace) in &cluster.namespaces {
        let object = ObjectRef::Namespace(name.clone());
        for demand in wanted.of_namespaces.values() {
            let bare_counts = !SYSTEM.contains(&name.as_str());
            lacking.extend(demand.check(&object, &namespace.labels, bare_counts, cluster));
        }
    }
    for ((namespace, name), pod) in cluster.pods.iter().filter(|(_, pod)| !pod.host_network) {
        let object = ObjectRef::Pod {
            namespace: namespace.clone(),
            name: name.clone(),
        };
        for demand in wanted.of_pods.values() {
            let bare_counts = demand.namespaces.contains(namespace);
            lacking.extend(demand.check(&object, &pod.labels, bare_counts, cluster));
        }
    }
    lacking
}

/// What policies want, by key.
#[derive(Default)]
struct Wanted {
    of_namespaces: BTreeMap<Symbol, Demand>,
    of_pods: BTreeMap<Symbol, Demand>,
}

struct Demand {
    requirement: Requirement,
    policies: BTreeSet<PolicyId>,
    /// Where pods are selected by name of their namespace: only there is a bare missing label worth a word.
    namespaces: BTreeSet<Symbol>,
}

impl Wanted {
    fn of(policies: &PolicySet) -> Self {
        let mut wanted = Self::default();
        for policy in policies.iter() {
            wanted.add_pods(&policy.subject.namespaces, &policy.subject.pods, policy);
            let rules = policy
                .ingress
                .iter()
                .chain(&policy.egress)
                .flat_map(|rules| &rules.rules);
            for rule in rules {
                let peers = match &rule.peers {
                    Peers::Any => &[][..],
                    Peers::Of(peers) => peers,
                };
                for peer in peers {
                    if let Peer::Pods { namespaces, pods } = peer {
                        wanted.add_pods(namespaces, pods, policy);
                    }
                }
            }
        }
        wanted
    }

    fn add_pods(&mut self, namespaces: &Namespaces, pods: &Selector, policy: &Policy) {
        let named = match namespaces {
            Namespaces::Named(name) => Some(name),
            Namespaces::Matching(selector) => {
                add(&mut self.of_namespaces, selector, policy, None);
                None
            }
        };
        add(&mut self.of_pods, pods, policy, named);
    }
}

fn add(demands: &mut BTreeMap<Symbol, Demand>, selector: &Selector, policy: &Policy, namespace: Option<&Symbol>) {
    for requirement in &selector.requirements {
        let is_for_presence = matches!(requirement.operator, Operator::In | Operator::Exists);
        if !is_for_presence || requirement.key == NAME_LABEL {
            continue;
        }
        let demand = demands.entry(requirement.key.clone()).or_insert_with(|| Demand {
            requirement: Requirement {
                values: Vec::new(),
                ..requirement.clone()
            },
            policies: BTreeSet::new(),
            namespaces: BTreeSet::new(),
        });
        if requirement.operator == Operator::Exists {
            demand.requirement.operator = Operator::Exists;
        }
        demand.requirement.values.extend(requirement.values.iter().cloned());
        demand.requirement.values.sort();
        demand.requirement.values.dedup();
        demand.policies.insert(policy.id.clone());
        demand.namespaces.extend(namespace.cloned());
    }
}

impl Demand {
    fn check(
        &self,
        object: &ObjectRef,
        labels: &Labels,
        bare_counts: bool,
        cluster: &Snapshot,
    ) -> Option<LabelLacking> {
        let found = labels.get(&self.requirement.key);
        if self.requirement.admits(found) {
            return None;
        }
        let hints = hints_for_label(object, &self.requirement, Some(labels), cluster);
        let is_slip = hints.first().is_some_and(|hint| *hint < LabelHint::ValueDiffers);
        let is_bare = found.is_none() && bare_counts;
        (is_slip || is_bare).then(|| LabelLacking {
            object: object.clone(),
            key: self.requirement.key.clone(),
            wanted: match self.requirement.operator {
                Operator::In => self.requirement.values.clone(),
                Operator::NotIn | Operator::Exists | Operator::DoesNotExist => Vec::new(),
            },
            found: found.cloned(),
            hints,
            policies: self.policies.iter().cloned().collect(),
        })
    }
}
