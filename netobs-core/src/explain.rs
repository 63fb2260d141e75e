//! Why the policies say what they say about a connection: for each rule that came near, what did not match. Data, no text.
use std::sync::Arc;

use self::attempt::Attempts;
use crate::policy::{
    Admission, Connection, Decision, Direction, Missing, Outcome, PolicyId, PolicySet, Refusal, RuleRef,
};

pub use self::{
    hint::{ConnectionHint, LabelHint, PortHint, RuleHint},
    mismatch::{LabelMismatch, Mismatch, NoPod, ObjectRef},
    surroundings::{LostLabel, NamespaceFacts, Snapshot, Surroundings},
};

pub(crate) use self::{
    connection_hints::{DNS_PORT, may_ask_dns},
    label_hints::find as hints_for_label,
    rule_hints::{any_namespace, any_pod},
};

mod attempt;
#[cfg(test)]
mod bounds;
mod compare;
mod connection_hints;
mod hint;
mod label_hints;
mod mismatch;
mod nearness;
#[cfg(test)]
mod properties;
mod rule_hints;
mod surroundings;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub ingress: DirectionExplanation,
    pub egress: DirectionExplanation,
    pub hints: Vec<ConnectionHint>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectionExplanation {
    pub direction: Direction,
    pub ground: Ground,
    /// The policies that isolate the pod in this direction, all of them.
    pub policies: Vec<PolicyId>,
    /// The rules that could have admitted it and did not, the nearest first. Empty unless it was refused or undecidable.
    pub attempts: Vec<Attempt>,
    pub attempts_left_out: usize,
}

/// What a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    NothingIsolates,
    Rule(RuleId),
    OwnNode,
    Itself,
    /// Isolated, and no rule admits it.
    NoRuleAdmits,
    Denied(RuleId),
    Missing(Missing),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    pub policy: PolicyId,
    /// Its place among the policy's rules for its direction, from 0.
    pub index: usize,
}

/// One way in which a policy could have admitted the connection, and what it lacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub policy: PolicyId,
    /// `None` if the policy has no rule for this direction at all.
    pub rule: Option<usize>,
    /// Which of the rule's peers; `None` if the rule is for any.
    pub peer: Option<usize>,
    /// Never empty: what matches in everything admits.
    pub mismatches: Vec<Mismatch>,
    pub hints: Vec<RuleHint>,
}

impl Explanation {
    pub const fn outcome(&self) -> Outcome {
        self.ingress.outcome().and(self.egress.outcome())
    }

    /// What it is for another port that no policy tells apart from its own.
    pub(crate) fn at_port(self: &Arc<Self>, port: Option<u16>) -> Arc<Self> {
        let is_of_other = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Port { found, .. } if *found != port);
        let attempts = self.ingress.attempts.iter().chain(&self.egress.attempts);
        if !attempts.flat_map(|attempt| &attempt.mismatches).any(is_of_other) {
            return Arc::clone(self);
        }
        let mut other = Self::clone(self);
        let attempts = other.ingress.attempts.iter_mut().chain(&mut other.egress.attempts);
        for mismatch in attempts.flat_map(|attempt| &mut attempt.mismatches) {
            if let Mismatch::Port { found, .. } = mismatch {
                *found = port;
            }
        }
        Arc::new(other)
    }

    pub const fn of(&self, direction: Direction) -> &DirectionExplanation {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

impl DirectionExplanation {
    pub const fn outcome(&self) -> Outcome {
        match self.ground {
            Ground::NothingIsolates => Outcome::NotApplicable,
            Ground::Rule(_) | Ground::OwnNode | Ground::Itself => Outcome::Admits,
            Ground::NoRuleAdmits | Ground::Denied(_) => Outcome::DoesNotAdmit,
            Ground::Missing(_) => Outcome::Undecidable,
        }
    }

    pub fn nearest(&self) -> Option<&Attempt> {
        self.attempts.first()
    }
}

impl PolicySet {
    pub fn explain(&self, connection: &Connection<'_>, surroundings: &dyn Surroundings) -> Explanation {
        let evaluation = self.evaluate(connection);
        let hints = connection_hints::find(self, connection, &evaluation, surroundings);
        Explanation {
            ingress: explain_direction(self, connection, Direction::Ingress, &evaluation.ingress, surroundings),
            egress: explain_direction(self, connection, Direction::Egress, &evaluation.egress, surroundings),
            hints,
        }
    }
}

fn explain_direction(
    set: &PolicySet,
    connection: &Connection<'_>,
    direction: Direction,
    decision: &Decision<'_>,
    surroundings: &dyn Surroundings,
) -> DirectionExplanation {
    let isolating: Vec<_> = match (decision, connection.end(direction.subject()).pod()) {
        (Decision::DoesNotAdmit(Refusal::Isolated(policies)), _) => policies.clone(),
        (_, Some(pod)) => set.isolating(pod, direction, None).collect(),
        (_, None) => Vec::new(),
    };
    let Attempts { mut nearest, left_out } = match decision {
        Decision::DoesNotAdmit(Refusal::Isolated(_)) | Decision::Undecidable(_) => {
            attempt::nearest(&isolating, connection, direction, surroundings)
        }
        Decision::NotApplicable | Decision::Admits(_) | Decision::DoesNotAdmit(Refusal::Denied(_)) => {
            Attempts::default()
        }
    };
    rule_hints::add(set, &mut nearest, direction, surroundings);
    DirectionExplanation {
        direction,
        ground: Ground::of(decision),
        policies: isolating.into_iter().map(|policy| policy.id.clone()).collect(),
        attempts: nearest,
        attempts_left_out: left_out,
    }
}

impl Ground {
    fn of(decision: &Decision<'_>) -> Self {
        match decision {
            Decision::NotApplicable => Self::NothingIsolates,
            Decision::Admits(Admission::Rule(rule)) => Self::Rule(rule.into()),
            Decision::Admits(Admission::OwnNode) => Self::OwnNode,
            Decision::Admits(Admission::Itself) => Self::Itself,
            Decision::DoesNotAdmit(Refusal::Isolated(_)) => Self::NoRuleAdmits,
            Decision::DoesNotAdmit(Refusal::Denied(rule)) => Self::Denied(rule.into()),
            Decision::Undecidable(missing) => Self::Missing(*missing),
        }
    }
}

impl From<&RuleRef<'_>> for RuleId {
    fn from(rule: &RuleRef<'_>) -> Self {
        Self {
            policy: rule.policy.id.clone(),
            index: rule.index,
        }
    }
}
