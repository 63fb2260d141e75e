//! What a guard asks of namespaces, and who is in its way, as text.
use super::change;
use crate::{
    explain::ObjectRef,
    guard::{GuardedLabel, IdleWish, Refused},
    labels::Symbol,
    policy::matching::NAME_LABEL,
    suggest::Change,
};

/// How many policies are named.
const MOST_NAMED: usize = 3;

/// For whoever makes a namespace without it.
pub fn lacking(label: &GuardedLabel) -> String {
    let key = &label.key;
    let policies = policies(label);
    let values: Vec<_> = label.values.iter().map(|allowed| value(&allowed.value)).collect();
    match values.as_slice() {
        [] => format!("the namespace needs the label {key}: {policies}"),
        [one] => format!("the namespace needs the label {key}={one}: {policies}"),
        several => format!(
            "the namespace needs the label {key} with one of {}: {policies}",
            several.join(", ")
        ),
    }
}

/// For whoever changes a namespace that has it.
pub fn changing(label: &GuardedLabel) -> String {
    let what = if label.fixed { "removed or changed" } else { "removed" };
    format!(
        "the namespace's label {} must not be {what}: {}",
        label.key,
        policies(label)
    )
}

/// What is asked of the label, and why, one line each.
pub fn about(label: &GuardedLabel) -> Vec<String> {
    let key = &label.key;
    let kept = match (label.required, label.fixed) {
        (true, false) if !label.values.is_empty() => "required, with one of these values",
        (true, true) => "required, and then kept as it is",
        (true, false) => "required, with any value",
        (false, true) => "kept as it is where it is",
        (false, false) => "kept where it is",
    };
    let mut lines = vec![format!("{key}: {kept}; {}", policies(label))];
    if label.namespaces > 0 {
        let rare = if label.required {
            ""
        } else {
            ", so it is not asked of the others"
        };
        lines.push(format!(
            "  {} of {} namespaces have it{rare}",
            label.carried, label.namespaces
        ));
    }
    for allowed in &label.values {
        let why = match (allowed.selected, allowed.carried) {
            (true, 0) => "selected by policies".to_owned(),
            (true, carried) => format!("selected by policies, and {} it", count(carried)),
            (false, 0) => "allowed, though nobody has it yet".to_owned(),
            (false, carried) => format!("selected by no policy, and {} it", count(carried)),
        };
        lines.push(format!("  {}: {why}", value(&allowed.value)));
    }
    lines
}

/// A namespace that would be refused today, and what mends it.
pub fn refused(refused: &Refused) -> String {
    let Refused {
        namespace,
        key,
        found,
        meant,
    } = refused;
    let found_text = match found {
        Some(found) => format!("{key}={}", value(found)),
        None => format!("no label {key}"),
    };
    match meant {
        Some(meant) => {
            let command = change::command(&Change::SetLabel {
                object: ObjectRef::Namespace(namespace.clone()),
                key: key.clone(),
                value: meant.clone(),
                before: found.clone(),
            });
            format!("namespace {namespace} has {found_text}; perhaps: {command}")
        }
        None => format!("namespace {namespace} has {found_text}"),
    }
}

/// For whoever wishes something of a label that is not guarded.
pub fn idle(wish: &IdleWish) -> String {
    let IdleWish { key, near } = wish;
    if *key == NAME_LABEL {
        return format!("the label {key} needs no guard: the API server gives it to every namespace and keeps it");
    }
    let perhaps = near
        .as_ref()
        .map(|near| format!(" ({near}, perhaps?)"))
        .unwrap_or_default();
    format!(
        "no policy selects namespaces by the label {key}{perhaps}, so it is not guarded; --require {key} asks for it \
         all the same"
    )
}

fn policies(label: &GuardedLabel) -> String {
    if label.policies.is_empty() {
        return "every namespace is asked for it, though no policy selects on it".to_owned();
    }
    let named: Vec<_> = label
        .policies
        .iter()
        .take(MOST_NAMED)
        .map(ToString::to_string)
        .collect();
    let verb = if label.policies.len() == 1 { "selects" } else { "select" };
    match label.policies.len().saturating_sub(MOST_NAMED) {
        0 => format!("{} {verb} on it", named.join(", ")),
        more => format!("{} and {more} more {verb} on it", named.join(", ")),
    }
}

fn count(namespaces: usize) -> String {
    match namespaces {
        1 => "1 namespace has".to_owned(),
        more => format!("{more} namespaces have"),
    }
}

/// A label's value may be empty.
fn value(value: &Symbol) -> String {
    if value.is_empty() {
        "\"\"".to_owned()
    } else {
        value.to_string()
    }
}
