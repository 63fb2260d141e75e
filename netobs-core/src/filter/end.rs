//! What is asked of one end of a flow.
use std::net::IpAddr;

use super::any;
use crate::{
    change::{Scoped, Service},
    directory::Owner,
    explained::ExplainedFlow,
    labels::{Labels, Selector, Symbol},
    policy::{Cidr, End},
    workload::Workload,
};

/// All fields must be passed; a field is passed by any of its values, and by everything if it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndFilter {
    /// Of a pod or of a service.
    pub namespaces: Vec<Symbol>,
    pub pods: Vec<ScopedPattern>,
    pub workloads: Vec<WorkloadPattern>,
    /// Only pods have labels that could be selected.
    pub labels: Selector,
    pub namespace_labels: Selector,
    pub addresses: Vec<Cidr>,
    pub kinds: Vec<EndKind>,
    pub services: Vec<ScopedPattern>,
}

/// A name, or how it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePattern {
    Whole(Symbol),
    Beginning(Symbol),
}

/// The name of something in a namespace; in any, if none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedPattern {
    pub namespace: Option<Symbol>,
    pub name: NamePattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadPattern {
    /// In letters of any case.
    pub kind: Option<Symbol>,
    pub name: Symbol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndKind {
    Pod,
    Service,
    Node,
    World,
    Unknown,
}

/// One end, and the service that it was asked for as.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    owner: &'a Owner,
    address: IpAddr,
    service: Option<&'a Service>,
}

impl<'a> Side<'a> {
    pub(super) fn of(flow: &'a ExplainedFlow, end: End) -> Self {
        let enriched = &flow.enriched;
        let tuple = enriched.flow.tuple;
        match end {
            End::Source => Self {
                owner: &enriched.source,
                address: tuple.source,
                service: served(&enriched.source),
            },
            End::Destination => Self {
                owner: &enriched.destination,
                address: tuple.destination,
                service: enriched.service.as_deref().or_else(|| served(&enriched.destination)),
            },
        }
    }

    fn namespace(self) -> Option<&'a Symbol> {
        match self.owner {
            Owner::Pod { pod, .. } => Some(&pod.namespace),
            Owner::Service(service) => Some(&service.name.namespace),
            Owner::Node { .. } | Owner::World { .. } | Owner::Unknown(_) => None,
        }
    }

    fn namespace_labels(self) -> Option<&'a Labels> {
        match self.owner {
            Owner::Pod { namespace, .. } => namespace.as_ref().map(|namespace| &namespace.labels),
            Owner::Node { .. } | Owner::Service(_) | Owner::World { .. } | Owner::Unknown(_) => None,
        }
    }
}

impl EndFilter {
    pub(super) fn pass(&self, side: Side<'_>) -> bool {
        let pod = side.owner.pod();
        any(&self.kinds, |kind| *kind == EndKind::of(side.owner))
            && any(&self.namespaces, |name| side.namespace() == Some(name))
            && any(&self.pods, |pattern| {
                pod.is_some_and(|pod| pattern.is(&pod.namespace, &pod.name))
            })
            && any(&self.workloads, |pattern| {
                pod.is_some_and(|pod| pattern.is(&pod.workload))
            })
            && selected(&self.labels, pod.map(|pod| &pod.labels))
            && selected(&self.namespace_labels, side.namespace_labels())
            && any(&self.addresses, |block| block.contains(side.address))
            && any(&self.services, |pattern| {
                side.service.is_some_and(|service| pattern.is_of(&service.name))
            })
    }
}

fn served(owner: &Owner) -> Option<&Service> {
    match owner {
        Owner::Service(service) | Owner::World { service: Some(service) } => Some(service),
        Owner::Pod { .. } | Owner::Node { .. } | Owner::World { service: None } | Owner::Unknown(_) => None,
    }
}

fn selected(selector: &Selector, labels: Option<&Labels>) -> bool {
    selector.is_everything() || labels.is_some_and(|labels| selector.matches(labels))
}

impl EndKind {
    pub const fn of(owner: &Owner) -> Self {
        match owner {
            Owner::Pod { .. } => Self::Pod,
            Owner::Service(_) => Self::Service,
            Owner::Node { .. } => Self::Node,
            Owner::World { .. } => Self::World,
            Owner::Unknown(_) => Self::Unknown,
        }
    }
}

impl NamePattern {
    fn is(&self, name: &str) -> bool {
        match self {
            Self::Whole(whole) => *whole == *name,
            Self::Beginning(beginning) => name.starts_with(beginning.as_str()),
        }
    }
}

impl ScopedPattern {
    fn is(&self, namespace: &Symbol, name: &str) -> bool {
        self.namespace.as_ref().is_none_or(|wanted| wanted == namespace) && self.name.is(name)
    }

    fn is_of(&self, name: &Scoped) -> bool {
        self.is(&name.namespace, &name.name)
    }
}

impl WorkloadPattern {
    pub(crate) fn is(&self, workload: &Workload) -> bool {
        let kind = workload.kind.as_str();
        self.name == workload.name
            && self
                .kind
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind))
    }
}
