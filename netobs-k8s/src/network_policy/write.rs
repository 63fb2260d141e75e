//! Policies of the model as `networking.k8s.io/v1` NetworkPolicies.
use netobs_core::{
    labels::{Labels, Operator, Requirement, Selector, Symbol},
    policy::{Direction, IpBlock, Namespaces, Peer, Peers, Policy, PortMatch, PortRange, Ports, Rule},
    render,
};

use super::KIND;
use crate::writer::{Item, Map, Yaml, document};

/// Without comments. What only other dialects have is left out.
pub fn write(policy: &Policy) -> String {
    let rules = |direction: Direction| {
        let rules = policy.rules(direction)?;
        Some(rules.rules.iter().map(|one| rule(one, direction).into()).collect())
    };
    let (ingress, egress) = (rules(Direction::Ingress), rules(Direction::Egress));
    let namespace = policy.id.namespace.as_ref();
    document(
        &[],
        &object(&policy.id.name, namespace, &policy.subject.pods, ingress, egress),
    )
}

/// Rules are `None` where the policy does not speak of that direction.
pub(crate) fn object(
    name: &str,
    namespace: Option<&Symbol>,
    subject: &Selector,
    ingress: Option<Vec<Item>>,
    egress: Option<Vec<Item>>,
) -> Map {
    let mut metadata = Map::default().with("name", name);
    if let Some(namespace) = namespace {
        metadata = metadata.with("namespace", namespace.as_str());
    }
    let types = [("Ingress", ingress.is_some()), ("Egress", egress.is_some())];
    let types = types.into_iter().filter(|(_, spoken_of)| *spoken_of);
    let mut spec = Map::default().with("podSelector", selector(subject)).with(
        "policyTypes",
        Yaml::Words(types.map(|(word, _)| word.to_owned()).collect()),
    );
    for (field, rules) in [("ingress", ingress), ("egress", egress)] {
        if let Some(rules) = rules.filter(|rules| !rules.is_empty()) {
            spec = spec.with(field, rules);
        }
    }
    Map::default()
        .with("apiVersion", "networking.k8s.io/v1")
        .with("kind", KIND)
        .with("metadata", metadata)
        .with("spec", spec)
}

pub(crate) fn rule(rule: &Rule, direction: Direction) -> Map {
    let field = match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let mut map = Map::default();
    if let Peers::Of(peers) = &rule.peers {
        map = map.with(field, peers.iter().map(|one| peer(one).into()).collect::<Vec<_>>());
    }
    if let Ports::Of(ports) = &rule.ports {
        map = map.with("ports", ports.iter().map(|one| port(one).into()).collect::<Vec<_>>());
    }
    map
}

fn peer(peer: &Peer) -> Map {
    match peer {
        Peer::Pods {
            namespaces: Namespaces::Named(_),
            pods,
        } => Map::default().with("podSelector", selector(pods)),
        Peer::Pods {
            namespaces: Namespaces::Matching(namespaces),
            pods,
        } => {
            let map = Map::default().with("namespaceSelector", selector(namespaces));
            if pods.is_everything() {
                map
            } else {
                map.with("podSelector", selector(pods))
            }
        }
        Peer::Block(IpBlock { cidr, except }) => {
            let mut block = Map::default().with("cidr", cidr.to_string());
            if !except.is_empty() {
                block = block.with("except", Yaml::Words(except.iter().map(ToString::to_string).collect()));
            }
            Map::default().with("ipBlock", block)
        }
        // In a list of none, as Kubernetes understands it, nobody is named either.
        Peer::Never => Map::default().with("podSelector", selector(&nothing())),
    }
}

/// Selects nothing: no key is there and not there.
fn nothing() -> Selector {
    let key = Symbol::from("netobs-nothing");
    let requirement = |operator| Requirement {
        key: key.clone(),
        operator,
        values: Vec::new(),
    };
    Selector::new(vec![requirement(Operator::Exists), requirement(Operator::DoesNotExist)])
}

fn selector(selector: &Selector) -> Map {
    let as_label = |requirement: &Requirement| match (requirement.operator, requirement.values.as_slice()) {
        (Operator::In, [value]) => Some((requirement.key.clone(), value.clone())),
        _ => None,
    };
    let labels: Labels = selector.requirements.iter().filter_map(as_label).collect();
    // Of a key that is asked for twice, only one can stand among the labels.
    let is_label = |one: &Requirement| as_label(one).is_some_and(|(key, value)| labels.get(&key) == Some(&value));
    let mut map = Map::default();
    let mut written = Map::default();
    let mut keys: Vec<&Symbol> = Vec::new();
    for requirement in selector.requirements.iter().filter(|one| is_label(one)) {
        if !keys.contains(&&requirement.key) {
            keys.push(&requirement.key);
            written = written.with(&requirement.key, requirement.values.join(""));
        }
    }
    if !keys.is_empty() {
        map = map.with("matchLabels", written);
    }
    let others = selector.requirements.iter().filter(|one| !is_label(one));
    let others: Vec<Item> = others.map(|one| expression(one).into()).collect();
    if !others.is_empty() {
        map = map.with("matchExpressions", others);
    }
    map
}

fn expression(requirement: &Requirement) -> Map {
    let operator = match requirement.operator {
        Operator::In => "In",
        Operator::NotIn => "NotIn",
        Operator::Exists => "Exists",
        Operator::DoesNotExist => "DoesNotExist",
    };
    let map = Map::default()
        .with("key", requirement.key.as_str())
        .with("operator", operator);
    match requirement.operator {
        Operator::In | Operator::NotIn => {
            let values = requirement.values.iter().map(ToString::to_string).collect();
            map.with("values", Yaml::Words(values))
        }
        Operator::Exists | Operator::DoesNotExist => map,
    }
}

fn port(port: &PortMatch) -> Map {
    let map = Map::default();
    let map = match &port.range {
        PortRange::All => map,
        PortRange::Between { first, last } if first == last => map.with("port", *first),
        PortRange::Between { first, last } => map.with("port", *first).with("endPort", *last),
        PortRange::Named(name) => map.with("port", name.as_str()),
    };
    map.with("protocol", render::protocol(port.protocol))
}
