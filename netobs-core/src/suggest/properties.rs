//! Whatever is suggested admits the connection once it is done, and what it opens is told.
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Affected, Change, Suggestion};
use crate::{
    explain::{ObjectRef, Snapshot},
    labels::{Labels, Symbol},
    policy::{
        Action, Connection, Direction, Endpoint, Outcome, PodFacts, PolicySet, Ports, RuleSet,
        arbitrary::case,
        matching::{self, Match},
    },
};

/// Makes the changes as `kubectl` would, with nothing of the code under test.
fn applied(cluster: &Snapshot, policies: &PolicySet, changes: &[Change]) -> (Snapshot, PolicySet) {
    let (mut cluster, mut policies) = (cluster.clone(), policies.clone());
    for change in changes {
        match change {
            Change::SetLabel { object, key, value, .. } => {
                relabel(&mut cluster, object, |labels| labels.with(key.clone(), value.clone()));
            }
            Change::RemoveLabel { object, key, .. } => relabel(&mut cluster, object, |labels| labels.without(key)),
            Change::AddRule {
                policy,
                direction,
                rule,
                ..
            } => {
                edit(&mut policies, policy, *direction, |rules| {
                    rules.rules.push(rule.clone())
                });
            }
            Change::AddPort {
                policy,
                direction,
                rule,
                port,
            } => {
                edit(&mut policies, policy, *direction, |rules| {
                    match &mut rules.rules[*rule].ports {
                        Ports::Of(list) => list.push(port.clone()),
                        Ports::All => panic!("a rule for all ports needs no other"),
                    }
                });
            }
        }
    }
    (cluster, policies)
}

fn relabel(cluster: &mut Snapshot, object: &ObjectRef, new: impl Fn(&Labels) -> Labels) {
    match object {
        ObjectRef::Namespace(name) => {
            let namespace = cluster.namespaces.get_mut(name).unwrap();
            namespace.labels = new(&namespace.labels);
            for pod in cluster.pods.values_mut().filter(|pod| pod.namespace == *name) {
                pod.namespace_labels = Some(namespace.labels.clone());
            }
        }
        ObjectRef::Pod { namespace, name } => {
            let pod = cluster.pods.get_mut(&(namespace.clone(), name.clone())).unwrap();
            pod.labels = new(&pod.labels);
        }
    }
}

fn edit(
    policies: &mut PolicySet,
    id: &crate::policy::PolicyId,
    direction: Direction,
    change: impl FnOnce(&mut RuleSet),
) {
    let mut policy = policies.get(id).unwrap().clone();
    let rules = match direction {
        Direction::Ingress => policy.ingress.as_mut(),
        Direction::Egress => policy.egress.as_mut(),
    };
    change(rules.unwrap());
    policies.insert(policy);
}

/// Which pods each policy's rules admit as peers on some port, by policy and direction.
fn admitted(cluster: &Snapshot, policies: &PolicySet) -> BTreeSet<(Symbol, bool, Symbol)> {
    let mut admitted = BTreeSet::new();
    for policy in policies.iter() {
        for direction in [Direction::Ingress, Direction::Egress] {
            for rule in policy.rules(direction).into_iter().flat_map(|rules| &rules.rules) {
                assert_eq!(rule.action, Action::Allow);
                for pod in cluster.pods.values() {
                    let connection =
                        Connection::between(Endpoint::Pod(pod), Endpoint::Pod(pod), crate::event::Protocol::Tcp, 1);
                    let is_selected = |one: &crate::policy::Peer| {
                        !matches!(one, crate::policy::Peer::Block(_))
                            && matching::peer(one, &connection, direction.peer()) == Match::Yes
                    };
                    if matches!(&rule.peers, crate::policy::Peers::Of(peers) if peers.iter().any(is_selected)) {
                        admitted.insert((
                            policy.id.name.clone(),
                            direction == Direction::Ingress,
                            pod.name.clone(),
                        ));
                    }
                }
            }
        }
    }
    admitted
}

/// The pods that a suggestion says it opens something to.
fn told(suggestion: &Suggestion) -> BTreeSet<(Symbol, bool, Symbol)> {
    let mut told = BTreeSet::new();
    for opening in &suggestion.opens {
        if let Affected::Pods { some, .. } = &opening.peers {
            for (_, pod) in some {
                told.insert((
                    opening.policy.name.clone(),
                    opening.direction == Direction::Ingress,
                    pod.clone(),
                ));
            }
        }
    }
    told
}

fn ends(cluster: &Snapshot, from: usize, to: usize) -> (&PodFacts, &PodFacts) {
    let pod = |index| cluster.pods.values().nth(index).unwrap();
    (pod(from), pod(to))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn what_is_suggested_admits_and_what_it_opens_is_told((cluster, policies, from, to, protocol, port) in case()) {
        let (source, destination) = ends(&cluster, from, to);
        let connection = Connection::between(Endpoint::Pod(source), Endpoint::Pod(destination), protocol, port);
        let explanation = policies.explain(&connection, &cluster);
        let suggestions = policies.suggest(&connection, &explanation, &cluster);
        if explanation.outcome().passes() {
            prop_assert!(suggestions.is_empty());
            return Ok(());
        }
        for suggestion in suggestions {
            let (after, policies_after) = applied(&cluster, &policies, &suggestion.changes);
            let (source, destination) = ends(&after, from, to);
            let again = Connection::between(Endpoint::Pod(source), Endpoint::Pod(destination), protocol, port);
            prop_assert!(policies_after.evaluate(&again).outcome().passes(), "{:?}", suggestion);
            let before = admitted(&cluster, &policies);
            let opened: BTreeSet<_> = admitted(&after, &policies_after).difference(&before).cloned().collect();
            let asked = [source.name.clone(), destination.name.clone()];
            let others: BTreeSet<_> = opened.into_iter().filter(|(_, _, pod)| !asked.contains(pod)).collect();
            prop_assert!(others.is_subset(&told(&suggestion)), "{:?} opens {:?}", suggestion, others);
        }
    }

    #[test]
    fn between_two_plain_pods_a_refusal_always_has_a_suggestion((cluster, policies, from, to, protocol, port) in case()) {
        let (source, destination) = ends(&cluster, from, to);
        prop_assume!(!source.host_network && !destination.host_network);
        let connection = Connection::between(Endpoint::Pod(source), Endpoint::Pod(destination), protocol, port);
        let explanation = policies.explain(&connection, &cluster);
        if explanation.outcome() == Outcome::DoesNotAdmit {
            prop_assert!(!policies.suggest(&connection, &explanation, &cluster).is_empty());
        }
    }
}
