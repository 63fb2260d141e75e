//! NetworkPolicy as its specification words it, sentence by sentence, on manifests.
use netobs_core::{
    event::Protocol,
    policy::Decision,
    policy::{Connection, Direction, Missing, Outcome},
};
use netobs_k8s::manifests::{Manifests, Reader};

const CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: prod-a, labels: {env: prod}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: prod-b, labels: {env: prod, team: b}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: ops-utils}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: prod-a, labels: {app: web, tier: front}}
spec:
  nodeName: node-1
  containers:
  - {name: c, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 5353, protocol: UDP}]}
  initContainers:
  - {name: sidecar, restartPolicy: Always, ports: [{name: metrics, containerPort: 9090}]}
  - {name: setup, ports: [{name: gone, containerPort: 7070}]}
status: {podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: 'fd00::1'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: prod-a, labels: {app: db}}
spec: {nodeName: node-2, containers: []}
status: {podIP: 10.1.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: prod-b, labels: {app: api}}
spec: {nodeName: node-2, containers: []}
status: {podIP: 10.2.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: ops-utils, labels: {app: web}}
spec: {nodeName: node-1, containers: []}
status: {podIP: 10.3.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-1, namespace: prod-b, labels: {app: api}}
spec: {nodeName: node-1, hostNetwork: true, containers: []}
status: {podIP: 192.168.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-2, namespace: prod-b, labels: {app: api}}
spec: {nodeName: node-2, hostNetwork: true, containers: []}
status: {podIP: 192.168.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: planned, namespace: ops-utils, labels: {app: planned}}
spec: {containers: []}
";

const WEB: &str = "prod-a/web";
const DB: &str = "prod-a/db";
const API: &str = "prod-b/api";
const JOB: &str = "ops-utils/job";
const AGENT_1: &str = "prod-b/agent-1";
const AGENT_2: &str = "prod-b/agent-2";
const PLANNED: &str = "ops-utils/planned";
const WORLD: &str = "203.0.113.7";
const WORLD_6: &str = "2001:db8::7";

/// The cluster with one policy in prod-a for each spec.
fn cluster(specs: &[&str]) -> Manifests {
    let mut reader = Reader::default();
    reader.add("cluster.yaml", CLUSTER.as_bytes());
    for (index, spec) in specs.iter().enumerate() {
        let policy = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: prod-a, name: p{index}}}, \
             spec: {spec}}}"
        );
        reader.add("policy.yaml", policy.as_bytes());
    }
    let manifests = reader.finish();
    assert_eq!(manifests.findings, vec![]);
    manifests
}

fn ask(cluster: &Manifests, from: &str, to: &str, port: u16, protocol: Protocol) -> Outcome {
    let (source, destination) = (cluster.resolve(from).unwrap(), cluster.resolve(to).unwrap());
    cluster
        .policies
        .evaluate(&Connection::between(source, destination, protocol, port))
        .outcome()
}

fn outcome(spec: &str, from: &str, to: &str) -> Outcome {
    ask(&cluster(&[spec]), from, to, 8080, Protocol::Tcp)
}

fn tcp(spec: &str, port: u16) -> Outcome {
    ask(&cluster(&[spec]), API, WEB, port, Protocol::Tcp)
}

use Outcome::{Admits, DoesNotAdmit, NotApplicable, Undecidable};

#[test]
fn pods_that_no_policy_selects_are_open() {
    assert_eq!(
        outcome("{podSelector: {matchLabels: {app: other}}}", JOB, WEB),
        NotApplicable
    );
    assert_eq!(outcome("{podSelector: {}}", JOB, API), NotApplicable);
}

#[test]
fn an_empty_pod_selector_selects_all_pods_of_the_policys_namespace_only() {
    for to in [WEB, DB] {
        assert_eq!(outcome("{podSelector: {}}", API, to), DoesNotAdmit);
        assert_eq!(outcome("{}", API, to), DoesNotAdmit);
    }
    assert_eq!(outcome("{podSelector: {}}", WEB, JOB), NotApplicable);
}

