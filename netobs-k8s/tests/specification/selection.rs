//! Which pods a policy is for, in which direction, and how several add up.
use netobs_core::{
    event::Protocol,
    policy::Outcome::{Admits, DoesNotAdmit, NotApplicable},
};
use netobs_k8s::manifests::Reader;

use crate::cluster::{API, CLUSTER, DB, JOB, WEB, ask, cluster, outcome};

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
