//! Whom a rule admits by selectors.
use netobs_core::{
    event::Protocol,
    policy::{
        Connection, Direction, End, Missing,
        Outcome::{Admits, DoesNotAdmit},
    },
};
use netobs_k8s::manifests::Reader;

use crate::cluster::{AGENT_2, API, CLUSTER, DB, JOB, WEB, WORLD, WORLD_6, outcome};

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
        let decision = manifests.policies.decide(&connection, Direction::Ingress);
        decision.missing().map_or(Ok(decision.outcome()), Err)
    };

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
