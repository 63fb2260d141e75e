//! How far a rule was from admitting a connection. The less, the nearer: one label is nearer than two, labels nearer than a
//! port, and that nearer than anything else.
use super::{
    LabelHint, LabelMismatch,
    compare::{Difference, LabelDifference},
};
use crate::labels::{Operator, Requirement};

pub(super) const NO_RULE: u32 = 1_000_000;

/// As far as it can be said without looking for hints.
pub(super) fn distance(difference: &Difference<'_>) -> u32 {
    match difference {
        Difference::NamespaceLabel(label) => 10 + plain(label),
        Difference::PodLabel(label) => 12 + plain(label),
        Difference::Unknown(_) => 5,
        Difference::Port(_) => 1_000,
        Difference::Protocol(_) => 1_100,
        Difference::IpBlock(_) => 10_000,
        Difference::Namespace { .. } => 12_000,
        Difference::NoPod(_) => 20_000,
        Difference::Never => 100_000,
    }
}

/// By how much a label is nearer for its hints.
pub(super) fn relief(label: &LabelMismatch) -> u32 {
    let strong = label.hints.first().is_some_and(|hint| *hint < LabelHint::ValueDiffers);
    if strong {
        weight(&label.requirement, label.found.is_some())
    } else {
        0
    }
}

fn plain(label: &LabelDifference<'_>) -> u32 {
    weight(label.requirement, label.found.is_some())
}

/// A missing key is sooner an oversight than another value, which often is just another application's.
const fn weight(requirement: &Requirement, has_key: bool) -> u32 {
    match (has_key, requirement.operator) {
        (false, _) => 3,
        (true, Operator::In | Operator::Exists) => 6,
        (true, Operator::NotIn | Operator::DoesNotExist) => 8,
    }
}
