//! Addresses, nodes and pods on the network of their node.
use netobs_core::{
    event::Protocol,
    policy::Outcome::{Admits, DoesNotAdmit, NotApplicable, Undecidable},
};
use netobs_k8s::manifests::Reader;

use crate::cluster::{AGENT_1, AGENT_2, API, CLUSTER, DB, JOB, PLANNED, WEB, WORLD, WORLD_6, ask, cluster, outcome};

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
