//! What the table says for policies of each kind.

use super::cluster::Cluster;
use super::ruleset::script;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

const HEAD: &str = "chain forward {\n\
    type filter hook forward priority filter; policy accept;\n\
    ct state established,related accept\n\
    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept\n";

fn namespace(name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn pod(namespace: &str, name: &str, ip: &str, ports: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "ports": ports}]},
        "status": {"podIP": ip, "podIPs": [{"ip": ip}]},
    })
}

fn policy(spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": "a", "name": "policy"}, "spec": spec,
    })
}

/// Namespaces a and b; a/web at 10.0.0.1, a/db at 10.0.0.2, b/web at 10.0.1.1 and b/db at 10.0.1.2.
fn cluster(spec: &Value) -> Vec<Value> {
    let http = |number: u16| json!([{"name": "http", "containerPort": number}]);
    vec![
        namespace("a", &json!({"team": "a"})),
        namespace("b", &json!({"team": "b"})),
        pod("a", "web", "10.0.0.1", &http(8080)),
        pod("a", "db", "10.0.0.2", &json!([])),
        pod("b", "web", "10.0.1.1", &http(80)),
        pod("b", "db", "10.0.1.2", &http(81)),
        policy(spec),
    ]
}

/// The lines of a chain, but not the one that opens the pod to itself and not the drop at the end.
fn admitted(objects: &[Value], chain: &str) -> Result<Vec<String>> {
    let script = script(&Cluster::read(objects)?)?;
    let (_, rest) = script
        .split_once(&format!("chain {chain} {{\n"))
        .with_context(|| format!("no chain {chain} in {script}"))?;
    let (body, _) = rest.split_once("}\n").context("a chain ends")?;
    let lines: Vec<_> = body.lines().map(str::to_owned).collect();
    assert_eq!(lines.last().map(String::as_str), Some("counter drop"), "{script}");
    Ok(lines[1..lines.len() - 1].to_vec())
}

/// What is admitted to a/web.
fn to_web(rule: &Value) -> Result<Vec<String>> {
    let web = json!({"matchLabels": {"app": "web"}});
    admitted(&cluster(&json!({"podSelector": web, "ingress": [rule]})), "ingress-0")
}

/// What is admitted from a/db.
fn from_db(rule: &Value) -> Result<Vec<String>> {
    let db = json!({"matchLabels": {"app": "db"}});
    let spec = json!({"podSelector": db, "policyTypes": ["Egress"], "egress": [rule]});
    admitted(&cluster(&spec), "egress-1")
}

#[test]
fn default_deny_isolates_every_pod_of_its_namespace_and_no_other() -> Result<()> {
    let script = script(&Cluster::read(&cluster(&json!({"podSelector": {}})))?)?;
    let expected = format!(
        "add table inet policies\ndelete table inet policies\ntable inet policies {{\n\
         chain ingress-0 {{\nip saddr {{ 10.0.0.1 }} return\ncounter drop\n}}\n\
         chain ingress-1 {{\nip saddr {{ 10.0.0.2 }} return\ncounter drop\n}}\n\
         {HEAD}ip daddr 10.0.0.1 jump ingress-0\nip daddr 10.0.0.2 jump ingress-1\n}}\n}}\n"
    );
    assert_eq!(script, expected);
    Ok(())
}

#[test]
fn policy_types_follow_from_the_rules_where_they_are_not_given() -> Result<()> {
    let isolates = |spec: Value| -> Result<(bool, bool)> {
        let script = script(&Cluster::read(&cluster(&spec))?)?;
        Ok((script.contains("jump ingress-0"), script.contains("jump egress-0")))
    };
    assert_eq!(isolates(json!({"podSelector": {}, "egress": [{}]}))?, (true, true));
    assert_eq!(isolates(json!({"podSelector": {}, "egress": []}))?, (true, false));
    assert_eq!(
        isolates(json!({"podSelector": {}, "policyTypes": ["Egress"]}))?,
        (false, true)
    );
    assert_eq!(
        isolates(json!({"podSelector": {}, "policyTypes": ["Ingress"], "egress": [{}]}))?,
        (true, false)
    );
    Ok(())
}

#[test]
fn an_empty_rule_admits_everything() -> Result<()> {
    assert_eq!(to_web(&json!({}))?, [" return"]);
    Ok(())
}

