//! Findings, from what agents and the API server would tell.
use expect_test::{Expect, expect};
use netobs_api::v1::{Ability, Cause, CauseKind, Count, GetStatusResponse, InventoryAbout, KernelStatus};
use netobs_k8s::manifests::Reader;
use serde_json::{Value, json};

use super::{
    facts::{AgentFacts, Cluster, ClusterFacts, Dialect, Facts, NodeFacts},
    findings, read, text, verdict,
};
use crate::{Verdict, show::View};

const HOUR: i64 = 3_600_000_000_000;

fn agent(node: &str, causes: Vec<Cause>) -> AgentFacts {
    AgentFacts {
        status: GetStatusResponse {
            node_name: node.to_owned(),
            ready: true,
            ..GetStatusResponse::default()
        },
        causes,
        inventory: Some(InventoryAbout {
            node_name: node.to_owned(),
            at_unix_nanos: 300 * HOUR,
            watched_nanos: 200 * HOUR,
            kept: 12,
            ..InventoryAbout::default()
        }),
    }
}

fn refused(packets: u64) -> Cause {
    Cause {
        kind: CauseKind::Label.into(),
        dropped: Some(Count { packets, bytes: 0 }),
        ..Cause::default()
    }
}

fn passed(connections: u64) -> Cause {
    Cause {
        kind: CauseKind::NotEnforced.into(),
        passed: connections,
        headline: "ops-utils/backup passes to prod-a/api".to_owned(),
        ..Cause::default()
    }
}

fn daemon_set(name: &str, container: &Value) -> Value {
    json!({
        "metadata": {"namespace": "kube-system", "name": name},
        "spec": {"template": {"spec": {"containers": [container]}}},
        "status": {"desiredNumberScheduled": 2, "numberReady": 2},
    })
}

fn cluster(daemon_sets: &[Value]) -> ClusterFacts {
    ClusterFacts {
        daemon_sets: Some(daemon_sets.iter().map(read::daemon_set).collect()),
        ..ClusterFacts::default()
    }
}

fn facts(agents: Vec<AgentFacts>, cluster: ClusterFacts) -> Facts {
    Facts {
        agents,
        cluster: Cluster::Known(Box::new(cluster)),
        ..Facts::default()
    }
}

#[track_caller]
fn check(facts: &Facts, exit: Verdict, expected: &Expect) {
    let findings = findings(facts);
    expected.assert_eq(&text(&findings, &View::plain()));
    assert_eq!(verdict(facts, &findings), exit);
}

/// Only what is said of these topics.
fn of(facts: &Facts, topic: &str) -> String {
    let all = findings(facts)
        .into_iter()
        .filter(|finding| finding.topic.word() == topic);
    let told = all.map(|finding| {
        let remedy = finding
            .remedy
            .map_or_else(String::new, |remedy| format!(" -> {remedy}"));
        format!("{:?}: {}{remedy}\n", finding.level, finding.says)
    });
    told.collect()
}

