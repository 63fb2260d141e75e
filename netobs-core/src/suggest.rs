//! The smallest changes that would admit a refused connection, each tried out, with what else they would open.
use crate::{
    explain::{Explanation, ObjectRef, Surroundings},
    labels::{Labels, Symbol},
    policy::{Connection, Direction, Policy, PolicyId, PolicySet, PortMatch, Ports, Rule, Subject},
};

mod effect;
mod label_change;
mod policy_change;
#[cfg(test)]
mod properties;
mod trial;

pub(crate) use self::policy_change::is_passing;

/// How many ways are shown.
const MOST: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// To be made all of them, in this order.
    pub changes: Vec<Change>,
    /// What would be admitted beside the connection that was asked about.
    pub opens: Vec<Opening>,
    /// What would not be admitted any more.
    pub closes: Vec<Opening>,
    /// Policies that would begin to isolate a pod whose labels change, and those that would cease to.
    pub isolates: Vec<PolicyId>,
    pub frees: Vec<PolicyId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    SetLabel {
        object: ObjectRef,
        key: Symbol,
        value: Symbol,
        before: Option<Symbol>,
    },
    RemoveLabel {
        object: ObjectRef,
        key: Symbol,
        before: Symbol,
    },
    /// Another rule at the end of a policy's list for that direction; `first` if there is none yet.
    AddRule {
        policy: PolicyId,
        direction: Direction,
        rule: Rule,
        first: bool,
    },
    /// Another port for a rule that is there.
    AddPort {
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        port: PortMatch,
    },
}

/// Pods that a rule would admit, or would admit no more, to or from the pods its policy is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub policy: PolicyId,
    pub direction: Direction,
    pub peers: Affected,
    pub subject: Subject,
    pub ports: Ports,
}

/// Whom an opening concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    /// Some of them by namespace and name, and how many they are altogether.
    Pods { some: Vec<(Symbol, Symbol)>, count: usize },
    /// Everybody the rule is for already, who gets another port.
    PeersOfRule { rule: usize },
}

impl Change {
    pub fn object(&self) -> Option<&ObjectRef> {
        match self {
            Self::SetLabel { object, .. } | Self::RemoveLabel { object, .. } => Some(object),
            Self::AddRule { .. } | Self::AddPort { .. } => None,
        }
    }
}

impl PolicySet {
    /// Nothing where the connection is admitted, or where no small change would surely admit it.
    pub fn suggest(
        &self,
        connection: &Connection<'_>,
        explanation: &Explanation,
        surroundings: &dyn Surroundings,
    ) -> Vec<Suggestion> {
        if explanation.outcome().passes() {
            return Vec::new();
        }
        let directions = [Direction::Ingress, Direction::Egress].into_iter();
        let mut combined: Vec<Vec<Change>> = vec![Vec::new()];
        for direction in directions.filter(|direction| !explanation.of(*direction).outcome().passes()) {
            let ways = ways(self, connection, explanation, direction);
            combined = combine(&combined, &ways);
        }
        combined
            .into_iter()
            .filter(|changes| !changes.is_empty() && trial::admits(self, connection, changes))
            .take(MOST)
            .map(|changes| effect::of(self, connection, changes, surroundings))
            .collect()
    }
}

/// Each of the one with each of the other, what is near the beginning of both first.
fn combine(left: &[Vec<Change>], right: &[Vec<Change>]) -> Vec<Vec<Change>> {
    let mut pairs: Vec<_> = (0..left.len())
        .flat_map(|one| (0..right.len()).map(move |other| (one, other)))
        .collect();
    pairs.sort_by_key(|(one, other)| one + other);
    let join = |(one, other): (usize, usize)| {
        let mut changes = left[one].clone();
        for change in &right[other] {
            if !changes.contains(change) {
                changes.push(change.clone());
            }
        }
        changes
    };
    pairs.into_iter().map(join).collect()
}

/// Each a list of changes that mends one direction, the smallest first.
fn ways(
    set: &PolicySet,
    connection: &Connection<'_>,
    explanation: &Explanation,
    direction: Direction,
) -> Vec<Vec<Change>> {
    let explanation = explanation.of(direction);
    label_change::ways(&explanation.attempts)
        .into_iter()
        .chain(policy_change::ways(set, connection, explanation))
        .filter(|changes| trial::mends(set, connection, direction, changes))
        .take(MOST)
        .collect()
}

/// The labels an object has once the changes are made.
fn labels_after(object: &ObjectRef, labels: &Labels, changes: &[Change]) -> Labels {
    changes.iter().filter(|change| change.object() == Some(object)).fold(
        labels.clone(),
        |labels, change| match change {
            Change::SetLabel { key, value, .. } => labels.with(key.clone(), value.clone()),
            Change::RemoveLabel { key, .. } => labels.without(key),
            Change::AddRule { .. } | Change::AddPort { .. } => labels,
        },
    )
}

/// The policy once the changes are made.
fn policy_after(policy: &Policy, changes: &[Change]) -> Policy {
    let mut policy = policy.clone();
    for change in changes {
        match change {
            Change::AddRule {
                policy: id,
                direction,
                rule,
                ..
            } if *id == policy.id => {
                if let Some(rules) = rules_mut(&mut policy, *direction) {
                    rules.push(rule.clone());
                }
            }
            Change::AddPort {
                policy: id,
                direction,
                rule,
                port,
            } if *id == policy.id => {
                let rule = rules_mut(&mut policy, *direction).and_then(|rules| rules.get_mut(*rule));
                if let Some(Rule {
                    ports: Ports::Of(ports),
                    ..
                }) = rule
                {
                    ports.push(port.clone());
                }
            }
            Change::AddRule { .. } | Change::AddPort { .. } | Change::SetLabel { .. } | Change::RemoveLabel { .. } => {}
        }
    }
    policy
}

fn rules_mut(policy: &mut Policy, direction: Direction) -> Option<&mut Vec<Rule>> {
    let rules = match direction {
        Direction::Ingress => policy.ingress.as_mut(),
        Direction::Egress => policy.egress.as_mut(),
    };
    rules.map(|rules| &mut rules.rules)
}
