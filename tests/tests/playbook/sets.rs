//! Sets of policies for the shop, each for something that policies can say.
#![expect(
    clippy::needless_pass_by_value,
    reason = "a set reads as its policies do, without marks between"
)]

use netobs_tests::node::Family;
use netobs_tests::shop::{End, Part, Shop};
use serde_json::{Value, json};

#[derive(Clone)]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) policies: Vec<Value>,
}

pub(super) fn all(shop: &Shop) -> Vec<Set> {
    [
        whole_directions(),
        peers(),
        ports(),
        expressions(),
        several(),
        blocks(shop),
    ]
    .concat()
}

/// One policy.
fn one(name: &str, namespace: &str, spec: Value) -> Set {
    let policies = vec![policy(namespace, "policy", spec)];
    set(name, policies)
}

fn set(name: &str, policies: Vec<Value>) -> Set {
    let name = name.to_owned();
    Set { name, policies }
}

fn policy(namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": namespace, "name": name}, "spec": spec,
    })
}

/// Of all pods.
fn ingress(rules: Value) -> Value {
    json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": rules})
}

fn egress(rules: Value) -> Value {
    json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": rules})
}

fn in_namespace(name: &str) -> Value {
    json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}})
}

fn pods(app: &str) -> Value {
    json!({"podSelector": {"matchLabels": {"app": app}}})
}

fn pods_in(namespace: &str, app: &str) -> Value {
    let mut peer = in_namespace(namespace);
    peer["podSelector"] = json!({"matchLabels": {"app": app}});
    peer
}

fn whole_directions() -> Vec<Set> {
    vec![
        one("nobody may call the database", "data", ingress(json!([]))),
        one("nobody in shop may call", "shop", egress(json!([]))),
        one(
            "no policyTypes and no rules: ingress alone",
            "shop",
            json!({"podSelector": {}}),
        ),
        one(
            "no policyTypes but egress rules: both",
            "shop",
            json!({"podSelector": {}, "egress": [{}]}),
        ),
        one("an empty rule admits everybody", "data", ingress(json!([{}]))),
        one(
            "rules of a direction that policyTypes leaves out",
            "web",
            json!({"podSelector": {}, "policyTypes": ["Egress"], "ingress": [], "egress": [{"ports": [{"protocol": "UDP", "port": 53}]}]}),
        ),
        one("monitoring may not call", "monitoring", egress(json!([]))),
    ]
}

