//! How far a rule was from admitting a connection.
use super::{LabelHint, Mismatch};
use crate::labels::Operator;

/// The less, the nearer. One label is nearer than two, labels nearer than a port, and that nearer than anything else.
pub(super) fn distance(mismatches: &[Mismatch]) -> u32 {
    mismatches.iter().map(one).fold(0, u32::saturating_add)
}

fn one(mismatch: &Mismatch) -> u32 {
    match mismatch {
        Mismatch::NamespaceLabel(label) => 10 + weight(label),
        Mismatch::PodLabel(label) => 12 + weight(label),
        Mismatch::Unknown(_) => 5,
        Mismatch::Port { .. } => 1_000,
        Mismatch::Protocol { .. } => 1_100,
        Mismatch::IpBlock { .. } => 10_000,
        Mismatch::Namespace { .. } => 12_000,
        Mismatch::NoPod(_) => 20_000,
        Mismatch::Never => 100_000,
        Mismatch::NoRule => 1_000_000,
    }
}

/// A missing key is sooner an oversight than another value, which often is just another application's.
fn weight(label: &super::LabelMismatch) -> u32 {
    let strong = label.hints.first().is_some_and(|hint| *hint < LabelHint::ValueDiffers);
    match (strong, &label.found, label.requirement.operator) {
        (true, _, _) => 0,
        (false, None, _) => 3,
        (false, Some(_), Operator::In | Operator::Exists) => 6,
        (false, Some(_), Operator::NotIn | Operator::DoesNotExist) => 8,
    }
}
