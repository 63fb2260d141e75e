//! Looks for the label that was meant: misspelt, as an annotation, or there until lately.
use super::{LabelHint, LabelMismatch, ObjectRef, Surroundings};
use crate::{
    labels::{Labels, Operator, Requirement, Symbol},
    policy::{Connection, End},
    spelling,
};

pub(super) fn add(mismatch: &mut LabelMismatch, connection: &Connection<'_>, surroundings: &dyn Surroundings) {
    let labels = labels_of(&mismatch.object, connection);
    mismatch.hints = find(&mismatch.object, &mismatch.requirement, labels, surroundings);
}

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
        .find(|wanted| spelling::values_are_near(wanted, value))?;
    Some(LabelHint::NearValue { wanted: wanted.clone() })
}

/// A key that is only roughly alike counts if its value is what is wanted, too.
fn near_keys(requirement: &Requirement, labels: &Labels) -> impl Iterator<Item = LabelHint> {
    labels
        .iter()
        .filter(|(key, value)| {
            let fits = requirement.admits(Some(value))
                || requirement
                    .values
                    .iter()
                    .any(|wanted| spelling::values_are_near(wanted, value));
            spelling::keys_are_near(&requirement.key, key, fits)
        })
        .map(|(key, value)| LabelHint::NearKey {
            key: key.clone(),
            value: value.clone(),
        })
}

fn labels_of<'a>(object: &ObjectRef, connection: &Connection<'a>) -> Option<&'a Labels> {
    [End::Source, End::Destination]
        .into_iter()
        .filter_map(|end| connection.end(end).pod())
        .find_map(|pod| match object {
            ObjectRef::Namespace(name) => (*name == pod.namespace)
                .then_some(pod.namespace_labels.as_ref())
                .flatten(),
            ObjectRef::Pod { namespace, name } => {
                (*namespace == pod.namespace && *name == pod.name).then_some(&pod.labels)
            }
        })
}
