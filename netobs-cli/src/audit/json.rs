//! The JSON of `netobs audit`, a contract: see docs/explain.md.
use std::slice;

use netobs_core::{
    audit::Finding,
    explain::{LabelHint, ObjectRef},
    policy::PolicyId,
    render,
};
use netobs_k8s::manifests::Manifests;
use serde::Serialize;

const VERSION: u32 = 1;

#[derive(Serialize)]
pub(super) struct Answer {
    version: u32,
    policies: usize,
    namespaces: usize,
    pods: usize,
    findings: Vec<JsonFinding>,
}

#[derive(Default, Serialize)]
struct JsonFinding {
    kind: &'static str,
    object: Option<Object>,
    key: Option<String>,
    wanted: Option<Vec<String>>,
    found: Option<String>,
    hint: Option<&'static str>,
    policies: Vec<Policy>,
    /// Such as `spec.ingress[0].from[1]`.
    field: Option<String>,
    text: String,
    command: Option<String>,
}

#[derive(Serialize)]
struct Object {
    kind: &'static str,
    namespace: Option<String>,
    name: String,
}

#[derive(Serialize)]
struct Policy {
    kind: &'static str,
    namespace: Option<String>,
    name: String,
    /// Where it was read.
    file: Option<String>,
}

pub(super) fn answer(manifests: &Manifests, findings: &[Finding]) -> Answer {
    Answer {
        version: VERSION,
        policies: manifests.policies.len(),
        namespaces: manifests.snapshot.namespaces.len(),
        pods: manifests.snapshot.pods.len(),
        findings: findings.iter().map(|finding| of(finding, manifests)).collect(),
    }
}

fn of(finding: &Finding, manifests: &Manifests) -> JsonFinding {
    let policy = |id: &PolicyId| Policy {
        kind: id.kind,
        namespace: id.namespace.as_ref().map(ToString::to_string),
        name: id.name.to_string(),
        file: manifests.policy_places.get(id).map(|place| place.file.clone()),
    };
    let bare = |kind, policies: &[PolicyId]| JsonFinding {
        kind,
        policies: policies.iter().map(policy).collect(),
        text: render::audit::finding(finding),
        command: render::audit::remedy(finding),
        ..JsonFinding::default()
    };
    match finding {
        Finding::LabelLacking(lacking) => JsonFinding {
            object: Some(object(&lacking.object)),
            key: Some(lacking.key.to_string()),
            wanted: Some(lacking.wanted.iter().map(ToString::to_string).collect()),
            found: lacking.found.as_ref().map(ToString::to_string),
            hint: lacking.hints.first().map(hint),
            ..bare("label_lacking", &lacking.policies)
        },
        Finding::NoSubject {
            policy,
            namespace_exists: false,
            ..
        } => bare("no_such_namespace", slice::from_ref(policy)),
        Finding::NoSubject { policy, .. } => JsonFinding {
            field: Some("spec.podSelector".to_owned()),
            ..bare("policy_for_nobody", slice::from_ref(policy))
        },
        Finding::NoPeer {
            policy,
            direction,
            rule,
            peer,
            ..
        } => {
            let direction = render::word(*direction);
            let peers = if direction == "ingress" { "from" } else { "to" };
            let field = format!("spec.{direction}[{rule}].{peers}[{peer}]");
            JsonFinding {
                field: Some(field),
                ..bare("selector_matches_nothing", slice::from_ref(policy))
            }
        }
        Finding::NoDns {
            namespace, policies, ..
        } => JsonFinding {
            object: Some(object(&ObjectRef::Namespace(namespace.clone()))),
            ..bare("dns_not_admitted", policies)
        },
    }
}

fn object(object: &ObjectRef) -> Object {
    let namespace = match object {
        ObjectRef::Namespace(_) => None,
        ObjectRef::Pod { namespace, .. } => Some(namespace.to_string()),
    };
    Object {
        kind: object.kind(),
        namespace,
        name: object.name().to_string(),
    }
}

fn hint(hint: &LabelHint) -> &'static str {
    match hint {
        LabelHint::WasThere { .. } => "was_there_until",
        LabelHint::Annotation { .. } => "annotation",
        LabelHint::NearKey { .. } => "near_miss_key",
        LabelHint::NearValue { .. } => "near_miss_value",
        LabelHint::ValueDiffers => "value_differs",
        LabelHint::KeyMissing => "key_missing",
        LabelHint::Unwanted => "unwanted",
    }
}
