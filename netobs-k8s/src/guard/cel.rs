//! What is asked of a namespace, in the Common Expression Language.
use netobs_core::{
    guard::{Guard, GuardedLabel},
    render,
};

use super::values;
use crate::writer::{Item, Map};

/// Whom it concerns.
pub(super) fn conditions(guard: &Guard) -> Vec<Item> {
    let exempt = guard.exempt.iter().map(|name| text(name)).collect::<Vec<_>>();
    let not_exempt = format!("!(object.metadata.name in [{}])", exempt.join(", "));
    let staying = "!has(object.metadata.deletionTimestamp)";
    vec![
        named("is-not-exempt", &not_exempt).into(),
        named("is-not-being-deleted", staying).into(),
    ]
}

pub(super) fn variables() -> Vec<Item> {
    let now = "has(object.metadata.labels) ? object.metadata.labels : {}";
    let before = "request.operation == 'UPDATE' && has(oldObject.metadata.labels) ? oldObject.metadata.labels : {}";
    vec![named("now", now).into(), named("before", before).into()]
}

/// An expression for each objection, which is true where there is nothing to object to.
pub(super) fn validations(guard: &Guard) -> Vec<Item> {
    guard.labels.iter().flat_map(of_label).map(Item::from).collect()
}

fn named(name: &str, expression: &str) -> Map {
    Map::default().with("name", name).with("expression", expression)
}

fn of_label(label: &GuardedLabel) -> impl Iterator<Item = Map> {
    let validation =
        |expression: String, message: String| Map::default().with("expression", expression).with("message", message);
    let lacking = label
        .required
        .then(|| validation(is_there(label), render::guard::lacking(label)));
    let changing = validation(is_kept(label), render::guard::changing(label));
    lacking.into_iter().chain([changing])
}

fn is_there(label: &GuardedLabel) -> String {
    let key = text(&label.key);
    let same = same(&key);
    let allowed = allowed(label, &key, "now");
    format!("request.operation == 'UPDATE' && {same} || {key} in variables.now{allowed}")
}

fn is_kept(label: &GuardedLabel) -> String {
    let key = text(&label.key);
    let counted = if label.required {
        allowed(label, &key, "before")
    } else {
        String::new()
    };
    let kept = if label.fixed {
        format!("{key} in variables.now && variables.now[{key}] == variables.before[{key}]")
    } else {
        format!("{key} in variables.now")
    };
    format!("!({key} in variables.before{counted}) || {kept}")
}

fn same(key: &str) -> String {
    format!(
        "({key} in variables.now) == ({key} in variables.before) && \
         (!({key} in variables.now) || variables.now[{key}] == variables.before[{key}])"
    )
}

fn allowed(label: &GuardedLabel, key: &str, labels: &str) -> String {
    let values: Vec<_> = values(label).iter().map(|value| text(value)).collect();
    if values.is_empty() {
        String::new()
    } else {
        format!(" && variables.{labels}[{key}] in [{}]", values.join(", "))
    }
}

/// A text of that language; keys and values of labels that a cluster would refuse have no place in it.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
