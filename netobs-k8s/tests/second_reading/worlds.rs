//! Who the two ends are, in each world that the objects leave possible.
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde_json::Value;

use crate::oracle::list;

type Labels = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub(crate) struct End<'o> {
    pub(crate) pod: Option<&'o Value>,
    /// On a node's own network.
    pub(crate) host: bool,
    pub(crate) node: Option<String>,
    pub(crate) address: IpAddr,
    pub(crate) namespace_labels: Labels,
}

/// An end as far as the objects tell.
struct Told<'o> {
    pod: Option<&'o Value>,
    host: bool,
    node: Option<String>,
    addresses: Vec<IpAddr>,
}

pub(crate) fn all<'o>(objects: &'o [Value], from: &str, to: &str) -> Vec<[End<'o>; 2]> {
    let ends = [told(objects, from), told(objects, to)];
    let [from_labels, to_labels] = [0, 1].map(|at| ends[at].pod.map_or_else(Vec::new, |pod| labels(objects, pod)));
    let same_namespace = from_labels == to_labels;
    let mut worlds = Vec::new();
    for addresses in addresses(objects, &ends) {
        for nodes in nodes(&ends) {
            for from_labels in or_none(&from_labels) {
                for to_labels in or_none(&to_labels) {
                    if same_namespace && from_labels != to_labels {
                        continue;
                    }
                    let end = |at: usize, labels: &Labels| End {
                        pod: ends[at].pod,
                        host: ends[at].host,
                        node: nodes[at].clone(),
                        address: addresses[at],
                        namespace_labels: labels.clone(),
                    };
                    worlds.push([end(0, &from_labels), end(1, &to_labels)]);
                }
            }
        }
    }
    worlds
}

pub(crate) fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or("default")
}

/// Whether both the address and the namespace's labels of an end are in the objects.
pub(crate) fn is_told(objects: &[Value], text: &str) -> bool {
    let end = told(objects, text);
    !end.addresses.is_empty() && end.pod.is_none_or(|pod| labels(objects, pod).len() == 1)
}

fn told<'o>(objects: &'o [Value], text: &str) -> Told<'o> {
    let pods = || objects.iter().filter(|object| object["kind"] == "Pod");
    let of_pod = |pod: &'o Value, addresses| Told {
        pod: Some(pod),
        host: is_host(pod),
        node: pod["spec"]["nodeName"].as_str().map(str::to_owned),
        addresses,
    };
    let Ok(address) = text.parse::<IpAddr>() else {
        let is_it = |pod: &&Value| format!("{}/{}", namespace(pod), pod["metadata"]["name"].as_str().unwrap()) == text;
        let pod = pods().find(is_it).unwrap();
        return of_pod(pod, pod_addresses(pod));
    };
    let ended = |pod: &Value| pod["status"]["phase"] == "Succeeded" || pod["status"]["phase"] == "Failed";
    let has = |pod: &&Value| !is_host(pod) && !ended(pod) && pod_addresses(pod).contains(&address);
    if let Some(pod) = pods().find(has) {
        return of_pod(pod, vec![address]);
    }
    let is_node = |node: &&Value| {
        node["kind"] == "Node"
            && list(&node["status"]["addresses"])
                .iter()
                .any(|item| item["address"] == text)
    };
    let node = objects.iter().find(is_node).map(|node| &node["metadata"]["name"]);
    // What a node's pods on its network have is its own.
    let is_on_node =
        |pod: &&Value| pod["status"]["hostIP"] == text || (is_host(pod) && pod_addresses(pod).contains(&address));
    let node = node.or_else(|| pods().find(is_on_node).map(|pod| &pod["spec"]["nodeName"]));
    Told {
        pod: None,
        host: node.is_some(),
        node: node.map(|name| name.as_str().unwrap().to_owned()),
        addresses: vec![address],
    }
}

fn is_host(pod: &Value) -> bool {
    pod["spec"]["hostNetwork"] == true
}

