//! Why policies say what they say.
use netobs_core::{
    explain::{DirectionExplanation, Explanation, Ground, RuleId},
    policy::Connection,
    render,
};

use super::{
    mismatch::{attempt, connection_hint, policy},
    place,
};
use crate::v1;

pub fn explanation(explanation: &Explanation, connection: &Connection<'_>) -> v1::Explanation {
    let outcome = explanation.outcome();
    v1::Explanation {
        outcome: v1::Outcome::from(outcome).into(),
        headline: render::headline(connection, outcome),
        egress: Some(direction(&explanation.egress, connection)),
        ingress: Some(direction(&explanation.ingress, connection)),
        hints: explanation.hints.iter().map(connection_hint).collect(),
    }
}

fn direction(explanation: &DirectionExplanation, connection: &Connection<'_>) -> v1::DirectionExplanation {
    let direction = explanation.direction;
    let (ground, rule) = ground(&explanation.ground);
    v1::DirectionExplanation {
        outcome: v1::Outcome::from(explanation.outcome()).into(),
        ground: ground.into(),
        missing: missing(&explanation.ground, connection),
        rule: rule.map(self::rule),
        policies: explanation.policies.iter().map(policy).collect(),
        attempts: explanation
            .attempts
            .iter()
            .map(|one| attempt(one, direction, connection))
            .collect(),
        attempts_left_out: place(explanation.attempts_left_out),
    }
}

const fn ground(ground: &Ground) -> (v1::Ground, Option<&RuleId>) {
    match ground {
        Ground::NothingIsolates => (v1::Ground::NothingIsolates, None),
        Ground::Rule(rule) => (v1::Ground::Rule, Some(rule)),
        Ground::OwnNode => (v1::Ground::OwnNode, None),
        Ground::Itself => (v1::Ground::Itself, None),
        Ground::NoRuleAdmits => (v1::Ground::NoRuleAdmits, None),
        Ground::Denied(rule) => (v1::Ground::Denied, Some(rule)),
        Ground::Missing(_) => (v1::Ground::FactMissing, None),
    }
}

fn missing(ground: &Ground, connection: &Connection<'_>) -> String {
    match ground {
        Ground::Missing(fact) => render::missing(*fact, connection),
        Ground::NothingIsolates
        | Ground::Rule(_)
        | Ground::OwnNode
        | Ground::Itself
        | Ground::NoRuleAdmits
        | Ground::Denied(_) => String::new(),
    }
}

fn rule(rule: &RuleId) -> v1::RuleRef {
    v1::RuleRef {
        policy: Some(policy(&rule.policy)),
        rule: Some(place(rule.index)),
        peer: None,
    }
}