#[test]
fn a_cluster_in_order_has_nothing_to_mend() {
    let facts = facts(
        vec![agent("node-a", vec![refused(312)]), agent("node-b", vec![refused(4)])],
        cluster(&[daemon_set("calico-node", &json!({"name": "calico-node"}))]),
    );
    check(
        &facts,
        Verdict::Good,
        &expect![[r#"
        good  agents: 2 agents answered, ready, with all abilities
        good  cni: the pods' network is made by Calico (DaemonSet kube-system/calico-node)
        good  policy engine: policies are there to be enforced by Calico (DaemonSet kube-system/calico-node)
        good  enforcement: NetworkPolicy is enforced (316 packets refused by policies were seen dropped)
        good  inventory: the inventory is 12 d old on node-a, where it is youngest (8 d of it watched); 24 edges
        0 to mend, 0 to know, 5 good
    "#]],
    );
}

#[test]
fn policies_that_nobody_enforces_are_found_out_by_what_passes() {
    let facts = facts(
        vec![agent("node-a", vec![passed(7)])],
        cluster(&[daemon_set("kube-flannel-ds", &json!({"name": "kube-flannel"}))]),
    );
    check(
        &facts,
        Verdict::Bad,
        &expect![[r#"
        mend  policy engine: nothing here enforces NetworkPolicies: they are accepted, and have no effect
                install a policy engine beside the network: Calico for policy only (Canal), kube-router with --run-firewall, or kube-network-policies
        mend  enforcement: NetworkPolicy is not enforced (7 connections passed that policies do not admit, on node-a; the latest: ops-utils/backup passes to prod-a/api)
                install or turn on a policy engine, and see `netobs causes --kind not-enforced`
        good  agents: 1 agent answered, ready, with all abilities
        good  cni: the pods' network is made by flannel (DaemonSet kube-system/kube-flannel-ds)
        good  inventory: the inventory is 12 d old (8 d of it watched); 12 edges
        2 to mend, 0 to know, 3 good
    "#]],
    );
}

#[test]
fn a_node_that_does_not_enforce_is_named() {
    let facts = facts(
        vec![agent("node-a", vec![refused(3)]), agent("node-b", vec![passed(1)])],
        cluster(&[daemon_set("cilium", &json!({"name": "cilium-agent"}))]),
    );
    expect![[r#"
        Mend: NetworkPolicy is enforced only in part (3 packets refused by policies were seen dropped, on node-a; 1 connection passed that policies do not admit, on node-b; the latest: ops-utils/backup passes to prod-a/api) -> see that Cilium runs on these nodes and reports no errors (`kubectl logs -n kube-system daemonset/cilium`), and `netobs causes --kind not-enforced`
    "#]].assert_eq(&of(&facts, "enforcement"));
}

#[test]
fn without_anything_refused_nothing_is_claimed() {
    let unanswered = Cause {
        unanswered: 2,
        ..refused(0)
    };
    let facts = facts(vec![agent("node-a", vec![unanswered])], cluster(&[]));
    expect![[r#"
        Note: whether NetworkPolicy is enforced is not known: nothing was seen yet that policies refuse (2 connections that policies refuse got no answer, which may have other reasons) -> ask again after more traffic; netobs sends none. A connection from a pod that no policy admits would tell, such as `kubectl run -n NAMESPACE --rm -i --image busybox try -- nc -w 3 -z ADDRESS PORT`
    "#]].assert_eq(&of(&facts, "enforcement"));
}

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
        Mend: labels that policies select on (env) are lacking on 1 namespace (ops-utils) -> `kubectl get ns,po,netpol -A -o yaml | netobs audit -f -` names each, with the command that mends it
        Note: labels that policies select on are lacking on 1 namespace without pods: empty -> `kubectl get ns,po,netpol -A -o yaml | netobs audit -f -` names each, with the command that mends it
    "#]].assert_eq(&of(&facts, "labels"));
    expect![[r#"
        Mend: pods may send only what policies admit, and not ask DNS, in prod-b -> `netobs generate -n NAMESPACE --phase dns` writes the policy that admits it
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

#[test]
fn what_agents_lack_is_told_once_with_their_nodes() {
    let lacking = |node: &str| {
        let mut agent = agent(node, vec![]);
        agent.status.kernel = Some(KernelStatus {
            abilities: vec![Ability {
                name: "drops".to_owned(),
                there: false,
                remedy: "the kernel has no BTF".to_owned(),
            }],
            ..KernelStatus::default()
        });
        agent
    };
    let mut young = lacking("node-b");
    if let Some(about) = &mut young.inventory {
        about.at_unix_nanos = 3 * HOUR;
        about.watched_nanos = 2 * HOUR;
        about.forgotten_for_room = 5;
    }
    let known = ["node-a", "node-b", "node-c"].map(|name| NodeFacts {
        name: name.to_owned(),
        kubelet_version: String::new(),
    });
    let cluster = ClusterFacts {
        nodes: Some(known.into()),
        ..ClusterFacts::default()
    };
    let facts = facts(vec![lacking("node-a"), young], cluster);
    expect![[r#"
        Mend: ability drops is missing, on node-a, node-b -> the kernel has no BTF
        Note: no agent answered for 1 node: node-c -> what happens there is not seen; without --server all agents of the cluster are asked
    "#]].assert_eq(&of(&facts, "agents"));
    expect![[r#"
        Mend: 5 edges were let go for want of room: the inventory is not whole -> start the agents with a larger --inventory-edges
        Note: the inventory is 3 h old on node-b, where it is youngest (2 h of it watched); 24 edges -> what happens once a day or once a week may not be in it yet: wait for that before policies are made from it, and start agents with --state-dir, so that a restart does not begin it anew
    "#]].assert_eq(&of(&facts, "inventory"));
}

#[test]
fn without_a_cluster_or_agents_what_is_missing_is_said() {
    let alone = Facts {
        agents: vec![agent("node-a", vec![refused(1)])],
        ..Facts::default()
    };
    check(
        &alone,
        Verdict::Good,
        &expect![[r#"
        note  cluster: no cluster is named: CNI, default deny, DNS, other policies and labels were not looked at
                name it with --kubeconfig or KUBECONFIG
        good  agents: 1 agent answered, ready, with all abilities
        good  enforcement: NetworkPolicy is enforced (1 packet refused by policies were seen dropped)
        good  inventory: the inventory is 12 d old (8 d of it watched); 12 edges
        0 to mend, 1 to know, 3 good
    "#]],
    );
    let nobody = Facts {
        silent: vec!["no agent runs in namespace netobs".to_owned()],
        cluster: Cluster::Unreachable("the API server https://a cannot be asked: connection refused".to_owned()),
        ..Facts::default()
    };
    check(
        &nobody,
        Verdict::Unreachable,
        &expect![[r#"
        mend  agents: no agent runs in namespace netobs
                `kubectl get pods -A -l app.kubernetes.io/name=netobs-agent -o wide` shows how the agents do
        mend  cluster: the API server https://a cannot be asked: connection refused; CNI, default deny, DNS, other policies and labels were not looked at
                see whether `kubectl get nodes` works with this kubeconfig
        2 to mend, 0 to know, 0 good
    "#]],
    );
}
