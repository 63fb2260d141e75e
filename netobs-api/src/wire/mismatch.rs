//! Rules that came near, and what each lacked.
use netobs_core::{
    explain::{Attempt, ConnectionHint, Mismatch, RuleHint},
    policy::{Connection, Direction, PolicyId},
    render,
};

use super::{label, place, text};
use crate::v1;

pub(super) fn attempt(attempt: &Attempt, direction: Direction, connection: &Connection<'_>) -> v1::Attempt {
    v1::Attempt {
        rule: Some(v1::RuleRef {
            policy: Some(policy(&attempt.policy)),
            rule: attempt.rule.map(place),
            peer: attempt.peer.map(place),
        }),
        mismatches: attempt
            .mismatches
            .iter()
            .map(|one| mismatch(one, direction, connection))
            .collect(),
        hints: attempt.hints.iter().map(rule_hint).collect(),
    }
}

pub(super) fn policy(id: &PolicyId) -> v1::PolicyRef {
    v1::PolicyRef {
        kind: id.kind.to_owned(),
        namespace: id.namespace.as_ref().map(text).unwrap_or_default(),
        name: text(&id.name),
    }
}

pub(super) fn rule_hint(hint: &RuleHint) -> v1::Hint {
    let kind = match hint {
        RuleHint::BothMustMatch { .. } => v1::HintKind::BothMustMatch,
        RuleHint::PodSelectorIsLocal { .. } => v1::HintKind::PodSelectorIsLocal,
        RuleHint::NoSuchNamespace { .. } => v1::HintKind::NoSuchNamespace,
        RuleHint::NoSuchPod { .. } => v1::HintKind::NoSuchPod,
    };
    about_no_label(kind, render::rule_hint(hint))
}

pub(super) fn connection_hint(hint: &ConnectionHint) -> v1::Hint {
    let kind = match hint {
        ConnectionHint::OneDirectionOnly {
            admitted: Direction::Ingress,
        } => v1::HintKind::EgressMissing,
        ConnectionHint::OneDirectionOnly {
            admitted: Direction::Egress,
        } => v1::HintKind::IngressMissing,
        ConnectionHint::DnsNotAdmitted => v1::HintKind::DnsNotAdmitted,
        ConnectionHint::ThisIsDns => v1::HintKind::ThisIsDns,
        ConnectionHint::EitherIsEnough { .. } => v1::HintKind::EitherIsEnough,
    };
    about_no_label(kind, render::connection_hint(hint))
}

fn mismatch(mismatch: &Mismatch, direction: Direction, connection: &Connection<'_>) -> v1::Mismatch {
    let kind = match mismatch {
        Mismatch::NamespaceLabel(_) => v1::MismatchKind::NamespaceLabel,
        Mismatch::PodLabel(_) => v1::MismatchKind::PodLabel,
        Mismatch::Namespace { .. } => v1::MismatchKind::Namespace,
        Mismatch::NoPod(_) => v1::MismatchKind::NoPod,
        Mismatch::IpBlock { .. } => v1::MismatchKind::IpBlock,
        Mismatch::Port { .. } => v1::MismatchKind::Port,
        Mismatch::Protocol { .. } => v1::MismatchKind::Protocol,
        Mismatch::NoRule => v1::MismatchKind::NoRule,
        Mismatch::Never => v1::MismatchKind::Never,
        Mismatch::Unknown(_) => v1::MismatchKind::Unknown,
    };
    v1::Mismatch {
        kind: kind.into(),
        label: mismatch.label().map(label::mismatch),
        text: render::mismatch(mismatch, direction, connection),
    }
}

fn about_no_label(kind: v1::HintKind, text: String) -> v1::Hint {
    v1::Hint {
        kind: kind.into(),
        text,
        ..v1::Hint::default()
    }
}
