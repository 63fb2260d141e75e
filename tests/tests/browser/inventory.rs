//! Inventories in the form that `netobs inventory -o json` writes.
use serde_json::{Value, json};

const NOON: u64 = 1_795_176_000_000_000_000;

pub(super) fn workload(namespace: &str, name: &str) -> Value {
    json!({"kind": "PLACE_KIND_WORKLOAD", "namespace": namespace, "name": name, "workloadKind": "Deployment"})
}

pub(super) fn about() -> Value {
    let at = NOON.to_string();
    json!({"about": {"nodeName": "node-a", "atUnixNanos": at, "watchedSinceUnixNanos": at}})
}

/// So many TCP connections to a port that met this verdict.
pub(super) fn edge(source: &Value, destination: &Value, port: u16, verdict: &str) -> Value {
    let at = NOON.to_string();
    json!({"edge": {
        "source": source, "destination": destination, "protocol": "PROTOCOL_TCP", "protocolNumber": 6, "port": port,
        "firstUnixNanos": at, "lastUnixNanos": at, "connections": "7", "verdicts": {verdict: "7"}
    }})
}

pub(super) fn with(mut edge: Value, field: &str, value: Value) -> Value {
    edge["edge"][field] = value;
    edge
}

pub(super) fn file(entries: impl IntoIterator<Item = Value>) -> String {
    let entries = [about()].into_iter().chain(entries);
    entries.map(|entry| format!("{entry}\n")).collect()
}

/// Three tiers, a name server, and a drop whose cause is known.
pub(super) fn shop() -> String {
    let [web, api, db] = ["web", "api", "db"].map(|name| workload("shop", name));
    let (dns, backup) = (workload("kube-system", "coredns"), workload("ops", "backup"));
    let mark = json!([{"kind": "EDGE_MARK_KIND_DNS", "by": "EDGE_MARK_BY_SERVICE"}]);
    let cause = json!({"id": "1", "kind": "CAUSE_KIND_LABEL", "headline": "namespace ops has no label env"});
    file([
        edge(&web, &api, 8080, "forwarded"),
        edge(&api, &db, 5432, "forwarded"),
        with(edge(&api, &dns, 53, "forwarded"), "marks", mark),
        with(edge(&backup, &db, 5432, "dropped"), "cause", cause),
    ])
}
