//! What changed since the watch began.
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use netobs_api::v1::{Cause, CauseKind, Outcome as Said, PolicyRef};

use super::Named;
use crate::{Verdict, causes::Key};

/// That many connections are told apart; it is enough to know that there were some.
const MOST: usize = 10_000;

pub(super) struct Tally {
    policy: Named,
    agents: usize,
    /// Agents that told all they knew when the watch began.
    caught_up: BTreeSet<String>,
    by_cause: BTreeMap<Key, BTreeMap<String, Entry>>,
    came_through: HashSet<(String, u64)>,
}

/// A cause as one agent tells it.
struct Entry {
    before: Toll,
    cause: Cause,
    was_told: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Toll {
    pub(super) packets: u64,
    pub(super) unanswered: u64,
    pub(super) passed: u64,
}

#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) policy: Named,
    pub(super) watched: Duration,
    /// What is new, each with how much of it.
    pub(super) causes: Vec<(Cause, Toll)>,
    /// Causes for which nothing was counted since the watch began.
    pub(super) known_before: usize,
    pub(super) came_through: usize,
    pub(super) all_counted: bool,
    /// How many agents were asked and never told what they know.
    pub(super) silent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Go,
    RollBack,
    /// What it does not admit passes.
    NotEnforced,
    /// Nothing was seen that it could have refused.
    NothingSeen,
}

impl Tally {
    pub(super) fn new(policy: Named, agents: usize) -> Self {
        Self {
            policy,
            agents,
            caught_up: BTreeSet::new(),
            by_cause: BTreeMap::new(),
            came_through: HashSet::new(),
        }
    }

    /// Whether it is the first that is told of this cause since the watch began.
    pub(super) fn cause(&mut self, node: &str, cause: &Cause) -> bool {
        if !self.is_because_of_it(cause) {
            return false;
        }
        let before = if self.caught_up.contains(node) {
            Toll::default()
        } else {
            Toll::of(cause)
        };
        let by_node = self.by_cause.entry(Key::of(cause)).or_default();
        let was_told = by_node.values().any(|entry| entry.was_told);
        let entry = by_node.entry(node.to_owned()).or_insert_with(|| Entry {
            before,
            cause: cause.clone(),
            was_told: false,
        });
        entry.cause = cause.clone();
        let is_news = !was_told && entry.since() != Toll::default();
        entry.was_told |= is_news;
        is_news
    }

    pub(super) fn caught_up(&mut self, node: String) {
        self.caught_up.insert(node);
    }

    pub(super) fn came_through(&mut self, node: &str, flow: u64) {
        if self.came_through.len() < MOST {
            self.came_through.insert((node.to_owned(), flow));
        }
    }

    pub(super) fn outcome(self, watched: Duration) -> Outcome {
        let mut causes = Vec::new();
        let mut known_before = 0;
        for by_node in self.by_cause.into_values() {
            let toll = by_node.values().map(Entry::since).fold(Toll::default(), Toll::and);
            let latest = by_node.into_values().max_by_key(|entry| entry.cause.last_unix_nanos);
            match latest {
                Some(entry) if toll != Toll::default() => causes.push((entry.cause, toll)),
                Some(_) | None => known_before += 1,
            }
        }
        Outcome {
            policy: self.policy,
            watched,
            causes,
            known_before,
            came_through: self.came_through.len(),
            all_counted: self.came_through.len() < MOST,
            silent: self.agents.saturating_sub(self.caught_up.len()),
        }
    }

    /// A rule of its own came nearest, or it is among those that isolate the pod which was refused.
    fn is_because_of_it(&self, cause: &Cause) -> bool {
        let mut policies = cause.policies.iter();
        let is_refusal = !matches!(cause.kind(), CauseKind::DroppedThoughAdmitted | CauseKind::Unspecified);
        let named = policies.any(|one| self.is_it(one));
        is_refusal && (named || isolating(cause).any(|one| self.is_it(one)))
    }

    fn is_it(&self, policy: &PolicyRef) -> bool {
        is(policy, &self.policy)
    }
}

impl Entry {
    fn since(&self) -> Toll {
        let now = Toll::of(&self.cause);
        // An agent that was started anew counts from nothing.
        if now.all() < self.before.all() {
            return now;
        }
        Toll {
            packets: now.packets.saturating_sub(self.before.packets),
            unanswered: now.unanswered.saturating_sub(self.before.unanswered),
            passed: now.passed.saturating_sub(self.before.passed),
        }
    }
}

impl Toll {
    fn of(cause: &Cause) -> Self {
        Self {
            packets: cause.dropped.map_or(0, |count| count.packets),
            unanswered: cause.unanswered,
            passed: cause.passed,
        }
    }

    const fn all(self) -> u64 {
        self.packets.saturating_add(self.unanswered).saturating_add(self.passed)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            unanswered: self.unanswered + other.unanswered,
            passed: self.passed + other.passed,
        }
    }
}

impl Outcome {
    /// What would go on to refuse it without the policy.
    pub(super) fn also_isolating(&self) -> BTreeSet<String> {
        let policies = self.causes.iter().flat_map(|(cause, _)| isolating(cause));
        let others = policies.filter(|one| !is(one, &self.policy));
        others.map(|one| format!("{}/{}", one.namespace, one.name)).collect()
    }

    pub(super) fn verdict(&self) -> Judgement {
        let toll = self
            .causes
            .iter()
            .map(|(_, toll)| *toll)
            .fold(Toll::default(), Toll::and);
        if toll.packets > 0 || toll.unanswered > 0 {
            Judgement::RollBack
        } else if toll.passed > 0 {
            Judgement::NotEnforced
        } else if self.came_through == 0 || self.silent > 0 {
            Judgement::NothingSeen
        } else {
            Judgement::Go
        }
    }
}

impl Judgement {
    pub(super) const fn exit(self) -> Verdict {
        match self {
            Self::Go => Verdict::Good,
            Self::RollBack | Self::NotEnforced | Self::NothingSeen => Verdict::Bad,
        }
    }
}

/// The policies that isolate a pod which was refused.
fn isolating(cause: &Cause) -> impl Iterator<Item = &PolicyRef> {
    let explanation = cause.example.as_ref().and_then(|example| example.explanation.as_ref());
    let sides = explanation
        .into_iter()
        .flat_map(|one| [&one.ingress, &one.egress])
        .flatten();
    let refusing = sides.filter(|side| side.outcome() == Said::DoesNotAdmit);
    refusing.flat_map(|side| &side.policies)
}

fn is(policy: &PolicyRef, Named { namespace, name }: &Named) -> bool {
    policy.kind == "NetworkPolicy" && policy.namespace == *namespace && policy.name == *name
}
