//! Compares what a rule wants with what a connection has, and tells every difference.
//!
//! Differences are borrowed: of the many that a big policy has only a few are kept.
use super::{LabelHint, LabelMismatch, Mismatch, NoPod, ObjectRef, PortHint, Surroundings, label_hints};
use crate::{
    labels::{Labels, Requirement, Selector, Symbol},
    policy::{
        Cidr, Connection, End, Endpoint, IpBlock, Missing, Namespaces, Peer, PodFacts, PortMatch, PortRange, Ports,
        matching::{self, Match, NAME_LABEL},
    },
};

/// Of longer lists of ports, values and exceptions a mismatch has the beginning.
pub(super) const MOST_LISTED: usize = 32;

#[derive(Clone, Copy, Debug)]
pub(super) enum Difference<'a> {
    NamespaceLabel(LabelDifference<'a>),
    PodLabel(LabelDifference<'a>),
    Namespace { wanted: &'a Symbol, found: &'a Symbol },
    NoPod(NoPod),
    IpBlock(&'a IpBlock),
    Port(&'a [PortMatch]),
    Protocol(&'a [PortMatch]),
    Never,
    Unknown(Missing),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LabelDifference<'a> {
    pod: &'a PodFacts,
    /// Of the object that lacks it, where they are known.
    labels: Option<&'a Labels>,
    pub(super) requirement: &'a Requirement,
    pub(super) found: Option<&'a Symbol>,
}

/// Tells nothing if and only if the peer matches.
pub(super) fn peer<'a>(peer: &'a Peer, connection: &Connection<'a>, end: End, tell: &mut impl FnMut(Difference<'a>)) {
    match (peer, connection.end(end)) {
        (Peer::Never, _) => tell(Difference::Never),
        (Peer::Block(wanted), _) => match matching::peer(peer, connection, end) {
            Match::Yes => {}
            Match::Depends(missing) => tell(Difference::Unknown(missing)),
            Match::No => tell(Difference::IpBlock(wanted)),
        },
        (Peer::Pods { .. }, Endpoint::Pod(pod)) if pod.host_network => tell(Difference::NoPod(NoPod::HostNetwork)),
        (Peer::Pods { namespaces, pods }, Endpoint::Pod(pod)) => {
            namespace(namespaces, pod, end, tell);
            for difference in unmet(pods, &pod.labels, pod) {
                tell(Difference::PodLabel(difference));
            }
        }
        (Peer::Pods { .. }, Endpoint::Node { .. }) => tell(Difference::NoPod(NoPod::Node)),
        (Peer::Pods { .. }, Endpoint::World(_) | Endpoint::Block(_)) => tell(Difference::NoPod(NoPod::World)),
        (Peer::Pods { .. }, Endpoint::Unknown(_)) => tell(Difference::Unknown(Missing::Owner(end))),
    }
}

/// `None` if and only if the ports match.
pub(super) fn ports<'a>(ports: &'a Ports, connection: &Connection<'_>) -> Option<Difference<'a>> {
    match matching::ports(ports, connection) {
        Match::Yes => return None,
        Match::Depends(missing) => return Some(Difference::Unknown(missing)),
        Match::No => {}
    }
    match ports {
        Ports::All => None,
        Ports::Of(list) if list.is_empty() => Some(Difference::Never),
        Ports::Of(list) if list.iter().any(|one| one.protocol == connection.protocol) => Some(Difference::Port(list)),
        Ports::Of(list) => Some(Difference::Protocol(list)),
    }
}

fn namespace<'a>(wanted: &'a Namespaces, pod: &'a PodFacts, end: End, tell: &mut impl FnMut(Difference<'a>)) {
    match (wanted, &pod.namespace_labels) {
        (Namespaces::Named(wanted), _) if *wanted == pod.namespace => {}
        (Namespaces::Named(wanted), _) => tell(Difference::Namespace {
            wanted,
            found: &pod.namespace,
        }),
        (Namespaces::Matching(selector), _) if selector.is_everything() => {}
        (Namespaces::Matching(selector), None) => match matching::namespaces(wanted, pod, end) {
            Match::Yes => {}
            Match::No => by_name(selector, pod, tell),
            Match::Depends(missing) => tell(Difference::Unknown(missing)),
        },
        (Namespaces::Matching(selector), Some(labels)) => {
            for difference in unmet(selector, labels, pod) {
                tell(Difference::NamespaceLabel(difference));
            }
        }
    }
}

