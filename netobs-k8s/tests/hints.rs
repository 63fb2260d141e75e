//! The usual ways in which policies go wrong, and what the explanation says of each.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use expect_test::{Expect, expect};
use netobs_core::{
    event::Protocol,
    explain::{LostLabel, ObjectRef},
    policy::Connection,
    render,
    time::Timestamp,
};
use netobs_k8s::manifests::{Manifests, Reader};

const CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {env: prod}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: mon, labels: {team: mon}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {nodeName: n1, containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}, spec: {nodeName: n1, containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: mon, name: prom, labels: {app: prom}}, spec: {nodeName: n2, containers: []}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: kube-system, name: dns, labels: {k8s-app: kube-dns}}
spec: {nodeName: n2, containers: []}
";

fn cluster(specs: &[&str]) -> Manifests {
    let mut reader = Reader::default();
    reader.add("cluster", CLUSTER.as_bytes());
    for (index, spec) in specs.iter().enumerate() {
        let policy = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: shop, name: p{index}}}, \
             spec: {spec}}}"
        );
        reader.add("policy", policy.as_bytes());
    }
    let manifests = reader.finish();
    assert!(!manifests.has_errors(), "{:?}", manifests.findings);
    manifests
}

/// The text without its suggestions, which have tests of their own.
fn check(cluster: &Manifests, from: &str, to: &str, expected: &Expect) {
    let (source, destination) = (cluster.resolve(from).unwrap(), cluster.resolve(to).unwrap());
    let connection = Connection::between(source, destination, Protocol::Tcp, 80);
    let explanation = cluster.policies.explain(&connection, &cluster.snapshot);
    expected.assert_eq(&render::explanation(&connection, &explanation, &[]));
}

