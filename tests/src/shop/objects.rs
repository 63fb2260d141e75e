//! The cluster of the shop, as its API server has it.

use super::part::Part;
use crate::demo::objects::NODE;
use crate::site::Addresses;
use serde_json::{Map, Value, json};

pub(super) fn namespace(part: Part) -> Value {
    let name = part.namespace();
    let mut labels = json!({"kubernetes.io/metadata.name": name});
    if matches!(part, Part::Frontend | Part::Api | Part::Worker | Part::Db) {
        labels["env"] = "prod".into();
    }
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// A running pod with what owns it.
pub(super) fn pod(part: Part, addresses: Addresses) -> [Value; 3] {
    let namespace = part.namespace();
    let mut labels: Map<_, _> = part
        .labels()
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).into()))
        .collect();
    let of_deployment = metadata(namespace, part.deployment(), &labels, None);
    labels.insert("pod-template-hash".to_owned(), part.template_hash().into());
    let of_set = metadata(
        namespace,
        &part.replica_set(),
        &labels,
        Some(("Deployment", part.deployment())),
    );
    let of_pod = metadata(
        namespace,
        &part.pod(),
        &labels,
        Some(("ReplicaSet", &part.replica_set())),
    );
    let ports = part
        .ports()
        .iter()
        .map(|port| json!({"name": port.name, "containerPort": port.number, "protocol": port.protocol}));
    let container = json!({"name": "main", "image": part.deployment(), "ports": Vec::from_iter(ports)});
    let ips = [addresses.v4.to_string(), addresses.v6.to_string()];
    let status = json!({
        "phase": "Running", "podIP": ips[0], "podIPs": ips.each_ref().map(|ip| json!({"ip": ip})),
        "conditions": [{"type": "Ready", "status": "True"}],
    });
    [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": of_deployment}),
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": of_set}),
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": of_pod,
            "spec": {"nodeName": NODE, "containers": [container]}, "status": status,
        }),
    ]
}

fn metadata(namespace: &str, name: &str, labels: &Map<String, Value>, owner: Option<(&str, &str)>) -> Value {
    let owners = owner.map(|(kind, name)| {
        let uid = format!("{namespace}-{kind}-{name}");
        json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true})
    });
    json!({"namespace": namespace, "name": name, "labels": labels, "ownerReferences": Vec::from_iter(owners)})
}