#[test]
fn without_policy_types_ingress_is_isolated_always_and_egress_if_it_has_rules() {
    for (spec, ingress, egress) in [
        ("{podSelector: {}}", DoesNotAdmit, NotApplicable),
        ("{podSelector: {}, policyTypes: []}", DoesNotAdmit, NotApplicable),
        ("{podSelector: {}, egress: []}", DoesNotAdmit, NotApplicable),
        ("{podSelector: {}, ingress: []}", DoesNotAdmit, NotApplicable),
        ("{podSelector: {}, ingress: [{}]}", Admits, NotApplicable),
        ("{podSelector: {}, egress: [{}]}", DoesNotAdmit, Admits),
        ("{podSelector: {}, policyTypes: [Egress]}", NotApplicable, DoesNotAdmit),
        (
            "{podSelector: {}, policyTypes: [Ingress, Egress]}",
            DoesNotAdmit,
            DoesNotAdmit,
        ),
        (
            "{podSelector: {}, policyTypes: [Egress], egress: [{}]}",
            NotApplicable,
            Admits,
        ),
    ] {
        assert_eq!(
            (outcome(spec, JOB, WEB), outcome(spec, WEB, JOB)),
            (ingress, egress),
            "{spec}"
        );
    }
}

#[test]
fn rules_of_a_direction_that_policy_types_do_not_name_have_no_effect_and_are_told() {
    let mut reader = Reader::default();
    reader.add("c", CLUSTER.as_bytes());
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: prod-a, name: p}, \
                  spec: {podSelector: {}, policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]}}";
    reader.add("p", policy.as_bytes());
    let manifests = reader.finish();
    assert!(!manifests.has_errors());
    assert!(
        manifests.findings[0].to_string().contains("spec.ingress"),
        "{:?}",
        manifests.findings
    );
    assert_eq!(ask(&manifests, JOB, WEB, 80, Protocol::Tcp), NotApplicable);
}

#[test]
fn an_absent_and_an_empty_from_mean_everybody() {
    for rule in ["{}", "{from: []}", "{ports: []}"] {
        let spec = format!("{{podSelector: {{}}, ingress: [{rule}]}}");
        for from in [DB, API, JOB, WORLD, WORLD_6, AGENT_2] {
            assert_eq!(outcome(&spec, from, WEB), Admits, "{spec} {from}");
        }
    }
}

#[test]
fn a_pod_selector_alone_selects_in_the_policys_own_namespace() {
    let spec = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}";
    assert_eq!(outcome(spec, WEB, DB), Admits);
    assert_eq!(outcome(spec, JOB, DB), DoesNotAdmit);
}

#[test]
fn a_namespace_selector_alone_selects_all_pods_of_its_namespaces() {
    let spec = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}}]}]}";
    for (from, expected) in [(DB, Admits), (API, Admits), (JOB, DoesNotAdmit), (WORLD, DoesNotAdmit)] {
        assert_eq!(outcome(spec, from, WEB), expected, "{from}");
    }
    let every = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}";
    for (from, expected) in [(DB, Admits), (JOB, Admits), (WORLD, DoesNotAdmit)] {
        assert_eq!(outcome(every, from, WEB), expected, "{from}");
    }
}

#[test]
fn both_selectors_in_one_item_must_match_and_in_two_items_either_is_enough() {
    let one = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}, \
               podSelector: {matchLabels: {app: api}}}]}]}";
    let two = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}, \
               {podSelector: {matchLabels: {app: db}}}]}]}";
    for (from, in_one, in_two) in [
        (API, Admits, Admits),
        (DB, DoesNotAdmit, Admits),
        (JOB, DoesNotAdmit, DoesNotAdmit),
    ] {
        assert_eq!(
            (outcome(one, from, WEB), outcome(two, from, WEB)),
            (in_one, in_two),
            "{from}"
        );
    }
}

#[test]
fn every_operator_selects_as_worded() {
    for (expression, api, job) in [
        ("{key: env, operator: In, values: [prod, test]}", Admits, DoesNotAdmit),
        ("{key: env, operator: NotIn, values: [prod]}", DoesNotAdmit, Admits),
        ("{key: env, operator: Exists}", Admits, DoesNotAdmit),
        ("{key: env, operator: DoesNotExist}", DoesNotAdmit, Admits),
        (
            "{key: kubernetes.io/metadata.name, operator: In, values: [ops-utils]}",
            DoesNotAdmit,
            Admits,
        ),
    ] {
        let spec = format!(
            "{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchExpressions: [{expression}]}}}}]}}]}}"
        );
        assert_eq!(
            (outcome(&spec, API, WEB), outcome(&spec, JOB, WEB)),
            (api, job),
            "{expression}"
        );
    }
}

