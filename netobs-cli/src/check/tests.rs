//! Findings, from what agents and the API server would tell.
use expect_test::{Expect, expect};
use netobs_api::v1::{Ability, Cause, CauseKind, Count, GetStatusResponse, InventoryAbout, KernelStatus};
use serde_json::{Value, json};

use super::{
    facts::{AgentFacts, Cluster, ClusterFacts, Facts, NodeFacts},
    findings, read, text, verdict,
};
use crate::{Verdict, show::View};

mod objects;

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
        Note: whether NetworkPolicy is enforced is not known: nothing was seen yet that policies refuse (2 connections that policies refuse got no answer, which may have other reasons) -> ask again after more traffic; netobs sends none by itself. A connection that no policy admits would tell: `netobs check --probe NAMESPACE/POD=NAMESPACE/POD:PORT` makes one from a pod that you name, and one from a pod that is admitted shows that the port is open
    "#]].assert_eq(&of(&facts, "enforcement"));
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