#[test]
fn two_selectors_in_one_item_where_two_items_were_meant() {
    let spec = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}, \
                podSelector: {matchLabels: {app: api}}}]}]}";
    check(
        &cluster(&[spec]),
        "shop/web",
        "shop/db",
        &expect![[r#"
        NOT ADMITTED: shop/web to shop/db on 80/TCP

        egress: no policy isolates shop/web

        ingress: not admitted; shop/db is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0, ingress rule 1, peer 1:
            - pod shop/web has app=web; app=api is wanted
            hint: namespaceSelector and podSelector stand in one item, so both must match; the namespace does, the pod does not; if either was to be enough, make two items of them
            hint: no pod there has app=api
    "#]],
    );
}

#[test]
fn two_items_where_one_was_meant_admit_too_much() {
    let spec = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: mon}}}, \
                {podSelector: {matchLabels: {app: api}}}]}]}";
    check(
        &cluster(&[spec]),
        "mon/prom",
        "shop/db",
        &expect![[r#"
        ADMITTED: mon/prom to shop/db on 80/TCP

        egress: no policy isolates mon/prom

        ingress: admitted by NetworkPolicy shop/p0, rule 1

        note: NetworkPolicy shop/p0, rule 1: its namespaceSelector and podSelector stand in two items, so either is enough, and one admitted this; if both were to match, make one item of them
    "#]],
    );
}

#[test]
fn a_pod_selector_that_was_meant_for_another_namespace() {
    let spec =
        "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: prom}}}]}]}";
    check(
        &cluster(&[spec]),
        "mon/prom",
        "shop/db",
        &expect![[r#"
        NOT ADMITTED: mon/prom to shop/db on 80/TCP

        egress: no policy isolates mon/prom

        ingress: not admitted; shop/db is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0, ingress rule 1, peer 1:
            - namespace shop is wanted, where the policy is; this is namespace mon
            hint: a podSelector alone is for the policy's own namespace; for pods elsewhere add a namespaceSelector to the same item
            hint: no pod there has app=prom
    "#]],
    );
}

#[test]
fn ingress_was_allowed_and_egress_forgotten() {
    let deny = "{podSelector: {}, policyTypes: [Ingress, Egress]}";
    let allow =
        "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}";
    check(
        &cluster(&[deny, allow]),
        "shop/web",
        "shop/db",
        &expect![[r#"
        NOT ADMITTED: shop/web to shop/db on 80/TCP

        egress: not admitted; shop/web is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0:
            - it has no rule for this direction, so nothing speaks of this connection

        ingress: admitted by NetworkPolicy shop/p1, rule 1

        note: ingress is admitted and egress is not; both are needed
        note: the source may not ask DNS (port 53/UDP), so connections by name fail before they begin
    "#]],
    );
}

#[test]
fn default_deny_without_dns() {
    let deny = "{podSelector: {}, policyTypes: [Egress]}";
    let allow = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}";
    check(
        &cluster(&[deny, allow]),
        "shop/web",
        "shop/db",
        &expect![[r#"
        ADMITTED: shop/web to shop/db on 80/TCP

        egress: admitted by NetworkPolicy shop/p1, rule 1

        ingress: no policy isolates shop/db

        note: the source may not ask DNS (port 53/UDP), so connections by name fail before they begin
    "#]],
    );
    let cluster = cluster(&[deny]);
    let (source, destination) = (
        cluster.resolve("shop/web").unwrap(),
        cluster.resolve("kube-system/dns").unwrap(),
    );
    let question = Connection::between(source, destination, Protocol::Udp, 53);
    let explanation = cluster.policies.explain(&question, &cluster.snapshot);
    expect![[r#"
        NOT ADMITTED: shop/web to kube-system/dns on 53/UDP

        egress: not admitted; shop/web is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0:
            - it has no rule for this direction, so nothing speaks of this connection

        ingress: no policy isolates kube-system/dns

        note: this is DNS; without it the source resolves no names at all
    "#]]
    .assert_eq(&render::explanation(&question, &explanation, &[]));
}

#[test]
fn a_label_that_was_there_until_lately() {
    let spec = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}}]}]}";
    let mut cluster = cluster(&[spec]);
    let lost = LostLabel {
        value: "prod".into(),
        until: Timestamp::from_secs(1_772_359_318),
    };
    cluster
        .snapshot
        .lost_labels
        .insert((ObjectRef::Namespace("mon".into()), "env".into()), lost);
    check(
        &cluster,
        "mon/prom",
        "shop/db",
        &expect![[r#"
        NOT ADMITTED: mon/prom to shop/db on 80/TCP

        egress: no policy isolates mon/prom

        ingress: not admitted; shop/db is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0, ingress rule 1, peer 1:
            - namespace mon has no label env; env=prod is wanted; "prod" was there until 2026-03-01T10:01:58Z
    "#]],
    );
}

#[test]
fn a_selector_for_nobody() {
    let spec = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: stage}}}]}, {from: \
                [{podSelector: {matchLabels: {app: gone}}}]}]}";
    check(
        &cluster(&[spec]),
        "mon/prom",
        "shop/db",
        &expect![[r#"
        NOT ADMITTED: mon/prom to shop/db on 80/TCP

        egress: no policy isolates mon/prom

        ingress: not admitted; shop/db is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0, ingress rule 1, peer 1:
            - namespace mon has no label env; env=stage is wanted
            hint: no namespace in the cluster has env=stage
          NetworkPolicy shop/p0, ingress rule 2, peer 1:
            - namespace shop is wanted, where the policy is; this is namespace mon
            - pod mon/prom has app=prom; app=gone is wanted
            hint: no pod there has app=gone
    "#]],
    );
}

#[test]
fn no_rule_speaks_of_it_at_all() {
    check(
        &cluster(&["{podSelector: {}}"]),
        "mon/prom",
        "shop/db",
        &expect![[r#"
        NOT ADMITTED: mon/prom to shop/db on 80/TCP

        egress: no policy isolates mon/prom

        ingress: not admitted; shop/db is isolated by NetworkPolicy shop/p0
          NetworkPolicy shop/p0:
            - it has no rule for this direction, so nothing speaks of this connection
    "#]],
    );
}

#[test]
fn the_nearest_rule_comes_first() {
    let far = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}, {from: [{namespaceSelector: {}}], \
               ports: [{port: 81}]}]}";
    let near = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod, tier: x}}}]}, {from: \
                [{namespaceSelector: {matchLabels: {env: prod}}}]}]}";
    check(
        &cluster(&[far, near]),
        "mon/prom",
        "shop/db",
        &expect![[r#"
            UNDECIDABLE: mon/prom to shop/db on 80/TCP

            egress: no policy isolates mon/prom

            ingress: undecidable without the IP address of mon/prom
              NetworkPolicy shop/p0, ingress rule 1, peer 1:
                - it depends on the IP address of mon/prom, which is not known
              NetworkPolicy shop/p1, ingress rule 2, peer 1:
                - namespace mon has no label env; env=prod is wanted
              NetworkPolicy shop/p1, ingress rule 1, peer 1:
                - namespace mon has no label env; env=prod is wanted
                - namespace mon has no label tier; tier=x is wanted
                hint: no namespace in the cluster has env=prod,tier=x
              and 1 that came less near
        "#]],
    );
}

#[test]
fn what_cannot_be_decided_says_which_fact_is_missing() {
    let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}";
    check(
        &cluster(&[spec]),
        "mon/prom",
        "shop/db",
        &expect![[r#"
            UNDECIDABLE: mon/prom to shop/db on 80/TCP

            egress: no policy isolates mon/prom

            ingress: undecidable without the IP address of mon/prom
              NetworkPolicy shop/p0, ingress rule 1, peer 1:
                - it depends on the IP address of mon/prom, which is not known
        "#]],
    );
}