fn peers() -> Vec<Set> {
    let shop_or_metrics = json!([
        {"from": [in_namespace("shop")], "ports": [{"port": 5432}]},
        {"from": [in_namespace("monitoring")], "ports": [{"port": 9100}]},
    ]);
    vec![
        one("a namespace by its name", "data", ingress(shop_or_metrics)),
        one(
            "a pod of a namespace",
            "data",
            ingress(json!([{"from": [pods_in("shop", "api")]}])),
        ),
        one(
            "a pod, or a namespace",
            "data",
            ingress(json!([{"from": [pods("api"), in_namespace("monitoring")]}])),
        ),
        one(
            "pods without a namespace are those of one's own",
            "shop",
            ingress(json!([{"from": [pods("worker"), pods("frontend")]}])),
        ),
        one(
            "namespaces by a label that some lack",
            "shop",
            ingress(json!([{"from": [{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]}])),
        ),
        one(
            "every namespace, yet nobody outside",
            "web",
            ingress(json!([{"from": [{"namespaceSelector": {}}]}])),
        ),
        one(
            "an empty list of peers is everybody",
            "web",
            ingress(json!([{"from": [], "ports": [{"port": 8080}]}])),
        ),
        one(
            "names only for shop",
            "kube-system",
            ingress(json!([{"from": [in_namespace("shop")]}])),
        ),
    ]
}

fn ports() -> Vec<Set> {
    let dns_over_tcp =
        json!([{"to": [in_namespace("kube-system")], "ports": [{"port": 53}]}, {"to": [in_namespace("data")]}]);
    vec![
        one(
            "a port by its name",
            "shop",
            ingress(json!([{"ports": [{"port": "http"}]}])),
        ),
        one(
            "a name that no port has",
            "shop",
            ingress(json!([{"ports": [{"port": "https"}, {"port": "metrics"}]}])),
        ),
        one(
            "a name where it is served, not where it is called from",
            "shop",
            egress(json!([{"ports": [{"port": "postgres"}, {"port": "dns", "protocol": "UDP"}]}])),
        ),
        one(
            "a range",
            "data",
            ingress(json!([{"ports": [{"port": 5000, "endPort": 5432}]}])),
        ),
        one(
            "a range that ends a port too early",
            "data",
            ingress(json!([{"ports": [{"port": 5000, "endPort": 5431}, {"port": 9100, "endPort": 9100}]}])),
        ),
        one("name resolution, over TCP alone", "shop", egress(dns_over_tcp)),
        one(
            "all ports of a protocol",
            "shop",
            egress(json!([{"ports": [{"protocol": "UDP"}]}])),
        ),
    ]
}

fn expressions() -> Vec<Set> {
    let selecting =
        |expressions: Value| json!({"podSelector": {"matchExpressions": expressions}, "policyTypes": ["Ingress"]});
    let mut not_worker = in_namespace("shop");
    not_worker["podSelector"] =
        json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["worker"]}]});
    vec![
        one(
            "In selects pods",
            "shop",
            selecting(json!([{"key": "app", "operator": "In", "values": ["api", "db"]}])),
        ),
        one(
            "NotIn leaves none here",
            "data",
            selecting(json!([{"key": "tier", "operator": "NotIn", "values": ["back"]}])),
        ),
        one("NotIn of a peer", "data", ingress(json!([{"from": [not_worker]}]))),
        one(
            "Exists of a namespace",
            "data",
            ingress(
                json!([{"from": [{"namespaceSelector": {"matchExpressions": [{"key": "env", "operator": "Exists"}]}}]}]),
            ),
        ),
        one(
            "DoesNotExist of a namespace",
            "web",
            ingress(
                json!([{"from": [{"namespaceSelector": {"matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]}}]}]),
            ),
        ),
    ]
}

fn several() -> Vec<Set> {
    let to_dns = egress(json!([{"to": [in_namespace("kube-system")], "ports": [{"protocol": "UDP", "port": 53}]}]));
    let both = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    let closed = ["web", "shop", "data"];
    let closed = closed.map(|namespace| policy(namespace, "default-deny", both.clone()));
    let named = ["web", "shop"].map(|namespace| policy(namespace, "allow-dns", to_dns.clone()));
    vec![
        set(
            "default deny in three namespaces, and name resolution",
            [&closed[..], &named[..]].concat(),
        ),
        set(
            "what one policy does not admit, another may",
            vec![
                policy("data", "api", ingress(json!([{"from": [pods_in("shop", "api")]}]))),
                policy(
                    "data",
                    "worker",
                    ingress(json!([{"from": [pods_in("shop", "worker")]}])),
                ),
            ],
        ),
        set(
            "both sides must admit",
            vec![
                policy("shop", "out", egress(json!([{"to": [pods_in("data", "db")]}]))),
                policy("data", "in", ingress(json!([{"from": [pods_in("shop", "worker")]}]))),
            ],
        ),
    ]
}

fn blocks(shop: &Shop) -> Vec<Set> {
    let outside = format!("{}/32", shop.address(End::Outside, Family::V4));
    let api = format!("{}/32", shop.address(End::Part(Part::Api), Family::V4));
    let everything = |except: &[&str]| json!({"ipBlock": {"cidr": "0.0.0.0/0", "except": except}});
    let only = |cidr: &str| json!({"ipBlock": {"cidr": cidr}});
    vec![
        one(
            "one address outside",
            "shop",
            egress(json!([{"to": [only(&outside)], "ports": [{"port": 443}]}])),
        ),
        one(
            "everything but one address",
            "shop",
            egress(json!([{"to": [everything(&[&outside])]}])),
        ),
        one(
            "an exception from whom may call",
            "web",
            ingress(json!([{"from": [everything(&[&outside])]}])),
        ),
        one(
            "a block of one protocol version is none of the other",
            "data",
            ingress(json!([{"from": [everything(&[])]}])),
        ),
        one(
            "a pod by its address, but not its neighbour",
            "data",
            ingress(json!([{"from": [only(&api), in_namespace("monitoring")]}])),
        ),
        one(
            "all of version 6 alone",
            "data",
            ingress(json!([{"from": [only("::/0")]}])),
        ),
    ]
}
