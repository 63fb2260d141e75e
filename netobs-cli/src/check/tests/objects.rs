//! Findings from the API server's objects: what runs, which policies there are, and who answers for names.
use expect_test::expect;
use netobs_k8s::manifests::Reader;
use serde_json::{Value, json};

use super::{agent, cluster, daemon_set, facts, of, refused};
use crate::check::{
    facts::{ClusterFacts, Dialect, NodeFacts},
    read,
};

#[test]
fn an_engine_that_is_there_and_turned_off_is_told_with_the_switch() {
    let agent_container = |argument: &str| json!({"name": "aws-eks-nodeagent", "args": [argument]});
    for (set, expected) in [
        (
            daemon_set("aws-node", &agent_container("--enable-network-policy=false")),
            expect![[r#"
                Mend: nothing here enforces NetworkPolicies: the AWS VPC CNI (DaemonSet kube-system/aws-node) could, and does not -> turn it on: it takes --enable-network-policy=true for its container aws-eks-nodeagent
            "#]],
        ),
        (
            daemon_set("aws-node", &agent_container("--enable-network-policy=true")),
            expect![[r#"
                Good: policies are there to be enforced by the AWS VPC CNI (DaemonSet kube-system/aws-node)
            "#]],
        ),
        (
            daemon_set(
                "kube-router",
                &json!({"name": "kube-router", "args": ["--run-firewall=false"]}),
            ),
            expect![[r#"
                Mend: nothing here enforces NetworkPolicies: kube-router (DaemonSet kube-system/kube-router) could, and does not -> turn it on: start it without --run-firewall=false
            "#]],
        ),
        (
            daemon_set("weave-net", &json!({"name": "weave"})),
            expect![[r#"
            Mend: nothing here enforces NetworkPolicies: Weave Net (DaemonSet kube-system/weave-net) could, and does not -> turn it on: it takes container weave-npc in it
        "#]],
        ),
        (
            daemon_set("kindnet", &json!({"name": "kindnet-cni"})),
            expect![[r#"
            Note: kindnet (DaemonSet kube-system/kindnet) may enforce policies: that of kind 0.24 and later enforces them
        "#]],
        ),
    ] {
        let facts = facts(vec![agent("node-a", vec![])], cluster(&[set]));
        expected.assert_eq(&of(&facts, "policy engine"));
    }
}

#[test]
fn what_runs_is_recognised_by_its_label_where_it_is_named_otherwise() {
    let mut set = daemon_set("my-net", &json!({"name": "main"}));
    set["metadata"]["labels"] = json!({"k8s-app": "calico-node"});
    set["status"]["numberReady"] = json!(1);
    let facts = facts(vec![agent("node-a", vec![])], cluster(&[set]));
    expect![[r#"
        Mend: Calico is ready on 1 of 2 nodes: DaemonSet kube-system/my-net -> see why with `kubectl describe -n kube-system daemonset/my-net`
        Good: the pods' network is made by Calico (DaemonSet kube-system/my-net)
    "#]].assert_eq(&of(&facts, "cni"));
}

#[test]
fn k3s_is_recognised_by_its_nodes() {
    let node = NodeFacts {
        name: "node-a".to_owned(),
        kubelet_version: "v1.33.1+k3s1".to_owned(),
    };
    let cluster = ClusterFacts {
        nodes: Some(vec![node]),
        ..cluster(&[])
    };
    let facts = facts(vec![agent("node-a", vec![])], cluster);
    expect![[r#"
        Note: k3s (flannel and kube-router within it, unless they are turned off) (node node-a) may enforce policies: it does unless started with --disable-network-policy
    "#]].assert_eq(&of(&facts, "policy engine"));
}

#[test]
fn default_deny_labels_and_dns_are_read_from_the_objects() {
    let namespace = |name: &str, labels: &Value| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    let policy = |namespace: &str, name: &str, spec: &Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"namespace": namespace, "name": name}, "spec": spec,
        })
    };
    let prod = json!([{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]);
    let pod = |namespace: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": "web"},
            "spec": {"containers": [{"name": "main"}]}, "status": {"phase": "Running"},
        })
    };
    let objects = [
        namespace("prod-a", &json!({"env": "prod"})),
        namespace("prod-b", &json!({"env": "prod"})),
        namespace("open", &json!({"env": "prod"})),
        namespace("ops-utils", &json!({"enviroment": "prod"})),
        namespace("empty", &json!({})),
        policy("prod-a", "default-deny", &json!({"podSelector": {}})),
        policy(
            "prod-a",
            "allow",
            &json!({"podSelector": {}, "ingress": [{"from": prod}]}),
        ),
        policy("prod-b", "deny", &json!({"podSelector": {}, "policyTypes": ["Egress"]})),
        policy("open", "deny", &json!({"podSelector": {}})),
        policy("open", "allow-all", &json!({"podSelector": {}, "ingress": [{}]})),
        pod("prod-b"),
        pod("ops-utils"),
    ];
    let mut reader = Reader::default();
    for object in &objects {
        reader.add("test", object.to_string().as_bytes());
    }
    let manifests = reader.finish();
    assert!(!manifests.has_errors(), "{:?}", manifests.findings);
    let cluster = ClusterFacts {
        objects: Some(manifests),
        ..ClusterFacts::default()
    };
    let facts = facts(vec![agent("node-a", vec![refused(1)])], cluster);
    expect![[r#"
        Note: of 5 namespaces, ingress is denied by default in 1 (prod-a), egress in 1 (prod-b)
    "#]]
    .assert_eq(&of(&facts, "default deny"));
    expect![[r#"
        Mend: labels that policies select on (env) are lacking on 1 namespace (ops-utils) -> `netobs audit` names each, with the command that mends it
        Note: labels that policies select on are lacking on 1 namespace without pods: empty -> `netobs audit` names each, with the command that mends it
    "#]].assert_eq(&of(&facts, "labels"));
    expect![[r#"
        Mend: pods may send only what policies admit, and not ask DNS, in prod-b -> `netobs generate -n NAMESPACE` writes allow-dns, which admits it; not that of --phase dns, which opens all of egress
    "#]].assert_eq(&of(&facts, "dns"));
}

#[test]
fn name_servers_are_told_with_what_policies_must_admit() {
    let service = |namespace: &str, name: &str, target: &Value| {
        let ports = [json!({"protocol": "UDP", "port": 53, "targetPort": target})];
        read::service(&json!({
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"clusterIP": "10.96.0.10", "ports": ports},
        }))
    };
    let words =
        json!({"name": "node-cache", "args": ["-localip", "169.254.25.10,10.96.0.10", "-conf", "/etc/Corefile"]});
    let cluster = ClusterFacts {
        services: Some(vec![
            service("kube-system", "kube-dns", &json!(53)),
            service("openshift-dns", "dns-default", &json!("dns")),
            service("shop", "kube-dns", &json!(53)),
        ]),
        ..cluster(&[daemon_set("node-local-dns", &words)])
    };
    let facts = facts(vec![agent("node-a", vec![])], cluster);
    expect![[r#"
        Note: DNS is Service openshift-dns/dns-default at 10.96.0.10; its pods listen on port 5353, not 53 -> policies for egress must admit that port of the pods in namespace openshift-dns, for UDP and TCP
        Note: NodeLocal DNSCache runs (DaemonSet kube-system/node-local-dns): pods ask 169.254.25.10/32 on their own node, not the DNS service's pods -> policies for egress must admit 169.254.25.10/32 (ipBlock) on port 53 for UDP and TCP, beside the DNS service's pods
        Good: DNS is Service kube-system/kube-dns at 10.96.0.10
    "#]].assert_eq(&of(&facts, "dns"));
}

#[test]
fn other_kinds_of_policies_are_told() {
    let dialect = |kind: &str, objects| Dialect {
        kind: kind.to_owned(),
        group: "policy.networking.k8s.io".to_owned(),
        objects,
    };
    let cluster = ClusterFacts {
        dialects: vec![
            dialect("AdminNetworkPolicy", Some(2)),
            dialect("BaselineAdminNetworkPolicy", Some(0)),
            dialect("ClusterNetworkPolicy", None),
        ],
        ..ClusterFacts::default()
    };
    expect![[r#"
        Note: there is AdminNetworkPolicy of policy.networking.k8s.io (2), which netobs does not evaluate -> what it refuses is told as dropped though admitted (`netobs causes --kind dropped-though-admitted`)
        Note: BaselineAdminNetworkPolicy of policy.networking.k8s.io is served, and there is none
        Note: ClusterNetworkPolicy of policy.networking.k8s.io is served, and this user may not list it; netobs does not evaluate it
    "#]].assert_eq(&of(&facts(vec![agent("node-a", vec![])], cluster), "other policies"));
}
