//! Mismatches and their hints in the JSON.

use netobs_core::{
    explain::{Attempt, LabelHint, LabelMismatch, Mismatch, NoPod, ObjectRef, PortHint},
    labels::Operator,
    policy::{Cidr, Connection, Direction, IpBlock, PortMatch, Ports},
    render,
};
use serde::Serialize;

#[derive(Default, Serialize)]
pub(super) struct JsonMismatch {
    kind: &'static str,
    /// The object whose label it is.
    object: Option<Object>,
    key: Option<String>,
    operator: Option<&'static str>,
    values: Option<Vec<String>>,
    wanted: Option<String>,
    found: Option<String>,
    /// The strongest of `hints`.
    hint: Option<&'static str>,
    hints: Vec<Hint>,
    text: String,
}

#[derive(Serialize)]
struct Object {
    kind: &'static str,
    namespace: Option<String>,
    name: String,
}

#[derive(Default, Serialize)]
struct Hint {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

pub(super) fn all(attempt: &Attempt, direction: Direction, connection: &Connection<'_>) -> Vec<JsonMismatch> {
    attempt
        .mismatches
        .iter()
        .map(|one| of(one, direction, connection))
        .collect()
}

fn of(mismatch: &Mismatch, direction: Direction, connection: &Connection<'_>) -> JsonMismatch {
    let text = render::mismatch(mismatch, direction, connection);
    let found = match mismatch {
        Mismatch::NamespaceLabel(mismatch) => label("namespace_label", mismatch),
        Mismatch::PodLabel(mismatch) => label("pod_label", mismatch),
        Mismatch::Namespace { wanted, found } => namespace(wanted, found),
        Mismatch::NoPod(why) => JsonMismatch {
            kind: "ip_block",
            found: Some(render::endpoint(connection.end(direction.peer()))),
            hints: vec![Hint {
                kind: no_pod(*why),
                ..Hint::default()
            }],
            ..JsonMismatch::default()
        },
        Mismatch::IpBlock {
            wanted,
            found,
            excepted,
        } => {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            let peer = || render::endpoint(connection.end(direction.peer()));
            let found = if found.is_empty() { peer() } else { found.join(", ") };
            ip_block(wanted, found, *excepted)
        }
        Mismatch::Port { wanted, hints, .. } => JsonMismatch {
            hints: hints.iter().map(port_hint).collect(),
            ..ports("port", wanted, render::port(connection))
        },
        Mismatch::Protocol { wanted, found } => ports("protocol", wanted, render::protocol(*found)),
        Mismatch::NoRule => wanted("direction", render::word(direction).to_owned()),
        Mismatch::Never => JsonMismatch {
            kind: "invalid",
            ..JsonMismatch::default()
        },
        Mismatch::Unknown(fact) => wanted("unknown", render::missing(*fact, connection)),
    };
    JsonMismatch {
        hint: found.hints.first().map(|hint| hint.kind),
        text,
        ..found
    }
}

fn wanted(kind: &'static str, wanted: String) -> JsonMismatch {
    JsonMismatch {
        kind,
        wanted: Some(wanted),
        ..JsonMismatch::default()
    }
}

/// Told as the label that every namespace carries its name in.
fn namespace(wanted: &str, found: &str) -> JsonMismatch {
    JsonMismatch {
        kind: "namespace_label",
        object: Some(Object {
            kind: "Namespace",
            namespace: None,
            name: found.to_owned(),
        }),
        key: Some("kubernetes.io/metadata.name".to_owned()),
        operator: Some("In"),
        values: Some(vec![wanted.to_owned()]),
        wanted: Some(wanted.to_owned()),
        found: Some(found.to_owned()),
        hints: vec![Hint {
            kind: "pod_selector_is_local",
            ..Hint::default()
        }],
        ..JsonMismatch::default()
    }
}

fn no_pod(why: NoPod) -> &'static str {
    match why {
        NoPod::HostNetwork => "host_network",
        NoPod::Node => "node",
        NoPod::World => "world",
    }
}

fn ip_block(wanted: &IpBlock, found: String, excepted: Option<Cidr>) -> JsonMismatch {
    let excepted = excepted.map(|one| Hint {
        kind: "excepted",
        value: Some(one.to_string()),
        ..Hint::default()
    });
    JsonMismatch {
        kind: "ip_block",
        wanted: Some(wanted.to_string()),
        found: Some(found),
        hints: excepted.into_iter().collect(),
        ..JsonMismatch::default()
    }
}

fn ports(kind: &'static str, wanted: &[PortMatch], found: String) -> JsonMismatch {
    let wanted = render::ports(&Ports::Of(wanted.to_vec()));
    JsonMismatch {
        kind,
        wanted: Some(wanted),
        found: Some(found),
        ..JsonMismatch::default()
    }
}

fn label(kind: &'static str, mismatch: &LabelMismatch) -> JsonMismatch {
    let LabelMismatch {
        object,
        requirement,
        found,
        hints,
    } = mismatch;
    let values: Vec<_> = requirement.values.iter().map(ToString::to_string).collect();
    let (operator, wanted) = match requirement.operator {
        Operator::In => ("In", values.join(" or ")),
        Operator::NotIn => ("NotIn", format!("not {}", values.join(" nor "))),
        Operator::Exists => ("Exists", "any value".to_owned()),
        Operator::DoesNotExist => ("DoesNotExist", "no such label".to_owned()),
    };
    let hints: Vec<_> = hints.iter().map(label_hint).collect();
    JsonMismatch {
        kind,
        object: Some(Object::of(object)),
        key: Some(requirement.key.to_string()),
        operator: Some(operator),
        values: Some(values),
        wanted: Some(wanted),
        found: found.as_ref().map(ToString::to_string),
        hints,
        ..JsonMismatch::default()
    }
}

impl Object {
    fn of(object: &ObjectRef) -> Self {
        let namespace = match object {
            ObjectRef::Namespace(_) => None,
            ObjectRef::Pod { namespace, .. } => Some(namespace.to_string()),
        };
        Self {
            kind: object.kind(),
            namespace,
            name: object.name().to_string(),
        }
    }
}

fn label_hint(hint: &LabelHint) -> Hint {
    let (kind, key, value, until) = match hint {
        LabelHint::WasThere { value, until } => ("was_there_until", None, Some(value), Some(render::utc(*until))),
        LabelHint::Annotation { value } => ("annotation", None, Some(value), None),
        LabelHint::NearKey { key, value } => ("near_miss_key", Some(key), Some(value), None),
        LabelHint::NearValue { wanted } => ("near_miss_value", None, Some(wanted), None),
        LabelHint::ValueDiffers => ("value_differs", None, None, None),
        LabelHint::KeyMissing => ("key_missing", None, None, None),
        LabelHint::Unwanted => ("unwanted", None, None, None),
    };
    Hint {
        kind,
        key: key.map(ToString::to_string),
        value: value.map(ToString::to_string),
        until,
        port: None,
    }
}

fn port_hint(hint: &PortHint) -> Hint {
    let (kind, name, port) = match hint {
        PortHint::NoPortOfThatName { name } => ("no_port_of_that_name", name, None),
        PortHint::NameIsOtherPort { name, port } => ("named_port_differs", name, Some(*port)),
        PortHint::OnlyPodsHaveNames { name } => ("only_pods_have_port_names", name, None),
    };
    Hint {
        kind,
        value: Some(name.to_string()),
        port,
        ..Hint::default()
    }
}
