//! Whether a rule matches a connection, as far as the facts go.
use std::net::IpAddr;

use super::{
    Cidr, Connection, Direction, End, Endpoint, IpBlock, Missing, Namespaces, Peer, Peers, PodFacts, PortMatch,
    PortRange, Ports, Rule, Subject,
};
use crate::labels::Selector;

/// The label that the API server gives every namespace, and lets nobody change.
pub(crate) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Yes,
    No,
    /// It depends on this.
    Depends(Missing),
}

impl Match {
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Depends(_) => match other() {
                Self::No => Self::No,
                Self::Yes | Self::Depends(_) => self,
            },
        }
    }

    fn any(options: impl Iterator<Item = Self>) -> Self {
        let mut all = Self::No;
        for option in options {
            match option {
                Self::Yes => return Self::Yes,
                Self::Depends(_) if all == Self::No => all = option,
                Self::Depends(_) | Self::No => {}
            }
        }
        all
    }
}

impl From<bool> for Match {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

pub(crate) fn rule(rule: &Rule, connection: &Connection<'_>, direction: Direction) -> Match {
    ports(&rule.ports, connection).and(|| peers(&rule.peers, connection, direction.peer()))
}

pub(crate) fn subject(subject: &Subject, pod: &PodFacts, end: End) -> Match {
    namespaces(&subject.namespaces, pod, end).and(|| subject.pods.matches(&pod.labels).into())
}

pub(crate) fn peers(peers: &Peers, connection: &Connection<'_>, end: End) -> Match {
    match peers {
        Peers::Any => Match::Yes,
        Peers::Of(list) => Match::any(list.iter().map(|one| peer(one, connection, end))),
    }
}

pub(crate) fn peer(peer: &Peer, connection: &Connection<'_>, end: End) -> Match {
    match (peer, connection.end(end)) {
        (Peer::Block(wanted), _) => block(wanted, connection, end),
        (
            Peer::Pods {
                namespaces: wanted,
                pods,
            },
            Endpoint::Pod(pod),
        ) if !pod.host_network => Match::from(pods.matches(&pod.labels)).and(|| namespaces(wanted, pod, end)),
        (Peer::Pods { .. }, Endpoint::Unknown(_)) => Match::Depends(Missing::Owner(end)),
        (Peer::Never, _) => Match::No,
        (Peer::Pods { .. }, Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Block(_)) => {
            Match::No
        }
    }
}

pub(crate) fn namespaces(wanted: &Namespaces, pod: &PodFacts, end: End) -> Match {
    match (wanted, &pod.namespace_labels) {
        (Namespaces::Named(name), _) => (*name == pod.namespace).into(),
        (Namespaces::Matching(selector), _) if selector.is_everything() => Match::Yes,
        (Namespaces::Matching(selector), Some(labels)) => selector.matches(labels).into(),
        (Namespaces::Matching(selector), None) => by_name(selector, pod, end),
    }
}

/// Every namespace carries its name as a label, so that much is known of one that was not seen.
fn by_name(selector: &Selector, pod: &PodFacts, end: End) -> Match {
    let (named, others): (Vec<_>, Vec<_>) = selector.requirements.iter().partition(|one| one.key == NAME_LABEL);
    if !named.iter().all(|requirement| requirement.admits(Some(&pod.namespace))) {
        Match::No
    } else if others.is_empty() {
        Match::Yes
    } else {
        Match::Depends(Missing::NamespaceLabels(end))
    }
}

pub(crate) fn ports(ports: &Ports, connection: &Connection<'_>) -> Match {
    match ports {
        Ports::All => Match::Yes,
        Ports::Of(list) => Match::any(list.iter().map(|one| port(one, connection))),
    }
}

pub(crate) fn in_block(block: &IpBlock, address: IpAddr) -> bool {
    block.cidr.contains(address) && !block.except.iter().any(|except| except.contains(address))
}

pub(crate) fn port(wanted: &PortMatch, connection: &Connection<'_>) -> Match {
    if wanted.protocol != connection.protocol {
        return Match::No;
    }
    match (&wanted.range, connection.port) {
        (PortRange::All, _) => Match::Yes,
        (PortRange::Between { first, last }, Some(port)) => (*first..=*last).contains(&port).into(),
        (PortRange::Between { .. }, None) => Match::Depends(Missing::Port),
        (PortRange::Named(name), port) => named_port(name, port, connection),
    }
}

fn named_port(name: &str, port: Option<u16>, connection: &Connection<'_>) -> Match {
    let pod = match connection.destination {
        Endpoint::Pod(pod) if !pod.host_network => pod,
        Endpoint::Unknown(_) => return Match::Depends(Missing::Owner(End::Destination)),
        Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Block(_) => return Match::No,
    };
    let mut same_name = pod
        .ports
        .iter()
        .filter(|one| one.name == *name && one.protocol == connection.protocol);
    match port {
        Some(port) => same_name.any(|one| one.port == port).into(),
        None if same_name.next().is_some() => Match::Depends(Missing::Port),
        None => Match::No,
    }
}

/// Blocks ask for the address alone, whoever has it.
fn block(block: &IpBlock, connection: &Connection<'_>, end: End) -> Match {
    if let (Endpoint::Block(found), None) = (connection.end(end), connection.seen_address(end)) {
        return whole_block(block, found, end);
    }
    let (mut inside, mut outside) = (false, false);
    for address in connection.addresses(end) {
        if in_block(block, address) {
            inside = true;
        } else {
            outside = true;
        }
    }
    match (inside, outside) {
        (true, false) => Match::Yes,
        (false, true) => Match::No,
        (true, true) => Match::Depends(Missing::AddressFamily(end)),
        (false, false) if !connection.families(end).have(block.cidr.network()) => Match::No,
        (false, false) => Match::Depends(Missing::Address(end)),
    }
}

/// Whether all addresses of the one are in the other, or none is.
fn whole_block(wanted: &IpBlock, found: Cidr, end: End) -> Match {
    if !wanted.cidr.overlaps(found) || wanted.except.iter().any(|except| except.covers(found)) {
        Match::No
    } else if wanted.cidr.covers(found) && !wanted.except.iter().any(|except| except.overlaps(found)) {
        Match::Yes
    } else {
        Match::Depends(Missing::Address(end))
    }
}
