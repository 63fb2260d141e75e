//! Labels that are wanted, and what is there instead.
use netobs_core::{
    cause::{Found, Labelled, Want},
    explain::{LabelHint, LabelMismatch, ObjectRef},
    labels::{Requirement, Symbol},
    render,
};

use super::{nanos, text};
use crate::v1;

pub(super) fn mismatch(mismatch: &LabelMismatch) -> v1::LabelMismatch {
    let LabelMismatch {
        object,
        requirement,
        found,
        hints,
    } = mismatch;
    of(self::object(object), requirement, found.as_ref(), hints)
}

pub(super) fn lack(want: &Want, found: &Found) -> v1::LabelMismatch {
    of(
        labelled(&want.object),
        &want.requirement,
        found.value.as_ref(),
        &found.hints,
    )
}

pub(super) fn object(object: &ObjectRef) -> v1::LabelledRef {
    let namespace = match object {
        ObjectRef::Namespace(_) => String::new(),
        ObjectRef::Pod { namespace, .. } => text(namespace),
    };
    v1::LabelledRef {
        kind: object.kind().to_owned(),
        namespace,
        name: text(object.name()),
    }
}

pub(super) fn hint(hint: &LabelHint, wanted: &Requirement) -> v1::Hint {
    let key = &wanted.key;
    let (kind, key, value, until) = match hint {
        LabelHint::WasThere { value, until } => (v1::HintKind::WasThere, key, Some(value), Some(*until)),
        LabelHint::Annotation { value } => (v1::HintKind::Annotation, key, Some(value), None),
        LabelHint::NearKey { key, value } => (v1::HintKind::NearKey, key, Some(value), None),
        LabelHint::NearValue { wanted } => (v1::HintKind::NearValue, key, Some(wanted), None),
        LabelHint::ValueDiffers => (v1::HintKind::ValueDiffers, key, None, None),
        LabelHint::KeyMissing => (v1::HintKind::KeyMissing, key, None, None),
        LabelHint::Unwanted => (v1::HintKind::Unwanted, key, None, None),
    };
    v1::Hint {
        kind: kind.into(),
        key: text(key),
        value: value.map(text).unwrap_or_default(),
        until_unix_nanos: until.map(nanos),
        text: render::label_hint(hint).unwrap_or_default(),
    }
}

fn of(object: v1::LabelledRef, wanted: &Requirement, found: Option<&Symbol>, hints: &[LabelHint]) -> v1::LabelMismatch {
    v1::LabelMismatch {
        object: Some(object),
        wanted: Some(v1::LabelRequirement {
            key: text(&wanted.key),
            operator: v1::LabelOperator::from(wanted.operator).into(),
            values: wanted.values.iter().map(text).collect(),
            text: wanted.to_string(),
        }),
        found: found.map(text),
        hints: hints.iter().map(|one| hint(one, wanted)).collect(),
    }
}

fn labelled(object: &Labelled) -> v1::LabelledRef {
    match object {
        Labelled::Namespace(name) => v1::LabelledRef {
            kind: "Namespace".to_owned(),
            namespace: String::new(),
            name: text(name),
        },
        Labelled::Workload { namespace, workload } => v1::LabelledRef {
            kind: workload.kind.as_str().to_owned(),
            namespace: text(namespace),
            name: text(&workload.name),
        },
    }
}
