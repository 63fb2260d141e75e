//! Compares what a rule wants with what a connection has, and keeps every difference.
use super::{LabelMismatch, Mismatch, NoPod, ObjectRef, PortHint};
use crate::{
    labels::{Labels, Requirement, Selector, Symbol},
    policy::{
        Cidr, Connection, End, Endpoint, IpBlock, Missing, Namespaces, Peer, PodFacts, PortMatch, PortRange, Ports,
        matching::{self, Match, NAME_LABEL},
    },
};

/// Empty if and only if the peer matches.
pub(super) fn peer(peer: &Peer, connection: &Connection<'_>, end: End) -> Vec<Mismatch> {
    match (peer, connection.end(end)) {
        (Peer::Never, _) => vec![Mismatch::Never],
        (Peer::Block(wanted), _) => block(peer, wanted, connection, end),
        (Peer::Pods { .. }, Endpoint::Pod(pod)) if pod.host_network => vec![Mismatch::NoPod(NoPod::HostNetwork)],
        (Peer::Pods { namespaces, pods }, Endpoint::Pod(pod)) => pod_peer(namespaces, pods, pod, end),
        (Peer::Pods { .. }, Endpoint::Node { .. }) => vec![Mismatch::NoPod(NoPod::Node)],
        (Peer::Pods { .. }, Endpoint::World(_) | Endpoint::Block(_)) => vec![Mismatch::NoPod(NoPod::World)],
        (Peer::Pods { .. }, Endpoint::Unknown(_)) => vec![Mismatch::Unknown(Missing::Owner(end))],
    }
}

/// `None` if and only if the ports match.
pub(super) fn ports(ports: &Ports, connection: &Connection<'_>) -> Option<Mismatch> {
    match matching::ports(ports, connection) {
        Match::Yes => return None,
        Match::Depends(missing) => return Some(Mismatch::Unknown(missing)),
        Match::No => {}
    }
    let list = match ports {
        Ports::All => return None,
        Ports::Of(list) if list.is_empty() => return Some(Mismatch::Never),
        Ports::Of(list) => list,
    };
    let protocol = connection.protocol;
    let wanted: Vec<_> = list.iter().filter(|one| one.protocol == protocol).cloned().collect();
    Some(if wanted.is_empty() {
        Mismatch::Protocol {
            wanted: list.clone(),
            found: protocol,
        }
    } else {
        let hints = wanted.iter().filter_map(|one| port_hint(one, connection)).collect();
        Mismatch::Port {
            wanted,
            found: connection.port,
            protocol,
            hints,
        }
    })
}

fn pod_peer(namespaces: &Namespaces, pods: &Selector, pod: &PodFacts, end: End) -> Vec<Mismatch> {
    let mut mismatches = match (namespaces, &pod.namespace_labels) {
        (Namespaces::Named(wanted), _) if *wanted == pod.namespace => Vec::new(),
        (Namespaces::Named(wanted), _) => {
            vec![Mismatch::Namespace {
                wanted: wanted.clone(),
                found: pod.namespace.clone(),
            }]
        }
        (Namespaces::Matching(selector), _) if selector.is_everything() => Vec::new(),
        (Namespaces::Matching(_), None) => match matching::namespaces(namespaces, pod, end) {
            Match::Yes => Vec::new(),
            Match::No => by_name(namespaces, pod),
            Match::Depends(missing) => vec![Mismatch::Unknown(missing)],
        },
        (Namespaces::Matching(selector), Some(labels)) => selector
            .unmet(labels)
            .map(|unmet| Mismatch::NamespaceLabel(label(ObjectRef::Namespace(pod.namespace.clone()), unmet, labels)))
            .collect(),
    };
    let object = || ObjectRef::Pod {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
    };
    mismatches.extend(
        pods.unmet(&pod.labels)
            .map(|unmet| Mismatch::PodLabel(label(object(), unmet, &pod.labels))),
    );
    mismatches
}

/// Of a namespace that was not seen only the name is known.
fn by_name(namespaces: &Namespaces, pod: &PodFacts) -> Vec<Mismatch> {
    let requirements = match namespaces {
        Namespaces::Matching(selector) => &*selector.requirements,
        Namespaces::Named(_) => &[],
    };
    let labels: Labels = [(Symbol::from(NAME_LABEL), pod.namespace.clone())]
        .into_iter()
        .collect();
    requirements
        .iter()
        .filter(|requirement| requirement.key == NAME_LABEL && !requirement.matches(&labels))
        .map(|requirement| label(ObjectRef::Namespace(pod.namespace.clone()), requirement, &labels))
        .map(Mismatch::NamespaceLabel)
        .collect()
}

fn label(object: ObjectRef, requirement: &Requirement, labels: &Labels) -> LabelMismatch {
    let found = labels.get(&requirement.key).cloned();
    LabelMismatch {
        object,
        requirement: requirement.clone(),
        found,
        hints: Vec::new(),
    }
}

fn block(peer: &Peer, wanted: &IpBlock, connection: &Connection<'_>, end: End) -> Vec<Mismatch> {
    match matching::peer(peer, connection, end) {
        Match::Yes => Vec::new(),
        Match::Depends(missing) => vec![Mismatch::Unknown(missing)],
        Match::No => {
            let found: Vec<_> = connection.addresses(end).collect();
            let first = match connection.end(end) {
                Endpoint::Block(block) => Some(block),
                Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Unknown(_) => {
                    found.first().copied().map(Cidr::single)
                }
            };
            let excepted = first
                .filter(|first| wanted.cidr.covers(*first))
                .and_then(|first| wanted.except.iter().find(|except| except.covers(first)).copied());
            vec![Mismatch::IpBlock {
                wanted: wanted.clone(),
                found,
                excepted,
            }]
        }
    }
}

fn port_hint(wanted: &PortMatch, connection: &Connection<'_>) -> Option<PortHint> {
    let name: &Symbol = match &wanted.range {
        PortRange::Named(name) => name,
        PortRange::All | PortRange::Between { .. } => return None,
    };
    let Some(pod) = connection.destination.pod() else {
        return Some(PortHint::OnlyPodsHaveNames { name: name.clone() });
    };
    let other = pod
        .ports
        .iter()
        .find(|one| one.name == *name && one.protocol == wanted.protocol);
    Some(match other {
        Some(other) => PortHint::NameIsOtherPort {
            name: name.clone(),
            port: other.port,
        },
        None => PortHint::NoPortOfThatName { name: name.clone() },
    })
}
