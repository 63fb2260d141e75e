//! What is served here, as clients like `kubectl` ask for it first.

use super::kind::{Kind, Kinds};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "34",
        "gitVersion": "v1.34.1",
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-02T03:04:05Z",
        "goVersion": "go1.24.6",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

pub(crate) fn core_versions(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

pub(crate) fn groups(kinds: &Kinds) -> Value {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in kinds.all().iter().filter(|kind| !kind.group.is_empty()) {
        let known = versions.entry(&kind.group).or_default();
        if !known.contains(&kind.version.as_str()) {
            known.push(&kind.version);
        }
    }
    let groups: Vec<_> = versions
        .iter()
        .map(|(name, versions)| group_of(name, versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

pub(crate) fn group(kinds: &Kinds, name: &str) -> Value {
    let list = groups(kinds);
    let mut groups = list["groups"].as_array().into_iter().flatten();
    let mut group = groups.find(|group| group["name"] == name).cloned().unwrap_or_default();
    group["kind"] = json!("APIGroup");
    group["apiVersion"] = json!("v1");
    group
}

pub(crate) fn resources(kinds: &Kinds, group: &str, version: &str) -> Value {
    let served = kinds.all().iter();
    let served = served.filter(|kind| (&*kind.group, &*kind.version) == (group, version));
    let resources: Vec<Value> = served.flat_map(resource).collect();
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources})
}

fn group_of(name: &str, versions: &[&str]) -> Value {
    let named = |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<_> = versions.iter().map(named).collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

fn resource(kind: &Arc<Kind>) -> Vec<Value> {
    let short: &[&str] = match kind.plural.as_str() {
        "pods" => &["po"],
        "namespaces" => &["ns"],
        "nodes" => &["no"],
        "services" => &["svc"],
        "events" => &["ev"],
        "networkpolicies" => &["netpol"],
        "deployments" => &["deploy"],
        _ => &[],
    };
    let whole = json!({
        "name": kind.plural,
        "singularName": kind.kind.to_lowercase(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
        "shortNames": short,
    });
    let part = |name: &str, verbs: &[&str]| {
        json!({
            "name": format!("{}/{name}", kind.plural),
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": verbs,
        })
    };
    let status = kind.has_status.then(|| part("status", &["get", "patch", "update"]));
    let parts =
        ["exec", "portforward"].map(|name| (kind.qualified() == "pods").then(|| part(name, &["create", "get"])));
    [Some(whole), status].into_iter().chain(parts).flatten().collect()
}
