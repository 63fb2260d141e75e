//! Lists of the API server as facts.
use serde_json::Value;

use super::{
    dns,
    facts::{Container, DaemonSet, NodeFacts, Service},
};

pub(super) fn node(object: &Value) -> NodeFacts {
    NodeFacts {
        name: text(&object["metadata"]["name"]),
        kubelet_version: text(&object["status"]["nodeInfo"]["kubeletVersion"]),
    }
}

pub(super) fn daemon_set(object: &Value) -> DaemonSet {
    const NAMES: [&str; 4] = ["k8s-app", "app", "name", "app.kubernetes.io/name"];
    let (metadata, status) = (&object["metadata"], &object["status"]);
    let called = NAMES.iter().filter_map(|key| metadata["labels"][key].as_str());
    let pod = &object["spec"]["template"]["spec"];
    let number = |field: &str| status[field].as_u64().unwrap_or_default();
    DaemonSet {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        called: called.map(ToOwned::to_owned).collect(),
        containers: items(&pod["containers"]).iter().map(container).collect(),
        wanted: number("desiredNumberScheduled"),
        ready: number("numberReady"),
    }
}

pub(super) fn service(object: &Value) -> Service {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
    let app = metadata["labels"]["k8s-app"].as_str();
    let udp = items(&spec["ports"]).iter().filter(|port| port["protocol"] == "UDP");
    Service {
        is_dns: dns::is_dns(&namespace, &name, app),
        address: text(&spec["clusterIP"]),
        udp: udp
            .map(|port| {
                let own = port["port"].as_u64().unwrap_or_default();
                let target = match &port["targetPort"] {
                    Value::String(name) => name.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => own.to_string(),
                };
                (own, target)
            })
            .collect(),
        namespace,
        name,
    }
}

pub(super) fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn container(object: &Value) -> Container {
    let words = ["command", "args"].iter().flat_map(|field| items(&object[field]));
    Container {
        name: text(&object["name"]),
        words: words.map(text).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
