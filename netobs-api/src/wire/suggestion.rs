//! What would admit a connection.
use netobs_core::{
    render,
    suggest::{Change, Suggestion},
};

use super::{label::object, text};
use crate::v1;

pub fn suggestion(suggestion: &Suggestion) -> v1::Suggestion {
    v1::Suggestion {
        commands: render::commands(suggestion),
        labels: suggestion.changes.iter().filter_map(label_change).collect(),
        effects: render::effects(suggestion),
    }
}

fn label_change(change: &Change) -> Option<v1::LabelChange> {
    let (labelled, key, value, before) = match change {
        Change::SetLabel {
            object,
            key,
            value,
            before,
        } => (object, key, Some(value), before.as_ref()),
        Change::RemoveLabel { object, key, before } => (object, key, None, Some(before)),
        Change::AddRule { .. } | Change::AddPort { .. } => return None,
    };
    Some(v1::LabelChange {
        object: Some(object(labelled)),
        key: text(key),
        value: value.map(text),
        before: before.map(text),
    })
}
