//! `netobs audit` as its users run it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::{
    io::Write,
    process::{Command, Stdio},
};

use expect_test::{Expect, expect};
use serde_json::Value;

fn audit(input: &str, format: &str) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netobs"))
        .args(["audit", "-f", "-", "-o", format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn check(input: &str, code: i32, expected: &Expect) {
    let (found, out) = audit(input, "text");
    expected.assert_eq(&out);
    assert_eq!(found, Some(code));
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: shop, name: {name}}}, \
         spec: {spec}}}\n"
    )
}

const SHOP: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {env: prod}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: kube-system, name: dns, labels: {k8s-app: kube-dns}}, spec: {containers: []}}
";

#[test]
fn a_cluster_whose_labels_and_policies_fit_is_clean() {
    let policy = policy(
        "p",
        "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}}]}]}",
    );
    check(
        &format!("{SHOP}{policy}"),
        0,
        &expect![[r#"
            findings: 0 (policies: 1, namespaces: 2, pods: 2)
        "#]],
    );
}

#[test]
fn labels_that_policies_count_on_are_found_lacking() {
    check(
        include_str!("clusters/shop.yaml"),
        1,
        &expect![[r#"
            namespace long-value has env=production, which NetworkPolicy prod-a/allow-prod selects on (env=prod); perhaps "prod" was meant
              kubectl label namespace long-value env=prod --overwrite
            namespace noted has no label env, which NetworkPolicy prod-a/allow-prod selects on (env=prod); "prod" is there as an annotation, which selectors do not see
              kubectl label namespace noted env=prod
            namespace ops-utils has no label env, which NetworkPolicy prod-a/allow-prod selects on (env=prod)
              kubectl label namespace ops-utils env=prod
            namespace typo has no label env, which NetworkPolicy prod-a/allow-prod selects on (env=prod); it has enviroment=prod, perhaps misspelt
              kubectl label namespace typo env=prod
            findings: 4 (policies: 1, namespaces: 6, pods: 7)
        "#]],
    );
}

#[test]
fn policies_and_rules_for_nobody_are_found() {
    let policies = [
        policy("orphan", "{podSelector: {matchLabels: {app: gone}}}"),
        policy(
            "nowhere",
            "{ingress: [{from: [{namespaceSelector: {matchLabels: {env: stage}}}, {podSelector: {matchLabels: {app: db}}}]}]}",
        ),
        policy("elsewhere", "{}").replace("namespace: shop", "namespace: gone"),
    ];
    check(
        &format!("{SHOP}{}", policies.concat()),
        1,
        &expect![[r#"
            NetworkPolicy gone/elsewhere is in a namespace that does not exist
            NetworkPolicy shop/orphan is for no pod: none there has app=gone
            NetworkPolicy shop/nowhere, ingress rule 1, peer 1: namespaceSelector selects nothing: no namespace has env=stage
            NetworkPolicy shop/nowhere, ingress rule 1, peer 2: podSelector selects nothing: no pod has app=db
            findings: 4 (policies: 3, namespaces: 2, pods: 2)
        "#]],
    );
}

#[test]
fn isolation_without_dns_is_found_and_with_it_is_not() {
    let deny = policy("deny", "{podSelector: {}, policyTypes: [Egress]}");
    check(
        &format!("{SHOP}{deny}"),
        1,
        &expect![[r#"
            pods of shop may not ask DNS (port 53/UDP): web; isolated by NetworkPolicy shop/deny
            findings: 1 (policies: 1, namespaces: 2, pods: 2)
        "#]],
    );
    let dns = policy(
        "dns",
        "{podSelector: {}, egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], \
         ports: [{port: 53, protocol: UDP}]}], policyTypes: [Egress]}",
    );
    check(
        &format!("{SHOP}{deny}{dns}"),
        0,
        &expect![[r#"
            findings: 0 (policies: 2, namespaces: 2, pods: 2)
        "#]],
    );
}

#[test]
fn the_json_has_what_its_document_says() {
    let (code, out) = audit(include_str!("clusters/shop.yaml"), "json");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["version"]), (Some(1), &1.into()));
    let typo = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["object"]["name"] == "typo")
        .unwrap();
    assert_eq!(
        (&typo["kind"], &typo["hint"]),
        (&"label_lacking".into(), &"near_miss_key".into())
    );
    assert_eq!(typo["policies"][0]["name"], "allow-prod");
    assert_eq!(typo["command"], "kubectl label namespace typo env=prod");
}
