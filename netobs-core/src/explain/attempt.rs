//! Goes through the rules that could have admitted a connection and says what the nearest of them lacked.
use super::{Attempt, Mismatch, Surroundings, compare, compare::Difference, nearness};
use crate::policy::{Action, Connection, Direction, Peer, Peers, Policy, Rule};

/// How many attempts an explanation keeps; the rest is counted.
pub(super) const MOST_ATTEMPTS: usize = 16;

/// Among so many, hints decide which is nearer: a policy may have any number of peers, and hints cost more than all else.
const MOST_LOOKED_INTO: usize = 64;

/// Once hints were looked for of so many labels, no further attempts are looked into than are kept.
const ENOUGH_HINTED: usize = 128;

/// Of more labels than these that one peer lacks the others are not told.
const MOST_LABELS: usize = 15;

/// The nearest, and how many there are beside them.
#[derive(Default)]
pub(super) struct Attempts {
    pub(super) nearest: Vec<Attempt>,
    pub(super) left_out: usize,
}

/// The nearest first; of those that are equally near, the first of the first policy.
pub(super) fn nearest<'a>(
    isolating: &[&'a Policy],
    connection: &Connection<'a>,
    direction: Direction,
    surroundings: &dyn Surroundings,
) -> Attempts {
    let mut short_list = ShortList::default();
    for policy in isolating {
        short_list.visit(policy, connection, direction);
    }
    let ShortList { nearest, seen } = short_list;
    let mut hinted = 0;
    let mut attempts = Vec::with_capacity(nearest.len());
    for (place, candidate) in nearest.iter().enumerate() {
        let attempt = candidate.attempt(connection, direction, surroundings);
        let labels = attempt.mismatches.iter().filter_map(Mismatch::label);
        hinted += labels.clone().count();
        let relief: u32 = labels.map(nearness::relief).sum();
        attempts.push((candidate.distance - relief, attempt));
        if place + 1 >= MOST_ATTEMPTS && hinted >= ENOUGH_HINTED {
            break;
        }
    }
    attempts.sort_by_key(|(distance, _)| *distance);
    attempts.truncate(MOST_ATTEMPTS);
    let mut nearest = Vec::with_capacity(attempts.len());
    nearest.extend(attempts.into_iter().map(|(_, attempt)| attempt));
    Attempts {
        left_out: seen - nearest.len(),
        nearest,
    }
}

/// A rule, or one of its peers, before anything is made of it.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    policy: &'a Policy,
    rule: Option<(usize, &'a Rule)>,
    peer: Option<(usize, &'a Peer)>,
    ports: Option<Difference<'a>>,
    differences: usize,
    distance: u32,
}

/// The nearest of all that were seen, by what can be said of them without hints.
#[derive(Default)]
struct ShortList<'a> {
    nearest: Vec<Candidate<'a>>,
    seen: usize,
}

impl<'a> ShortList<'a> {
    fn visit(&mut self, policy: &'a Policy, connection: &Connection<'a>, direction: Direction) {
        let rules = policy.rules(direction).map_or(&[][..], |rules| &rules.rules);
        let admitting = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.action == Action::Allow);
        let seen = self.seen;
        for (index, rule) in admitting {
            self.visit_rule(Candidate::of(policy, index, rule, connection), connection, direction);
        }
        if self.seen == seen {
            self.add(Candidate::without_rule(policy));
        }
    }

    fn visit_rule(&mut self, of_rule: Candidate<'a>, connection: &Connection<'a>, direction: Direction) {
        match of_rule.rule.map(|(_, rule)| &rule.peers) {
            Some(Peers::Of(peers)) if !peers.is_empty() => {
                for peer in peers.iter().enumerate() {
                    let peer = Some(peer);
                    self.add(Candidate { peer, ..of_rule }.weighed(connection, direction));
                }
            }
            Some(Peers::Of(_) | Peers::Any) | None => self.add(of_rule.weighed(connection, direction)),
        }
    }

    fn add(&mut self, candidate: Candidate<'a>) {
        self.seen += 1;
        if self.nearest.len() >= MOST_LOOKED_INTO {
            if self
                .nearest
                .last()
                .is_some_and(|last| last.distance <= candidate.distance)
            {
                return;
            }
            self.nearest.pop();
        }
        let place = self.nearest.partition_point(|one| one.distance <= candidate.distance);
        self.nearest.insert(place, candidate);
    }
}

impl<'a> Candidate<'a> {
    const fn without_rule(policy: &'a Policy) -> Self {
        Self {
            policy,
            rule: None,
            peer: None,
            ports: None,
            differences: 1,
            distance: nearness::NO_RULE,
        }
    }

    fn of(policy: &'a Policy, index: usize, rule: &'a Rule, connection: &Connection<'_>) -> Self {
        Self {
            rule: Some((index, rule)),
            ports: compare::ports(&rule.ports, connection),
            ..Self::without_rule(policy)
        }
    }

    fn weighed(self, connection: &Connection<'a>, direction: Direction) -> Self {
        let (mut differences, mut distance) = (0, 0_u32);
        self.each_difference(connection, direction, &mut |difference| {
            differences += 1;
            distance = distance.saturating_add(nearness::distance(&difference));
        });
        Self {
            differences,
            distance,
            ..self
        }
    }

    fn attempt(&self, connection: &Connection<'a>, direction: Direction, surroundings: &dyn Surroundings) -> Attempt {
        let mut mismatches = Vec::with_capacity(self.differences.min(MOST_LABELS + 2));
        let mut labels = 0;
        self.each_difference(connection, direction, &mut |difference| {
            labels += usize::from(difference.is_label());
            if labels <= MOST_LABELS || !difference.is_label() {
                mismatches.push(difference.mismatch(connection, direction.peer(), surroundings));
            }
        });
        if self.rule.is_none() {
            mismatches.push(Mismatch::NoRule);
        }
        Attempt {
            policy: self.policy.id.clone(),
            rule: self.rule.map(|(index, _)| index),
            peer: self.peer.map(|(place, _)| place),
            mismatches,
            hints: Vec::new(),
        }
    }

    fn each_difference(
        &self,
        connection: &Connection<'a>,
        direction: Direction,
        tell: &mut impl FnMut(Difference<'a>),
    ) {
        match (self.peer, self.rule.map(|(_, rule)| &rule.peers)) {
            (Some((_, peer)), _) => compare::peer(peer, connection, direction.peer(), tell),
            // Nobody is a peer, whatever the port.
            (None, Some(Peers::Of(_))) => return tell(Difference::Never),
            (None, Some(Peers::Any) | None) => {}
        }
        if let Some(ports) = self.ports {
            tell(ports);
        }
    }
}
