//! Bad input gives findings that name file, document and field, in bounded time and memory, and never a panic.
use std::{fmt::Write, time::Instant};

use netobs_core::{
    event::Protocol,
    policy::{Connection, Outcome},
};
use netobs_k8s::manifests::{Manifests, Reader};
use proptest::prelude::*;

/// Specs of policies, the field that is wrong, and a part of what is said of it.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "{podSelector: {matchLabels: {'a b': c}}}",
        "spec.podSelector.matchLabels.a b",
        "letters",
    ),
    (
        "{podSelector: {matchLabels: {a: 'b c'}}}",
        "spec.podSelector.matchLabels.a",
        "letters",
    ),
    (
        "{podSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}}",
        "spec.podSelector.matchExpressions[0].operator",
        "no operator",
    ),
    (
        "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
        "spec.podSelector.matchExpressions[0].values",
        "at least one value",
    ),
    (
        "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}",
        "spec.podSelector.matchExpressions[0].values",
        "takes no values",
    ),
    (
        "{ingress: [{}, {from: [{}]}]}",
        "spec.ingress[1].from[0]",
        "namespaceSelector: {}",
    ),
    (
        "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}",
        "spec.ingress[0].from[0]",
        "beside selectors",
    ),
    (
        "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/40}}]}]}",
        "spec.egress[0].to[0].ipBlock.cidr",
        "up to 32",
    ),
    (
        "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}]}",
        "spec.egress[0].to[0].ipBlock.except[0]",
        "within 10.0.0.0/8",
    ),
    (
        "{ingress: [{ports: [{port: 70000}]}]}",
        "spec.ingress[0].ports[0].port",
        "1 to 65535",
    ),
    (
        "{ingress: [{ports: [{port: '80'}]}]}",
        "spec.ingress[0].ports[0].port",
        "without quotes",
    ),
    (
        "{ingress: [{ports: [{port: 90, endPort: 80}]}]}",
        "spec.ingress[0].ports[0].endPort",
        "less than",
    ),
    (
        "{ingress: [{ports: [{port: http, endPort: 80}]}]}",
        "spec.ingress[0].ports[0].endPort",
        "named port",
    ),
    (
        "{ingress: [{ports: [{endPort: 80}]}]}",
        "spec.ingress[0].ports[0].endPort",
        "needs a port",
    ),
    (
        "{ingress: [{ports: [{protocol: tcp}]}]}",
        "spec.ingress[0].ports[0].protocol",
        "TCP, UDP and SCTP",
    ),
    ("{policyTypes: [ingress]}", "spec.policyTypes[0]", "no policy type"),
    ("{podSelctor: {}}", "spec.podSelctor", "no such field"),
    (
        "{ingress: [{form: [{podSelector: {}}]}]}",
        "spec.ingress[0].form",
        "no such field",
    ),
    ("{ingress: {from: []}}", "spec.ingress", "invalid type"),
    (
        "{ingress: [{ports: [{port: 1.5}]}]}",
        "spec.ingress[0].ports[0].port",
        "invalid",
    ),
];

fn read(text: &str) -> Manifests {
    let mut reader = Reader::default();
    reader.add("bad.yaml", text.as_bytes());
    reader.finish()
}

fn findings(text: &str) -> Vec<String> {
    read(text).findings.iter().map(ToString::to_string).collect()
}

fn policy(spec: &str) -> String {
    format!(
        "---\n{{}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{namespace: a, name: p}}\nspec: {spec}\n"
    )
}

#[test]
fn what_the_api_server_would_refuse_in_a_policy_is_found_in_its_field() {
    for (spec, field, problem) in REFUSED {
        let found = findings(&policy(spec));
        let place = format!("bad.yaml, document 2, NetworkPolicy a/p, {field}: ");
        let named = found
            .iter()
            .any(|finding| finding.contains(&place) && finding.contains(problem));
        assert!(named, "{spec}: {found:#?}");
        assert!(read(&policy(spec)).has_errors());
    }
}

#[test]
fn what_is_invalid_in_a_policy_admits_nothing_and_the_rest_holds() {
    let text = "
{apiVersion: v1, kind: Namespace, metadata: {name: a}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: x}, spec: {containers: []}, status: {podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: 'y'}, spec: {containers: []}, status: {podIP: 10.0.0.2}}
";
    for (rule, expected) in [
        ("{from: [{ipBlock: {cidr: 10.0.0.0}}]}", Outcome::DoesNotAdmit),
        ("{from: [{}]}", Outcome::DoesNotAdmit),
        (
            "{from: [{podSelector: {matchExpressions: [{key: a, operator: NotIn}]}}]}",
            Outcome::DoesNotAdmit,
        ),
        ("{ports: [{port: 0}]}", Outcome::DoesNotAdmit),
        ("{ports: [{port: 0}, {port: 80}]}", Outcome::Admits),
        ("{from: [{}, {podSelector: {}}]}", Outcome::Admits),
    ] {
        let manifests = read(&format!("{text}{}", policy(&format!("{{ingress: [{rule}]}}"))));
        assert!(manifests.has_errors());
        let (source, destination) = (manifests.resolve("a/x").unwrap(), manifests.resolve("a/y").unwrap());
        let connection = Connection::between(source, destination, Protocol::Tcp, 80);
        assert_eq!(manifests.policies.evaluate(&connection).outcome(), expected, "{rule}");
    }
}

