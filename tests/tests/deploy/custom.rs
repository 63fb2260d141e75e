//! Objects of installed definitions, whose schemas no Kubernetes has: every field is one that its definition knows.

use super::rendered::everything;
use super::schema::is_custom;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields of each kind that may be there, `*` for any name; those that have to be begin with `!`.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "PodMonitor",
        &[
            "!spec.selector.matchLabels.*",
            "spec.jobLabel",
            "!spec.podMetricsEndpoints[].port",
            "spec.podMetricsEndpoints[].path",
            "spec.podMetricsEndpoints[].interval",
            "spec.podMetricsEndpoints[].relabelings[].sourceLabels[]",
            "spec.podMetricsEndpoints[].relabelings[].targetLabel",
        ],
    ),
    (
        "PrometheusRule",
        &[
            "!spec.groups[].name",
            "!spec.groups[].rules[].alert",
            "!spec.groups[].rules[].expr",
            "spec.groups[].rules[].for",
            "spec.groups[].rules[].labels.*",
            "spec.groups[].rules[].annotations.*",
        ],
    ),
    ("Issuer", &["spec.selfSigned", "spec.ca.secretName"]),
    (
        "Certificate",
        &[
            "!spec.secretName",
            "!spec.issuerRef.name",
            "spec.issuerRef.kind",
            "spec.issuerRef.group",
            "spec.isCA",
            "!spec.commonName",
            "spec.dnsNames[]",
            "spec.usages[]",
            "spec.duration",
            "spec.renewBefore",
            "spec.privateKey.algorithm",
            "spec.privateKey.size",
            "spec.privateKey.rotationPolicy",
        ],
    ),
    (
        "SecurityContextConstraints",
        &[
            "!allowHostDirVolumePlugin",
            "!allowHostIPC",
            "!allowHostNetwork",
            "!allowHostPID",
            "!allowHostPorts",
            "allowPrivilegeEscalation",
            "!allowPrivilegedContainer",
            "!allowedCapabilities[]",
            "defaultAddCapabilities",
            "defaultAllowPrivilegeEscalation",
            "!fsGroup.type",
            "groups",
            "!readOnlyRootFilesystem",
            "!requiredDropCapabilities[]",
            "!runAsUser.type",
            "runAsUser.uid",
            "!seLinuxContext.type",
            "seccompProfiles[]",
            "!supplementalGroups.type",
            "users",
            "!volumes[]",
        ],
    ),
];

const METADATA: [&str; 6] = [
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.labels.*",
    "metadata.annotations.*",
];

#[test]
fn objects_of_installed_definitions_have_the_fields_these_know() -> Result<()> {
    let mut kinds = BTreeSet::new();
    for (from, objects) in everything()? {
        for object in objects.iter().filter(|object| is_custom(object)) {
            let kind = object["kind"].as_str().context("a kind")?;
            let known = FIELDS.iter().find(|(known, _)| *known == kind);
            let (_, fields) = known.with_context(|| format!("{kind} is not described here"))?;
            check(object, fields).with_context(|| format!("{from}: {kind}"))?;
            kinds.insert(kind.to_owned());
        }
    }
    assert_eq!(kinds.len(), FIELDS.len(), "{kinds:?}");
    Ok(())
}

fn check(object: &Value, fields: &[&str]) -> Result<()> {
    let mut there = BTreeSet::new();
    paths(object, "", &mut there);
    let known = |path: &str| {
        let mut all = METADATA.iter().chain(fields);
        all.any(|field| is(field.trim_start_matches('!'), path))
    };
    let unknown: Vec<_> = there.iter().filter(|path| !known(path)).collect();
    anyhow::ensure!(unknown.is_empty(), "not known: {unknown:?}");
    let needed = fields.iter().filter_map(|field| field.strip_prefix('!'));
    let missing: Vec<_> = needed
        .filter(|field| !there.iter().any(|path| is(field, path)))
        .collect();
    anyhow::ensure!(missing.is_empty(), "missing: {missing:?}");
    Ok(())
}

fn is(field: &str, path: &str) -> bool {
    match field.strip_suffix('*') {
        Some(head) => path.starts_with(head),
        None => field == path,
    }
}

/// Where there are values.
fn paths(value: &Value, at: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                paths(field, &at, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for one in list {
                paths(one, &format!("{at}[]"), out);
            }
        }
        Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.insert(at.to_owned());
        }
    }
}