#[test]
fn selectors_in_one_peer_must_both_match_and_any_peer_is_enough() -> Result<()> {
    let (of_b, db) = (
        json!({"matchLabels": {"team": "b"}}),
        json!({"matchLabels": {"app": "db"}}),
    );
    assert_eq!(
        to_web(&json!({"from": [{"namespaceSelector": of_b, "podSelector": db}]}))?,
        ["ip saddr { 10.0.1.2 } return"]
    );
    assert_eq!(
        to_web(&json!({"from": [{"namespaceSelector": of_b}, {"podSelector": db}]}))?,
        ["ip saddr { 10.0.1.1, 10.0.1.2 } return", "ip saddr { 10.0.0.2 } return"]
    );
    assert!(to_web(&json!({"from": [{"namespaceSelector": {"matchLabels": {"team": "c"}}}]}))?.is_empty());
    Ok(())
}

#[test]
fn a_block_admits_its_addresses_without_its_exceptions() -> Result<()> {
    let block = json!({"cidr": "10.0.0.0/16", "except": ["10.0.1.0/24", "10.0.2.1/32"]});
    assert_eq!(
        to_web(&json!({"from": [{"ipBlock": block}], "ports": [{"port": 80}]}))?,
        ["ip saddr 10.0.0.0/16 ip saddr != 10.0.1.0/24 ip saddr != 10.0.2.1/32 tcp dport 80 return"]
    );
    assert_eq!(
        from_db(&json!({"to": [{"ipBlock": {"cidr": "::/0"}}]}))?,
        ["ip6 daddr ::/0 return"]
    );
    Ok(())
}

#[test]
fn ports_are_numbers_ranges_or_a_whole_protocol() -> Result<()> {
    let ports = json!([
        {"protocol": "UDP", "port": 53}, {"port": 8000, "endPort": 8010}, {"protocol": "SCTP"}, {"port": 9, "endPort": 9},
    ]);
    assert_eq!(
        to_web(&json!({"ports": ports}))?,
        [
            "udp dport 53 return",
            "tcp dport 8000-8010 return",
            "meta l4proto sctp return",
            "tcp dport 9 return"
        ]
    );
    Ok(())
}

#[test]
fn a_named_port_is_the_destinations_own() -> Result<()> {
    let rule = json!({"ports": [{"port": "http"}]});
    assert_eq!(to_web(&rule)?, ["tcp dport 8080 return"]);
    assert_eq!(
        from_db(&rule)?,
        [
            "ip daddr { 10.0.0.1 } tcp dport 8080 return",
            "ip daddr { 10.0.1.1 } tcp dport 80 return",
            "ip daddr { 10.0.1.2 } tcp dport 81 return"
        ]
    );
    let of_b = json!({"namespaceSelector": {"matchLabels": {"team": "b"}}});
    let block = json!({"ipBlock": {"cidr": "10.0.1.0/31"}});
    assert_eq!(
        from_db(&json!({"to": [of_b, block], "ports": [{"port": "http"}]}))?,
        [
            "ip daddr { 10.0.1.1 } tcp dport 80 return",
            "ip daddr { 10.0.1.2 } tcp dport 81 return"
        ]
    );
    assert!(to_web(&json!({"ports": [{"port": "metrics"}, {"protocol": "UDP", "port": "http"}]}))?.is_empty());
    Ok(())
}

#[test]
fn what_several_policies_admit_is_admitted() -> Result<()> {
    let mut objects = cluster(&json!({"podSelector": {}}));
    let mut allow = policy(&json!({"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}));
    allow["metadata"]["name"] = "allow".into();
    objects.push(allow);
    assert_eq!(admitted(&objects, "ingress-0")?, ["tcp dport 80 return"]);
    Ok(())
}

#[test]
fn pods_without_an_address_of_their_own_are_neither_isolated_nor_peers() -> Result<()> {
    let mut objects = cluster(&json!({"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]}));
    objects[2]["spec"]["hostNetwork"] = true.into();
    objects[4]["status"]["phase"] = "Succeeded".into();
    objects[5]["status"] = json!({});
    let script = script(&Cluster::read(&objects)?)?;
    assert!(
        script.contains("chain ingress-0 {\nip saddr { 10.0.0.2 } return\nip saddr { 10.0.0.2 } return\n"),
        "{script}"
    );
    assert!(!script.contains("ingress-1"), "{script}");
    Ok(())
}

#[test]
fn what_the_api_server_would_not_take_is_an_error_that_names_the_policy() {
    for port in [
        json!({"protocol": "ICMP"}),
        json!({"endPort": 9}),
        json!({"port": "http", "endPort": 9}),
    ] {
        let error = to_web(&json!({"ports": [port]})).map_err(|error| format!("{error:#}"));
        assert!(
            error.is_err_and(|error| error.contains("NetworkPolicy a/policy")),
            "{port}"
        );
    }
}
