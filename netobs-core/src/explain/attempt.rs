//! Goes through the rules that could have admitted a connection and says what each lacked.
use super::{Attempt, Mismatch, Surroundings, compare, label_hints, nearness};
use crate::policy::{Action, Connection, Direction, Peers, Policy, Rule};

/// The nearest first.
pub(super) fn all(
    isolating: &[&Policy],
    connection: &Connection<'_>,
    direction: Direction,
    surroundings: &dyn Surroundings,
) -> Vec<Attempt> {
    let mut attempts: Vec<_> = isolating
        .iter()
        .flat_map(|policy| of_policy(policy, connection, direction))
        .collect();
    for mismatch in attempts.iter_mut().flat_map(|attempt| &mut attempt.mismatches) {
        if let Some(label) = mismatch.label_mut() {
            label_hints::add(label, connection, surroundings);
        }
    }
    attempts.sort_by_cached_key(|attempt| nearness::distance(&attempt.mismatches));
    attempts
}

fn of_policy(policy: &Policy, connection: &Connection<'_>, direction: Direction) -> Vec<Attempt> {
    let rules = policy.rules(direction).map_or(&[][..], |rules| &rules.rules);
    let admitting = rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.action == Action::Allow);
    let attempts: Vec<_> = admitting
        .flat_map(|(index, rule)| of_rule(policy, index, rule, connection, direction))
        .collect();
    if attempts.is_empty() {
        vec![attempt(policy, None, None, vec![Mismatch::NoRule])]
    } else {
        attempts
    }
}

fn of_rule(
    policy: &Policy,
    index: usize,
    rule: &Rule,
    connection: &Connection<'_>,
    direction: Direction,
) -> Vec<Attempt> {
    let ports = compare::ports(&rule.ports, connection);
    match &rule.peers {
        Peers::Any => vec![attempt(policy, Some(index), None, ports.into_iter().collect())],
        Peers::Of(peers) if peers.is_empty() => vec![attempt(policy, Some(index), None, vec![Mismatch::Never])],
        Peers::Of(peers) => peers
            .iter()
            .enumerate()
            .map(|(place, peer)| {
                let mut mismatches = compare::peer(peer, connection, direction.peer());
                mismatches.extend(ports.clone());
                attempt(policy, Some(index), Some(place), mismatches)
            })
            .collect(),
    }
}

fn attempt(policy: &Policy, rule: Option<usize>, peer: Option<usize>, mismatches: Vec<Mismatch>) -> Attempt {
    Attempt {
        policy: policy.id.clone(),
        rule,
        peer,
        mismatches,
        hints: Vec::new(),
    }
}