#[test]
fn policies_add_up() {
    let deny = "{podSelector: {}, policyTypes: [Ingress, Egress]}";
    let admit = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]}";
    assert_eq!(ask(&cluster(&[deny, admit]), JOB, WEB, 80, Protocol::Tcp), Admits);
    assert_eq!(ask(&cluster(&[deny, admit]), JOB, DB, 80, Protocol::Tcp), DoesNotAdmit);
    assert_eq!(ask(&cluster(&[deny, admit]), WEB, JOB, 80, Protocol::Tcp), DoesNotAdmit);
}

#[test]
fn both_directions_must_admit() {
    let ingress = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}";
    let no_egress = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}";
    let egress = "{podSelector: {matchLabels: {app: web}}, egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}], \
                  policyTypes: [Egress]}";
    assert_eq!(ask(&cluster(&[ingress]), WEB, DB, 80, Protocol::Tcp), Admits);
    assert_eq!(
        ask(&cluster(&[ingress, no_egress]), WEB, DB, 80, Protocol::Tcp),
        DoesNotAdmit
    );
    assert_eq!(
        ask(&cluster(&[ingress, no_egress, egress]), WEB, DB, 80, Protocol::Tcp),
        Admits
    );
}

#[test]
fn ports_are_of_tcp_unless_they_say_otherwise_and_end_port_is_included() {
    let spec = "{podSelector: {}, ingress: [{ports: [{port: 80}, {port: 9000, endPort: 9010}, {protocol: UDP, port: 53}, \
                {protocol: SCTP}]}]}";
    for (port, protocol, expected) in [
        (80, Protocol::Tcp, Admits),
        (81, Protocol::Tcp, DoesNotAdmit),
        (80, Protocol::Udp, DoesNotAdmit),
        (8_999, Protocol::Tcp, DoesNotAdmit),
        (9_000, Protocol::Tcp, Admits),
        (9_010, Protocol::Tcp, Admits),
        (9_011, Protocol::Tcp, DoesNotAdmit),
        (53, Protocol::Udp, Admits),
        (53, Protocol::Tcp, DoesNotAdmit),
        (1, Protocol::Sctp, Admits),
        (65_535, Protocol::Sctp, Admits),
    ] {
        assert_eq!(
            ask(&cluster(&[spec]), API, WEB, port, protocol),
            expected,
            "{port} {protocol:?}"
        );
    }
}

#[test]
fn a_port_without_number_means_all_ports_of_its_protocol() {
    let all_tcp = "{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}";
    assert_eq!(tcp(all_tcp, 1), Admits);
    assert_eq!(ask(&cluster(&[all_tcp]), API, WEB, 1, Protocol::Udp), DoesNotAdmit);
}

#[test]
fn named_ports_are_those_of_the_destination_pod() {
    let named = |name: &str| format!("{{podSelector: {{}}, ingress: [{{ports: [{{port: {name}}}]}}]}}");
    assert_eq!(tcp(&named("http"), 8_080), Admits);
    assert_eq!(tcp(&named("http"), 80), DoesNotAdmit);
    assert_eq!(tcp(&named("metrics"), 9_090), Admits);
    assert_eq!(tcp(&named("gone"), 7_070), DoesNotAdmit);
    assert_eq!(tcp(&named("dns"), 5_353), DoesNotAdmit);
    assert_eq!(
        tcp(
            "{podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]}",
            5_353
        ),
        DoesNotAdmit
    );
    let udp = cluster(&["{podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]}"]);
    assert_eq!(ask(&udp, API, WEB, 5_353, Protocol::Udp), Admits);
    let egress = "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}";
    assert_eq!(outcome(egress, DB, WEB), Admits);
    assert_eq!(outcome(egress, DB, API), DoesNotAdmit);
    assert_eq!(outcome(egress, DB, WORLD), DoesNotAdmit);
}

#[test]
fn ip_blocks_admit_by_address_save_for_their_exceptions() {
    let from = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]}]}";
    for (address, expected) in [
        ("203.0.113.7", Admits),
        ("203.0.113.200", DoesNotAdmit),
        ("203.0.114.7", DoesNotAdmit),
        (WORLD_6, DoesNotAdmit),
    ] {
        assert_eq!(outcome(from, address, WEB), expected, "{address}");
    }
    let to = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}";
    assert_eq!(
        (outcome(to, WEB, WORLD_6), outcome(to, WEB, WORLD)),
        (Admits, DoesNotAdmit)
    );
    let pods = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.3.0.0/16}}]}]}";
    assert_eq!(
        (outcome(pods, JOB, WEB), outcome(pods, API, WEB)),
        (Admits, DoesNotAdmit)
    );
}

