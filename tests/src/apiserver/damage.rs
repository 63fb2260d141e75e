//! Objects that are not as they should be.

use super::fault::Fault;
use super::object::Object;
use serde_json::{Value, json};

/// What is wrong with an object that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// JSON of a shape that no kind has.
    Malformed,
    /// No JSON.
    Garbled,
}

impl Damage {
    pub(crate) fn of(fault: Option<Fault>) -> Option<Self> {
        match fault {
            Some(Fault::Malformed) => Some(Self::Malformed),
            Some(Fault::Garbled) => Some(Self::Garbled),
            _ => None,
        }
    }

    /// The damaged object, without kind, as it is stored.
    pub(crate) fn done_to(self, object: &Object) -> Object {
        let body = match self {
            Self::Garbled => r#"{"metadata":{"name":!"#.into(),
            Self::Malformed => {
                let mut value: Value = serde_json::from_slice(&object.body).unwrap_or_default();
                value["metadata"]["labels"] = json!(["neither", "keys", "nor", "values"]);
                value.to_string().into()
            }
        };
        Object {
            key: object.key.clone(),
            labels: object.labels.clone(),
            fields: object.fields.clone(),
            body,
        }
    }
}
