//! The cluster of the story, as its API server has it.

use super::role::Role;
use super::scenario::Scenario;
use crate::site::Addresses;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

/// The node's name.
pub const NODE: &str = "node-1";

pub(crate) fn node(addresses: Addresses) -> Value {
    let own = [addresses.v4.to_string(), addresses.v6.to_string()];
    let addresses = own.map(|address| json!({"type": "InternalIP", "address": address}));
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}},
        "status": {"addresses": addresses, "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

pub(super) fn namespace(role: Role, scenario: Scenario) -> Value {
    let (mut labels, mut annotations) = (json!({}), json!({}));
    match (role, scenario) {
        (Role::Api | Role::Web, _) | (Role::Backup, Scenario::Drift | Scenario::NoDns) => labels["env"] = "prod".into(),
        (Role::Backup, Scenario::Typo) => labels["enviroment"] = "prod".into(),
        (Role::Backup, Scenario::Annotation) => annotations["env"] = "prod".into(),
        (Role::Backup, Scenario::MissingLabel | Scenario::NotEnforced) | (Role::Dns, _) => {}
    }
    let metadata = json!({"name": role.namespace(), "labels": labels, "annotations": annotations});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
}

/// A running pod with what owns it.
pub(super) fn pod(role: Role, addresses: Addresses) -> [Value; 3] {
    let (namespace, hash) = (role.namespace(), role.template_hash());
    let labels = json!({"app": role.deployment(), "pod-template-hash": hash});
    let metadata = |name: &str, owner: Value| json!({"namespace": namespace, "name": name, "labels": labels, "ownerReferences": owner});
    let owner = |kind: &str, name: &str| {
        let uid = format!("{namespace}-{kind}-{name}");
        json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true}])
    };
    let ports = role
        .serves()
        .map(|(_, port)| json!({"name": port.name, "containerPort": port.number, "protocol": port.protocol}));
    let container = json!({"name": role.deployment(), "image": role.deployment(), "ports": Vec::from_iter(ports)});
    let ips = [addresses.v4.to_string(), addresses.v6.to_string()];
    let status = json!({
        "phase": "Running", "podIP": ips[0], "podIPs": ips.each_ref().map(|ip| json!({"ip": ip})),
        "startTime": Timestamp::now().to_string(), "conditions": [{"type": "Ready", "status": "True"}],
    });
    let (set, name) = (role.replica_set(), role.pod());
    [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(role.deployment(), json!([]))}),
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": metadata(&set, owner("Deployment", role.deployment())),
        }),
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata(&name, owner("ReplicaSet", &set)),
            "spec": {"nodeName": NODE, "containers": [container]}, "status": status,
        }),
    ]
}

/// A headless service, so that its name stands for the pod's own address.
pub(super) fn service(role: Role, addresses: Addresses) -> Vec<Value> {
    let Some((name, port)) = role.serves() else {
        return Vec::new();
    };
    let namespace = role.namespace();
    let slice = format!("{name}-{}", role.template_hash());
    let ports = json!([{"name": port.name, "port": port.number, "protocol": port.protocol, "targetPort": port.name}]);
    let endpoint = json!({
        "addresses": [addresses.v4.to_string()], "nodeName": NODE, "conditions": {"ready": true},
        "targetRef": {"kind": "Pod", "namespace": namespace, "name": role.pod()},
    });
    vec![
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name},
            "spec": {"clusterIP": "None", "clusterIPs": ["None"], "selector": {"app": role.deployment()}, "ports": ports},
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"namespace": namespace, "name": slice, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4", "endpoints": [endpoint],
            "ports": [{"name": port.name, "port": port.number, "protocol": port.protocol}],
        }),
    ]
}

pub(super) fn policies(scenario: Scenario) -> Vec<Value> {
    let prod = json!({"namespaceSelector": {"matchLabels": {"env": "prod"}}});
    let http = json!([{"protocol": "TCP", "port": 8080}]);
    let mut policies = vec![
        policy(
            Role::Api,
            "default-deny",
            &json!({"podSelector": {}, "policyTypes": ["Ingress"]}),
        ),
        policy(
            Role::Api,
            "allow-prod",
            &json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [prod], "ports": http}]}),
        ),
    ];
    if scenario == Scenario::NoDns {
        let rule = json!({"to": [prod], "ports": http});
        policies.extend([
            policy(
                Role::Web,
                "default-deny",
                &json!({"podSelector": {}, "policyTypes": ["Egress"]}),
            ),
            policy(
                Role::Web,
                "allow-api",
                &json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}),
            ),
        ]);
    }
    policies
}

fn policy(role: Role, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": role.namespace(), "name": name}, "spec": spec,
    })
}
