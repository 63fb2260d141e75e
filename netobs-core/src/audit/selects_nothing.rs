//! Policies and rules for namespaces and pods that do not exist.
use super::{Finding, SelectorPart};
use crate::{
    explain::{Snapshot, any_namespace, any_pod},
    policy::{Direction, Namespaces, Peer, Peers, Policy, PolicySet},
};

/// Of a kind of which the cluster as given has no object at all, nothing is said.
pub(super) fn find(policies: &PolicySet, cluster: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in policies.iter() {
        findings.extend(no_subject(policy, cluster));
        for direction in [Direction::Ingress, Direction::Egress] {
            findings.extend(no_peers(policy, direction, cluster));
        }
    }
    findings
}

fn no_subject(policy: &Policy, cluster: &Snapshot) -> Option<Finding> {
    let subject = &policy.subject;
    let namespace_exists = match &subject.namespaces {
        Namespaces::Named(name) => cluster.namespaces.is_empty() || cluster.namespaces.contains_key(name),
        Namespaces::Matching(selector) => any_namespace(selector, cluster).unwrap_or(true),
    };
    let any_pod = any_pod(&subject.namespaces, &subject.pods, cluster).unwrap_or(true);
    // A policy for all pods of a namespace that is empty for now is prudence.
    let is_prudence = namespace_exists && subject.pods.is_everything();
    (!namespace_exists || (!any_pod && !is_prudence)).then(|| Finding::NoSubject {
        policy: policy.id.clone(),
        selector: subject.pods.clone(),
        namespace_exists,
    })
}

fn no_peers(policy: &Policy, direction: Direction, cluster: &Snapshot) -> Vec<Finding> {
    let rules = policy.rules(direction).map_or(&[][..], |rules| &rules.rules);
    let mut findings = Vec::new();
    for (rule, peers) in rules.iter().enumerate().map(|(index, rule)| (index, &rule.peers)) {
        let peers = match peers {
            Peers::Any => &[][..],
            Peers::Of(peers) => peers,
        };
        for (place, peer) in peers.iter().enumerate() {
            if let Some((part, selector)) = no_peer(peer, cluster) {
                findings.push(Finding::NoPeer {
                    policy: policy.id.clone(),
                    direction,
                    rule,
                    peer: place,
                    part,
                    selector: selector.clone(),
                });
            }
        }
    }
    findings
}

fn no_peer<'p>(peer: &'p Peer, cluster: &Snapshot) -> Option<(SelectorPart, &'p crate::labels::Selector)> {
    let (namespaces, pods) = match peer {
        Peer::Pods { namespaces, pods } => (namespaces, pods),
        Peer::Block(_) | Peer::Never => return None,
    };
    if let Namespaces::Matching(selector) = namespaces
        && any_namespace(selector, cluster) == Some(false)
    {
        return Some((SelectorPart::Namespaces, selector));
    }
    let nobody = !pods.is_everything() && any_pod(namespaces, pods, cluster) == Some(false);
    nobody.then_some((SelectorPart::Pods, pods))
}