#[test]
fn a_pod_with_two_addresses_uses_the_family_the_other_end_has() {
    let to_v6 =
        "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: '::/0'}}]}]}";
    assert_eq!(outcome(to_v6, DB, WEB), DoesNotAdmit);
    let to_v4 = "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}";
    assert_eq!(outcome(to_v4, DB, WEB), Admits);
}

#[test]
fn an_address_that_is_not_known_leaves_it_open_only_where_it_matters() {
    let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}";
    assert_eq!(outcome(spec, PLANNED, WEB), Undecidable);
    let wider = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {namespaceSelector: {}}]}]}";
    assert_eq!(outcome(wider, PLANNED, WEB), Admits);
    let other_port = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 1}]}]}";
    assert_eq!(outcome(other_port, PLANNED, WEB), DoesNotAdmit);
}

#[test]
fn a_pod_is_open_to_the_node_it_runs_on_and_not_to_others() {
    let deny = "{podSelector: {}, policyTypes: [Ingress, Egress]}";
    for (from, to, expected) in [
        (AGENT_1, WEB, Admits),
        ("192.168.0.1", WEB, Admits),
        (AGENT_2, WEB, DoesNotAdmit),
        ("192.168.0.2", WEB, DoesNotAdmit),
        (AGENT_2, DB, Admits),
        (WEB, AGENT_1, DoesNotAdmit),
    ] {
        assert_eq!(outcome(deny, from, to), expected, "{from} {to}");
    }
}

#[test]
fn pods_on_their_hosts_network_are_neither_selected_nor_peers_but_have_an_address() {
    let manifests = cluster(&["{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"]);
    assert_eq!(ask(&manifests, AGENT_2, WEB, 80, Protocol::Tcp), DoesNotAdmit);
    let by_address = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.2/32}}]}]}";
    assert_eq!(outcome(by_address, AGENT_2, WEB), Admits);
    let mut reader = Reader::default();
    reader.add("c", CLUSTER.as_bytes());
    let deny_b =
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: prod-b, name: p}, spec: {}}";
    reader.add("p", deny_b.as_bytes());
    let manifests = reader.finish();
    assert_eq!(ask(&manifests, JOB, AGENT_1, 80, Protocol::Tcp), NotApplicable);
    assert_eq!(ask(&manifests, JOB, API, 80, Protocol::Tcp), DoesNotAdmit);
}

#[test]
fn a_pod_is_open_to_itself() {
    let deny = "{podSelector: {}, policyTypes: [Ingress, Egress]}";
    assert_eq!(outcome(deny, WEB, WEB), Admits);
    assert_eq!(outcome(deny, WEB, "10.1.0.1"), Admits);
}

#[test]
fn a_namespace_that_was_not_given_leaves_only_its_labels_open() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: stray}, spec: {containers: []}}";
    let ask_with = |selector: &str| {
        let mut reader = Reader::default();
        reader.add("c", CLUSTER.as_bytes());
        reader.add("p", pod.as_bytes());
        let policy = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: prod-a, name: p}}, spec: \
             {{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {selector}}}]}}]}}}}"
        );
        reader.add("n", policy.as_bytes());
        let manifests = reader.finish();
        let (source, destination) = (manifests.resolve("stray/x").unwrap(), manifests.resolve(WEB).unwrap());
        let connection = Connection::between(source, destination, Protocol::Tcp, 80);
        match manifests.policies.decide(&connection, Direction::Ingress) {
            Decision::Undecidable(missing) => Err(missing),
            decision => Ok(decision.outcome()),
        }
    };
    use netobs_core::policy::End;
    assert_eq!(ask_with("{}"), Ok(Admits));
    assert_eq!(
        ask_with("{matchLabels: {env: prod}}"),
        Err(Missing::NamespaceLabels(End::Source))
    );
    assert_eq!(
        ask_with("{matchLabels: {kubernetes.io/metadata.name: stray}}"),
        Ok(Admits)
    );
    assert_eq!(
        ask_with("{matchLabels: {kubernetes.io/metadata.name: other, env: prod}}"),
        Ok(DoesNotAdmit)
    );
}
