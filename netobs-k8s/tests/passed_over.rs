//! What used to be passed over without a word in objects other than policies is found, in its field.
use netobs_k8s::manifests::Reader;

/// The object, the field that is wrong, and a part of what is said of it.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c}, {name: d, ports: [{containerPort: 0}]}]}}",
        "spec.containers[1].ports[0].containerPort",
        "0 is no port; ports are 1 to 65535",
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {initContainers: [{name: c, ports: [{containerPort: 65536}]}]}}",
        "spec.initContainers[0].ports[0].containerPort",
        "65536 is no port",
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, ports: [{containerPort: 1, protocol: tcp}]}]}}",
        "spec.containers[0].ports[0].protocol",
        "TCP, UDP and SCTP",
    ),
    (
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {template: {spec: {containers: [{name: c, ports: [{containerPort: -1}]}]}}}}",
        "spec.template.spec.containers[0].ports[0].containerPort",
        "-1 is no port",
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, status: {podIP: 10.0.0.256}}",
        "status.podIP",
        "\"10.0.0.256\" is no IP address",
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::g'}]}}",
        "status.podIPs[1].ip",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, status: {hostIP: node-1}}",
        "status.hostIP",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, status: {hostIPs: [{ip: 10.0.0.0/8}]}}",
        "status.hostIPs[0].ip",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Node, metadata: {name: x}, status: {addresses: [{type: Hostname, address: x}, {type: InternalIP, address: x}]}}",
        "status.addresses[1].address",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Node, metadata: {name: x}, spec: {podCIDR: 10.0.0.0/40}}",
        "spec.podCIDR",
        "up to 32",
    ),
    (
        "{apiVersion: v1, kind: Node, metadata: {name: x}, spec: {podCIDRs: [10.0.0.0/24, 10.0.0.0/40]}}",
        "spec.podCIDRs[1]",
        "up to 32",
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {clusterIP: none}}",
        "spec.clusterIP",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {clusterIPs: [10.0.0.1, 10.0.0]}}",
        "spec.clusterIPs[1]",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {externalIPs: [x]}}",
        "spec.externalIPs[0]",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: x}, status: {loadBalancer: {ingress: [{hostname: x}, {ip: x}]}}}",
        "status.loadBalancer.ingress[1].ip",
        "no IP address",
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{port: 70000}]}}",
        "spec.ports[0].port",
        "70000 is no port",
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{port: 80, protocol: HTTP}]}}",
        "spec.ports[0].protocol",
        "TCP, UDP and SCTP",
    ),
];

fn findings(text: &str) -> Vec<String> {
    let mut reader = Reader::default();
    reader.add("bad.yaml", text.as_bytes());
    reader.finish().findings.iter().map(ToString::to_string).collect()
}

#[test]
fn addresses_and_ports_that_are_none_are_found_in_their_field_and_nothing_else_is() {
    for (object, field, problem) in REFUSED {
        let found = findings(object);
        let [only] = found.as_slice() else {
            panic!("{object}: {found:#?}");
        };
        let place = format!("x, {field}: ");
        assert!(
            only.starts_with("error: bad.yaml, document 1, ") && only.contains(&place) && only.contains(problem),
            "{object}: {only}"
        );
    }
}

#[test]
fn addresses_that_are_not_there_yet_and_headless_services_are_fine() {
    for object in [
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, status: {podIP: '', hostIP: '', podIPs: []}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, ports: [{containerPort: 1}, {containerPort: 65535}]}]}}",
        "{apiVersion: v1, kind: Node, metadata: {name: x}, spec: {podCIDR: ''}, status: {addresses: [{type: Hostname, address: x}]}}",
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {clusterIP: None, clusterIPs: [None]}}",
        "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {type: ExternalName, clusterIP: ''}}",
    ] {
        assert_eq!(findings(object), Vec::<String>::new(), "{object}");
    }
}

#[test]
fn items_of_lists_are_told_apart_by_their_index() {
    let text = "{apiVersion: v1, kind: List, items: [{apiVersion: v1}, {apiVersion: v1}, {apiVersion: v1, kind: PodList, items: [{}]}]}";
    let found = findings(text);
    let kind = "every Kubernetes object needs a text here";
    let name = "every object needs a name here";
    assert_eq!(
        found,
        [
            format!("error: bad.yaml, document 1, items[0], kind: {kind}"),
            format!("error: bad.yaml, document 1, items[1], kind: {kind}"),
            format!("error: bad.yaml, document 1, items[2].items[0], Pod, metadata.name: {name}"),
        ]
    );
}