fn pod_addresses(pod: &Value) -> Vec<IpAddr> {
    let all = list(&pod["status"]["podIPs"]).iter().map(|item| &item["ip"]);
    let texts: BTreeSet<_> = all.chain([&pod["status"]["podIP"]]).filter_map(Value::as_str).collect();
    texts.into_iter().map(|text| text.parse().unwrap()).collect()
}

/// Pairs of one family. A pod without an address could have any: one of each part into which blocks cut the addresses.
fn addresses(objects: &[Value], ends: &[Told<'_>; 2]) -> Vec<[IpAddr; 2]> {
    let [from, to] = [0, 1].map(|at| match ends[at].addresses.as_slice() {
        [] => everywhere(objects),
        known => known.to_vec(),
    });
    let pairs = from.iter().flat_map(|from| to.iter().map(move |to| [*from, *to]));
    pairs.filter(|[from, to]| from.is_ipv4() == to.is_ipv4()).collect()
}

fn everywhere(objects: &[Value]) -> Vec<IpAddr> {
    let mut parts = BTreeSet::from([IpAddr::from([0; 4]), IpAddr::from([0; 16])]);
    for spec in objects.iter().map(|object| &object["spec"]) {
        let rules = list(&spec["ingress"]).iter().chain(list(&spec["egress"]));
        for block in rules
            .flat_map(|rule| list(&rule["from"]).iter().chain(list(&rule["to"])))
            .map(|peer| &peer["ipBlock"])
        {
            for cidr in list(&block["except"]).iter().chain([&block["cidr"]]) {
                parts.extend(cidr.as_str().into_iter().flat_map(begin_and_next));
            }
        }
    }
    parts.into_iter().collect()
}

fn begin_and_next(cidr: &str) -> [IpAddr; 2] {
    let (base, length) = cidr.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match base.parse().unwrap() {
        IpAddr::V4(base) => {
            let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
            let begin = base.to_bits() & !hosts;
            [begin, (begin | hosts).wrapping_add(1)].map(|bits| Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(base) => {
            let hosts = u128::MAX.checked_shr(length).unwrap_or(0);
            let begin = base.to_bits() & !hosts;
            [begin, (begin | hosts).wrapping_add(1)].map(|bits| Ipv6Addr::from_bits(bits).into())
        }
    }
}

/// A pod that is not scheduled could come to be on the other one's node, or elsewhere.
fn nodes(ends: &[Told<'_>; 2]) -> Vec<[Option<String>; 2]> {
    let known = [0, 1].map(|at| ends[at].node.clone());
    let is_open = |at: usize| ends[at].pod.is_some() && known[at].is_none();
    let mut nodes = vec![known.clone()];
    if is_open(0) || is_open(1) {
        let shared = known[0].clone().or_else(|| known[1].clone());
        let shared = shared.unwrap_or_else(|| "somewhere".to_owned());
        if [0, 1].iter().all(|at| is_open(*at) || known[*at].is_some()) {
            nodes.push([Some(shared.clone()), Some(shared)]);
        }
    }
    nodes
}

fn labels(objects: &[Value], pod: &Value) -> Vec<Labels> {
    let name = namespace(pod);
    let is_it = |object: &&Value| object["kind"] == "Namespace" && object["metadata"]["name"] == name;
    let with_name = |mut labels: Labels| {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        labels
    };
    if let Some(object) = objects.iter().find(is_it) {
        let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()));
        return vec![with_name(labels.collect())];
    }
    let values = [None, Some("prod"), Some("dev"), Some("another")];
    let choices = values
        .iter()
        .flat_map(|env| values.map(|team| [("env", *env), ("team", team)]));
    let of = |choice: [(&str, Option<&str>); 2]| {
        let given = choice
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
        with_name(given.collect())
    };
    choices.map(of).collect()
}

fn or_none(labels: &[Labels]) -> Vec<Labels> {
    if labels.is_empty() {
        return vec![Labels::new()];
    }
    labels.to_vec()
}
