//! Policies in force beside those that are generated, and whether they are for anything any more.
use super::{Phase, Plan, Request};
use crate::{
    inventory::Listing,
    policy::{
        Connection, Direction, Policy, PolicySet,
        matching::{self, Match},
    },
    scene::Stage,
};

/// A policy of the namespace that is not generated.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'c> {
    pub policy: &'c Policy,
    /// It has rules, and all that was seen is admitted without them, or not by them.
    pub is_spare: bool,
}

pub fn beside<'c>(listing: &Listing, request: &Request, plan: &Plan, current: &'c PolicySet) -> Vec<Beside<'c>> {
    let mut all: Vec<_> = current
        .iter()
        .filter(|policy| policy.id.namespace.as_ref() == Some(&plan.namespace))
        .filter(|policy| !plan.drafts.iter().any(|draft| draft.name == policy.id.name))
        .map(|policy| Beside {
            policy,
            // In the first phase everything passes, so that nothing would be needed.
            is_spare: has_rules(policy) && plan.phase != Phase::Dns,
        })
        .collect();
    let (stage, generated) = (Stage::of(listing), plan.policy_set());
    let edges = listing.edges.iter().enumerate();
    for (index, edge) in edges.filter(|(_, edge)| request.looks_at(edge)) {
        for connection in stage.connections(index, edge) {
            for direction in [Direction::Ingress, Direction::Egress] {
                let mut spare = all.iter_mut().filter(|one| one.is_spare).peekable();
                if spare.peek().is_some() && !generated.decide(&connection, direction).outcome().passes() {
                    spare.for_each(|one| one.is_spare = !may_admit(one.policy, &connection, direction));
                }
            }
        }
    }
    all
}

fn has_rules(policy: &Policy) -> bool {
    let directions = [Direction::Ingress, Direction::Egress].into_iter();
    directions
        .filter_map(|direction| policy.rules(direction))
        .any(|rules| !rules.rules.is_empty())
}

/// Whether it admits the connection, as far as that is known.
fn may_admit(policy: &Policy, connection: &Connection<'_>, direction: Direction) -> bool {
    let Some((pod, rules)) = connection.end(direction.subject()).pod().zip(policy.rules(direction)) else {
        return false;
    };
    let mut rules = rules.rules.iter();
    matching::subject(&policy.subject, pod, direction.subject()) != Match::No
        && rules.any(|rule| matching::rule(rule, connection, direction) != Match::No)
}
