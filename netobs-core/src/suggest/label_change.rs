//! Ways of mending by labels: what the nearest rules wanted.
use super::Change;
use crate::{
    explain::{Attempt, LabelHint, LabelMismatch},
    labels::{Operator, Symbol},
    policy::matching::NAME_LABEL,
};

/// Only rules from which nothing but labels kept the connection, the nearest first.
pub(super) fn ways(attempts: &[Attempt]) -> Vec<Vec<Change>> {
    let by_labels = attempts.iter().map(|attempt| {
        attempt
            .mismatches
            .iter()
            .map(|mismatch| mismatch.label().and_then(change))
            .collect::<Option<Vec<_>>>()
    });
    let mut ways = Vec::new();
    for way in by_labels.flatten() {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

fn change(mismatch: &LabelMismatch) -> Option<Change> {
    let (object, key) = (mismatch.object.clone(), mismatch.requirement.key.clone());
    if key == NAME_LABEL {
        return None;
    }
    match mismatch.requirement.operator {
        Operator::In | Operator::Exists => Some(Change::SetLabel {
            object,
            key,
            value: value(mismatch)?,
            before: mismatch.found.clone(),
        }),
        Operator::NotIn | Operator::DoesNotExist => Some(Change::RemoveLabel {
            object,
            key,
            before: mismatch.found.clone()?,
        }),
    }
}

/// The value it had, or was meant to have; else the first that is wanted.
fn value(mismatch: &LabelMismatch) -> Option<Symbol> {
    let requirement = &mismatch.requirement;
    let meant = mismatch.hints.iter().find_map(LabelHint::value);
    let meant = meant.filter(|value| requirement.admits(Some(value)));
    match requirement.operator {
        Operator::Exists => Some(meant.cloned().unwrap_or_else(|| Symbol::from("true"))),
        Operator::In | Operator::NotIn | Operator::DoesNotExist => meant.or(requirement.values.first()).cloned(),
    }
}
