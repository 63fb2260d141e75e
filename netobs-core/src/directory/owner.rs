//! Whose an address was, and what is asked to know it.
use std::{net::IpAddr, sync::Arc};

use super::Interval;
use crate::{
    change::{Namespace, Node, Pod, Service},
    event::{Ifindex, Protocol},
    labels::Symbol,
    policy::PodFacts,
};

/// What is asked: an address, the port at its end, and when.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub address: IpAddr,
    pub port: u16,
    pub protocol: Protocol,
    pub during: Interval,
    /// The interface on this node behind which the address was seen.
    pub interface: Option<Ifindex>,
}

/// Whose an address was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The pod and its namespace as they were at that time; `None` while the namespace itself has not been seen.
    Pod {
        pod: Arc<Pod>,
        namespace: Option<Arc<Namespace>>,
    },
    /// `None` if nothing but pods on its network spoke of this node.
    Node {
        name: Symbol,
        node: Option<Arc<Node>>,
    },
    Service(Arc<Service>),
    /// Nobody's in the cluster. An endpoint of this service, if it is one.
    World {
        service: Option<Arc<Service>>,
    },
    Unknown(Doubt),
}

/// Why it is not known whose an address was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Several pods can have had it.
    Several,
    /// This pod had it before, and of a later one we have not heard.
    Former(Arc<Pod>),
    /// It is a pod's, of which we have not heard.
    Unheard,
    /// We have not yet been told of all pods.
    Unlisted,
}

impl Owner {
    pub fn pod(&self) -> Option<&Arc<Pod>> {
        match self {
            Self::Pod { pod, .. } => Some(pod),
            Self::Node { .. } | Self::Service(_) | Self::World { .. } | Self::Unknown(_) => None,
        }
    }
}

/// A pod as policies see it, with the labels that its namespace has.
pub fn facts(pod: &Pod, namespace: Option<&Namespace>) -> PodFacts {
    PodFacts {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        labels: pod.labels.clone(),
        namespace_labels: namespace.map(|namespace| namespace.labels.clone()),
        addresses: Arc::clone(&pod.addresses),
        host_network: pod.host_network,
        node: pod.node.clone(),
        ports: Arc::clone(&pod.ports),
    }
}
