//! A naive second reading of the NetworkPolicy specification, straight on the objects' JSON. What is not known is tried in
//! every way it could be: a decision that is not the same in all of these worlds is undecidable.
use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;

use crate::worlds::{self, End};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    NotApplicable,
    Admits,
    DoesNotAdmit,
    Undecidable,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'q> {
    pub(crate) from: &'q str,
    pub(crate) to: &'q str,
    pub(crate) protocol: &'q str,
    pub(crate) port: u16,
}

/// Ingress and egress; `None` if the two have no family of addresses in which they could talk.
pub(crate) fn decide(objects: &[Value], question: Question<'_>) -> Option<[Word; 2]> {
    let mut words = [BTreeSet::new(), BTreeSet::new()];
    for [from, to] in worlds::all(objects, question.from, question.to) {
        words[0].insert(decide_one(objects, "ingress", &to, &from, &to, question));
        words[1].insert(decide_one(objects, "egress", &from, &to, &to, question));
    }
    words[0].first()?;
    Some(words.map(|words| match words.first() {
        Some(word) if words.len() == 1 => *word,
        _ => Word::Undecidable,
    }))
}

fn decide_one(objects: &[Value], way: &str, me: &End, peer: &End, to: &End, question: Question<'_>) -> Word {
    let Some(pod) = me.pod.filter(|_| !me.host) else {
        return Word::NotApplicable;
    };
    let selects = |policy: &&Value| {
        policy["kind"] == "NetworkPolicy"
            && worlds::namespace(policy) == worlds::namespace(pod)
            && affects(&policy["spec"], way)
            && selected(&policy["spec"]["podSelector"], |key| {
                pod["metadata"]["labels"][key].as_str()
            })
    };
    let isolating: Vec<_> = objects.iter().filter(selects).collect();
    let itself = peer.pod.is_some_and(|other| std::ptr::eq(other, pod));
    let own_node = way == "ingress" && peer.host && peer.node.is_some() && peer.node == me.node;
    let admits = |policy: &Value| {
        list(&policy["spec"][way]).iter().any(|rule| {
            let peers = list(&rule[if way == "ingress" { "from" } else { "to" }]);
            let ports = list(&rule["ports"]);
            (peers.is_empty() || peers.iter().any(|item| is_peer(item, worlds::namespace(policy), peer)))
                && (ports.is_empty() || ports.iter().any(|item| is_port(item, to, question)))
        })
    };
    match isolating.len() {
        0 => Word::NotApplicable,
        _ if itself || own_node || isolating.into_iter().any(admits) => Word::Admits,
        _ => Word::DoesNotAdmit,
    }
}

fn affects(spec: &Value, way: &str) -> bool {
    match list(&spec["policyTypes"]) {
        [] => way == "ingress" || !list(&spec["egress"]).is_empty(),
        types => types
            .iter()
            .any(|name| *name == if way == "ingress" { "Ingress" } else { "Egress" }),
    }
}

pub(crate) fn selected<'l>(selector: &Value, label: impl Fn(&str) -> Option<&'l str>) -> bool {
    let labels = selector["matchLabels"].as_object();
    labels.is_none_or(|labels| labels.iter().all(|(key, value)| label(key) == value.as_str()))
        && list(&selector["matchExpressions"]).iter().all(|expression| {
            let value = label(expression["key"].as_str().unwrap());
            let listed = value.is_some_and(|value| list(&expression["values"]).iter().any(|one| one == value));
            match expression["operator"].as_str().unwrap() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                other => panic!("no operator: {other}"),
            }
        })
}

fn is_peer(item: &Value, own: &str, peer: &End) -> bool {
    if let Some(cidr) = item["ipBlock"]["cidr"].as_str() {
        let mut except = list(&item["ipBlock"]["except"]).iter();
        return is_in(peer.address, cidr) && !except.any(|cidr| is_in(peer.address, cidr.as_str().unwrap()));
    }
    peer.pod.filter(|_| !peer.host).is_some_and(|pod| {
        let namespace = &item["namespaceSelector"];
        let in_namespace = match namespace {
            Value::Null => worlds::namespace(pod) == own,
            _ => selected(namespace, |key| peer.namespace_labels.get(key).map(String::as_str)),
        };
        in_namespace && selected(&item["podSelector"], |key| pod["metadata"]["labels"][key].as_str())
    })
}

fn is_port(item: &Value, to: &End, question: Question<'_>) -> bool {
    let asked = u64::from(question.port);
    let is_asked = |port: &Value| {
        port["name"] == item["port"]
            && port["protocol"].as_str().unwrap_or("TCP") == question.protocol
            && port["containerPort"] == asked
    };
    item["protocol"].as_str().unwrap_or("TCP") == question.protocol
        && match (&item["port"], to.pod.filter(|_| !to.host)) {
            (Value::Null, _) => true,
            (Value::Number(first), _) => {
                let first = first.as_u64().unwrap();
                (first..=item["endPort"].as_u64().unwrap_or(first)).contains(&asked)
            }
            (_, Some(pod)) => list(&pod["spec"]["containers"])
                .iter()
                .any(|container| list(&container["ports"]).iter().any(is_asked)),
            (_, None) => false,
        }
}

pub(crate) fn is_in(address: IpAddr, cidr: &str) -> bool {
    let (base, length) = cidr.split_once('/').unwrap();
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    let ((width, address), (base_width, base)) = (bits(address), bits(base.parse().unwrap()));
    let shift: u32 = width - length.parse::<u32>().unwrap().min(width);
    width == base_width && (address ^ base).checked_shr(shift).unwrap_or(0) == 0
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
