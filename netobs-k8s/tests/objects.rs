//! Kubernetes objects become the model's, with nothing lost that netobs uses.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use k8s_openapi::serde::de::DeserializeOwned;
use netobs_core::{
    change::{Phase, ServiceKind},
    event::Protocol,
    labels::{Interner, Selector},
    time::Timestamp,
    workload::WorkloadKind,
};
use netobs_k8s::object;
use serde_json::{Value, json};

fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_namespace_carries_its_name_as_a_label_and_keeps_annotations_that_could_be_labels() {
    let namespace = typed(
        json!({"metadata": {"name": "ops", "labels": {"team": "a"}, "annotations":
        {"env": "prod", "note": "not a label's value", "kubectl.kubernetes.io/last-applied-configuration": "{}"}}}),
    );
    let mut interner = Interner::default();
    let found = object::namespace(&namespace, &mut interner);
    assert_eq!(found.labels.to_string(), "kubernetes.io/metadata.name=ops,team=a");
    assert_eq!(found.annotations.to_string(), "env=prod");
    assert!(
        found
            .labels
            .is_same(&object::namespace(&namespace, &mut interner).labels)
    );
}

#[test]
fn a_pod_brings_addresses_owner_ports_and_state() {
    let pod = typed(json!({
        "metadata": {"namespace": "shop", "name": "web-5d9-x", "uid": "u1", "labels": {"pod-template-hash": "5d9"},
            "deletionTimestamp": "2026-03-01T10:05:00Z",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d9", "uid": "r", "controller": true}]},
        "spec": {"nodeName": "n1", "hostNetwork": true, "containers": [
            {"name": "c", "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9},
                {"name": "dns", "containerPort": 53, "protocol": "UDP"}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
            "startTime": "2026-03-01T10:01:58Z"}}));
    let pod = object::pod(&pod, &mut Interner::default());
    assert_eq!(
        (pod.uid.0.as_str(), pod.namespace.as_str(), pod.name.as_str()),
        ("u1", "shop", "web-5d9-x")
    );
    assert_eq!(
        pod.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.1", "fd00::1"]
    );
    assert_eq!(
        (pod.workload.kind, pod.workload.name.as_str()),
        (WorkloadKind::Deployment, "web")
    );
    assert_eq!(
        (pod.phase, pod.terminating, pod.host_network),
        (Phase::Running, true, true)
    );
    assert_eq!(
        (pod.node.as_deref(), pod.started),
        (Some("n1"), Some(Timestamp::from_secs(1_772_359_318)))
    );
    let ports: Vec<_> = pod
        .ports
        .iter()
        .map(|port| (port.name.as_str(), port.protocol, port.port))
        .collect();
    assert_eq!(ports, [("http", Protocol::Tcp, 8080), ("dns", Protocol::Udp, 53)]);
}

#[test]
fn an_empty_pod_is_still_one() {
    let pod = object::pod(&typed(json!({"metadata": {"name": "x"}})), &mut Interner::default());
    assert_eq!((pod.namespace.as_str(), pod.uid.0.as_str()), ("default", "default/x"));
    assert_eq!((pod.phase, pod.addresses.len(), pod.started), (Phase::Unknown, 0, None));
}

#[test]
fn a_node_brings_its_addresses_and_the_blocks_of_its_pods() {
    let node = typed(json!({"metadata": {"name": "n1", "labels": {"zone": "a"}},
        "spec": {"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24", "fd01::/64"]},
        "status": {"addresses": [{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "192.168.0.1"}]}}));
    let node = object::node(&node, &mut Interner::default());
    assert_eq!(
        node.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["192.168.0.1"]
    );
    assert_eq!(
        node.pod_blocks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.1.0.0/24", "fd01::/64"]
    );
}

#[test]
fn a_service_brings_every_address_it_is_reached_by() {
    let service = typed(json!({"metadata": {"namespace": "shop", "name": "api"},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd96::1"],
            "externalIPs": ["198.51.100.1"], "selector": {"app": "api"},
            "ports": [{"name": "http", "port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}, {"hostname": "lb"}]}}}));
    let service = object::service(&service, &mut Interner::default());
    let addresses: Vec<_> = service.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.96.0.1", "198.51.100.1", "203.0.113.1", "fd96::1"]);
    assert_eq!(
        (service.kind, service.selector),
        (ServiceKind::LoadBalancer, "app=api".parse::<Selector>().ok())
    );
    assert_eq!(
        (service.ports[0].node_port, service.ports[1].protocol),
        (Some(30080), Protocol::Udp)
    );
    let headless = object::service(
        &typed(json!({"metadata": {"name": "db"}, "spec": {"clusterIP": "None", "clusterIPs": ["None"]}})),
        &mut Interner::default(),
    );
    assert!(headless.addresses.is_empty() && headless.selector.is_none());
}

#[test]
fn an_endpoint_slice_names_its_service_and_its_pods() {
    let slice = typed(json!({"addressType": "IPv4",
        "metadata": {"namespace": "shop", "name": "api-x", "labels": {"kubernetes.io/service-name": "api"}},
        "ports": [{"name": "", "port": 8080}, {"name": "all", "protocol": "TCP"}],
        "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "uid": "u1"}}, {"addresses": ["10.9.9.9"]}]}));
    let slice = object::endpoint_slice(&slice, &mut Interner::default());
    assert_eq!(slice.service.as_deref(), Some("api"));
    assert_eq!(
        (slice.ports[0].name.as_deref(), slice.ports[0].port, slice.ports[1].port),
        (None, Some(8080), None)
    );
    assert_eq!(slice.backends[0].pod.as_ref().map(|uid| uid.0.as_str()), Some("u1"));
    assert_eq!(slice.backends[1].pod, None);
}
