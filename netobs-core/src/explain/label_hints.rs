//! Looks for the label that was meant: misspelt, as an annotation, or there until lately.
use super::{LabelHint, ObjectRef, Surroundings};
use crate::{
    labels::{Labels, Operator, Requirement, Symbol},
    spelling,
};

/// A misspelt label is looked for among so many.
const MOST_COMPARED: usize = 64;

/// Every hint about a requirement that the object does not meet, the strongest first.
pub(crate) fn find(
    object: &ObjectRef,
    requirement: &Requirement,
    labels: Option<&Labels>,
    surroundings: &dyn Surroundings,
) -> Vec<LabelHint> {
    let found = labels.and_then(|labels| labels.get(&requirement.key));
    if matches!(requirement.operator, Operator::NotIn | Operator::DoesNotExist) {
        return vec![LabelHint::Unwanted];
    }
    let mut hints = Vec::new();
    if let Some(lost) = surroundings.lost_label(object, &requirement.key)
        && requirement.admits(Some(&lost.value))
    {
        hints.push(LabelHint::WasThere {
            value: lost.value,
            until: lost.until,
        });
    }
    if let Some(value) = surroundings
        .annotations(object)
        .and_then(|annotations| annotations.get(&requirement.key))
        && requirement.admits(Some(value))
    {
        hints.push(LabelHint::Annotation { value: value.clone() });
    }
    match found {
        Some(value) => {
            hints.extend(near_value(requirement, value));
            hints.push(LabelHint::ValueDiffers);
        }
        None => {
            hints.extend(labels.into_iter().flat_map(|labels| near_keys(requirement, labels)));
            hints.push(LabelHint::KeyMissing);
        }
    }
    hints
}

fn near_value(requirement: &Requirement, value: &Symbol) -> Option<LabelHint> {
    let wanted = requirement
        .values
        .iter()
        .take(MOST_COMPARED)
        .find(|wanted| spelling::values_are_near(wanted, value))?;
    Some(LabelHint::NearValue { wanted: wanted.clone() })
}

/// A key that is only roughly alike counts if its value is what is wanted, too.
fn near_keys(requirement: &Requirement, labels: &Labels) -> impl Iterator<Item = LabelHint> {
    let fits = |value: &Symbol| requirement.admits(Some(value)) || near_value(requirement, value).is_some();
    labels
        .iter()
        .take(MOST_COMPARED)
        .filter(move |(key, value)| {
            // Whether the value fits is asked only where it can make a difference.
            spelling::keys_are_near(&requirement.key, key, true)
                && spelling::keys_are_near(&requirement.key, key, fits(value))
        })
        .map(|(key, value)| LabelHint::NearKey {
            key: key.clone(),
            value: value.clone(),
        })
}