#[test]
fn objects_that_are_none_or_of_another_kind_are_told() {
    for (text, part) in [
        ("just text", "no Kubernetes object"),
        ("[1, 2]", "no Kubernetes object"),
        ("{kind: Pod}", "apiVersion: every Kubernetes object"),
        ("{apiVersion: v1}", "kind: every Kubernetes object"),
        (
            "{apiVersion: v1, kind: Pod, metadata: {}}",
            "metadata.name: every object",
        ),
        ("{apiVersion: v1, kind: Pod, metadata: {name: [x]}}", "metadata.name"),
        (
            "{apiVersion: v1, kind: NetworkPolicy, metadata: {name: x}}",
            "not served as v1",
        ),
        (
            "{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: x}}",
            "networking.k8s.io/v1",
        ),
        (
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolcy, metadata: {name: x}}",
            "NetworkPolicy, perhaps?",
        ),
        (
            "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: x}}",
            "left aside",
        ),
        ("{apiVersion: v1, kind: List, items: 5}", "items: a list's items"),
        (
            "{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {env: true}}}",
            "metadata.labels.env",
        ),
        (
            "{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {env: 'a b'}}}",
            "metadata.labels.env",
        ),
    ] {
        let found = findings(text);
        assert!(found.iter().any(|finding| finding.contains(part)), "{text}: {found:?}");
    }
}

#[test]
fn lists_are_opened_whatever_they_are_called() {
    let pod = |name: &str| {
        format!("{{apiVersion: v1, kind: Pod, metadata: {{namespace: a, name: {name}}}, spec: {{containers: []}}}}")
    };
    let text = format!(
        "{{apiVersion: v1, kind: List, items: [{}, {{apiVersion: v1, kind: PodList, items: [{{metadata: {{namespace: a, \
         name: 'y'}}, spec: {{containers: []}}}}]}}]}}",
        pod("x")
    );
    let manifests = read(&text);
    assert_eq!((manifests.findings.len(), manifests.snapshot.pods.len()), (0, 2));
    assert_eq!(read("{apiVersion: v1, kind: List, items: null}").findings.len(), 0);
}

#[test]
fn workloads_stand_for_the_pods_they_would_make_until_pods_are_there() {
    let deployment = "
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: a, name: web}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}}}
";
    let manifests = read(deployment);
    assert_eq!(
        manifests.snapshot.pod("a", "web").unwrap().labels.to_string(),
        "app=web"
    );
    let pod = "
---
apiVersion: v1
kind: Pod
metadata:
  namespace: a
  name: web-5d9-x
  labels: {app: web, pod-template-hash: 5d9}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d9, uid: u, controller: true}]
spec: {containers: []}
";
    let manifests = read(&format!("{deployment}{pod}"));
    assert_eq!(manifests.snapshot.pods.len(), 1);
}

#[test]
fn ten_megabytes_are_read_in_bounded_time() {
    let mut text = String::new();
    for number in 0..40_000 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{number}\n  namespace: ns-{}\n  labels:\n    app: app-{}\n    \
             tier: web\nspec:\n  nodeName: node-1\n  containers:\n  - name: main\n    image: registry/app:1.0\n    ports:\n    - \
             name: http\n      containerPort: 8080\nstatus:\n  podIP: 10.0.0.1\n",
            number % 100,
            number % 50
        );
    }
    assert!(text.len() > 10_000_000, "{}", text.len());
    let start = Instant::now();
    let manifests = read(&text);
    assert_eq!(manifests.snapshot.pods.len(), 40_000);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn hostile_documents_cost_no_more_than_their_size() {
    let deep_json = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let flow = "[".repeat(2_000_000);
    let one_line = format!("a: {}", "x".repeat(10_000_000));
    let many_keys: String = (0..200_000)
        .map(|number| format!("k{number}: &a{number} v\n"))
        .collect();
    let many_documents = "---\na\n".repeat(200_000);
    let start = Instant::now();
    for text in [deep_json, flow, one_line, many_keys, many_documents] {
        assert!(read(&text).has_errors(), "{}", &text[..20]);
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut reader = Reader::default();
        reader.add("f", &bytes);
        reader.finish();
    }

    #[test]
    fn a_good_file_that_was_damaged_anywhere_is_read_or_refused(cut in 0_usize..600, byte: u8, at in 0_usize..600) {
        let mut bytes = policy(
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: \
             10.0.0.0/8, except: [10.1.0.0/16]}}, {namespaceSelector: {matchExpressions: [{key: env, operator: In, values: \
             [prod]}]}, podSelector: {}}], ports: [{port: 80, endPort: 90}, {port: http, protocol: UDP}]}], egress: [{}]}",
        )
        .into_bytes();
        bytes.truncate(cut.max(1));
        let index = at % bytes.len();
        bytes[index] = byte;
        let mut reader = Reader::default();
        reader.add("f", &bytes);
        reader.finish();
    }
}
