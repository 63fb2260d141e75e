//! A stored object: its JSON as it is sent, and what it can be selected by.

use super::kind::Kind;
use bytes::Bytes;
use serde_json::{Value, json};

/// The order in which objects of a kind are kept and listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Empty for what is in no namespace.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// One state of an object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) key: Key,
    pub(crate) labels: Vec<(String, String)>,
    /// Those of [`Kind::selectable`] that are there.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Without `kind` and `apiVersion`, as in a list.
    pub(crate) body: Bytes,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl Object {
    pub(crate) fn new(kind: &Kind, mut value: Value) -> Self {
        if let Some(map) = value.as_object_mut() {
            map.remove("kind");
            map.remove("apiVersion");
        }
        let text = |field: &str| value["metadata"][field].as_str().unwrap_or_default();
        let labels = value["metadata"]["labels"].as_object();
        let labels = labels.into_iter().flatten();
        let fields = kind.selectable().iter().map(|&path| (path, field(&value, path)));
        Self {
            key: Key::new(text("namespace"), text("name")),
            labels: labels.map(|(key, value)| (key.clone(), plain(value))).collect(),
            fields: fields.filter_map(|(path, value)| Some((path, value?))).collect(),
            body: value.to_string().into(),
        }
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        let mut labels = self.labels.iter();
        labels.find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The whole object, as a single one is sent.
    pub(crate) fn value(&self, kind: &Kind) -> Value {
        let mut value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        value["kind"] = json!(kind.kind);
        value["apiVersion"] = json!(kind.api_version());
        value
    }

    /// The whole object, written behind what is there already.
    pub(crate) fn write(&self, kind: &Kind, to: &mut Vec<u8>) {
        let (kind, api_version) = (&kind.kind, kind.api_version());
        to.extend_from_slice(format!(r#"{{"kind":"{kind}","apiVersion":"{api_version}","#).as_bytes());
        to.extend_from_slice(&self.body[1..]);
    }

    /// As it was, but of another version: the last state of what is no more.
    pub(crate) fn at(&self, kind: &Kind, version: u64) -> Self {
        let mut value = self.value(kind);
        value["metadata"]["resourceVersion"] = json!(version.to_string());
        Self::new(kind, value)
    }
}

fn field(value: &Value, path: &str) -> Option<String> {
    let found = path.split('.').fold(value, |value, step| &value[step]);
    (!found.is_null()).then(|| plain(found))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