/// Of a namespace that was not seen only the name is known.
fn by_name<'a>(selector: &'a Selector, pod: &'a PodFacts, tell: &mut impl FnMut(Difference<'a>)) {
    let found = Some(&pod.namespace);
    for requirement in &selector.requirements {
        if requirement.key == NAME_LABEL && !requirement.admits(found) {
            tell(Difference::NamespaceLabel(LabelDifference {
                pod,
                labels: None,
                requirement,
                found,
            }));
        }
    }
}

fn unmet<'a>(
    selector: &'a Selector,
    labels: &'a Labels,
    pod: &'a PodFacts,
) -> impl Iterator<Item = LabelDifference<'a>> {
    selector.unmet(labels).map(move |requirement| LabelDifference {
        pod,
        labels: Some(labels),
        requirement,
        found: labels.get(&requirement.key),
    })
}

impl Difference<'_> {
    pub(super) const fn is_label(&self) -> bool {
        matches!(self, Self::NamespaceLabel(_) | Self::PodLabel(_))
    }

    /// To be kept, with as much as a reader can make use of.
    pub(super) fn mismatch(&self, connection: &Connection<'_>, end: End, surroundings: &dyn Surroundings) -> Mismatch {
        match self {
            Self::NamespaceLabel(label) => {
                let object = ObjectRef::Namespace(label.pod.namespace.clone());
                Mismatch::NamespaceLabel(label.mismatch(object, surroundings))
            }
            Self::PodLabel(label) => {
                let object = ObjectRef::Pod {
                    namespace: label.pod.namespace.clone(),
                    name: label.pod.name.clone(),
                };
                Mismatch::PodLabel(label.mismatch(object, surroundings))
            }
            Self::Namespace { wanted, found } => Mismatch::Namespace {
                wanted: (*wanted).clone(),
                found: (*found).clone(),
            },
            Self::NoPod(why) => Mismatch::NoPod(*why),
            Self::IpBlock(wanted) => block(wanted, connection, end),
            Self::Port(list) => port(list, connection),
            Self::Protocol(list) => Mismatch::Protocol {
                wanted: list.iter().take(MOST_LISTED).cloned().collect(),
                found: connection.protocol,
            },
            Self::Never => Mismatch::Never,
            Self::Unknown(missing) => Mismatch::Unknown(*missing),
        }
    }
}

impl LabelDifference<'_> {
    fn mismatch(&self, object: ObjectRef, surroundings: &dyn Surroundings) -> LabelMismatch {
        let hints = label_hints::find(&object, self.requirement, self.labels, surroundings);
        LabelMismatch {
            object,
            requirement: self.told_requirement(&hints),
            found: self.found.cloned(),
            hints,
        }
    }

    /// Of many values those that it is about come first.
    fn told_requirement(&self, hints: &[LabelHint]) -> Requirement {
        let all = &self.requirement.values;
        if all.len() <= MOST_LISTED {
            return self.requirement.clone();
        }
        let about = self.found.into_iter().chain(hints.iter().filter_map(LabelHint::value));
        let mut values: Vec<Symbol> = Vec::with_capacity(MOST_LISTED);
        for value in about.filter(|value| all.contains(value)).chain(all) {
            if values.len() == MOST_LISTED {
                break;
            }
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        Requirement {
            key: self.requirement.key.clone(),
            operator: self.requirement.operator,
            values,
        }
    }
}

fn block(wanted: &IpBlock, connection: &Connection<'_>, end: End) -> Mismatch {
    let found: Vec<_> = connection.addresses(end).take(MOST_LISTED).collect();
    let first = match connection.end(end) {
        Endpoint::Block(block) => Some(block),
        Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Unknown(_) => {
            found.first().copied().map(Cidr::single)
        }
    };
    let excepted = first
        .filter(|first| wanted.cidr.covers(*first))
        .and_then(|first| wanted.except.iter().find(|except| except.covers(first)).copied());
    let except = wanted.except.iter().take(MOST_LISTED).copied().collect();
    Mismatch::IpBlock {
        wanted: IpBlock {
            cidr: wanted.cidr,
            except,
        },
        found,
        excepted,
    }
}

fn port(list: &[PortMatch], connection: &Connection<'_>) -> Mismatch {
    let protocol = connection.protocol;
    let of_protocol = list.iter().filter(|one| one.protocol == protocol);
    let wanted: Vec<_> = of_protocol.take(MOST_LISTED).cloned().collect();
    let hints = wanted.iter().filter_map(|one| port_hint(one, connection)).collect();
    Mismatch::Port {
        wanted,
        found: connection.port,
        protocol,
        hints,
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
