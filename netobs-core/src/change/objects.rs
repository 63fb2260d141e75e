//! The cluster's objects, cut to what netobs uses.
use std::{net::IpAddr, sync::Arc};

use crate::{
    event::Protocol,
    labels::{Labels, Selector, Symbol},
    policy::{Cidr, NamedPort},
    time::Timestamp,
    workload::Workload,
};

/// What tells a pod from all others there ever were.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodUid(pub Symbol);

/// The name of an object that lives in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scoped {
    pub namespace: Symbol,
    pub name: Symbol,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub name: Symbol,
    pub labels: Labels,
    /// Those whose values could be a label's.
    pub annotations: Labels,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Pending,
    Running,
    /// All its containers are done; its address may be given away while it still shows it.
    Succeeded,
    /// As `Succeeded`, with an error.
    Failed,
    Unknown,
}

impl Phase {
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    pub uid: PodUid,
    pub namespace: Symbol,
    pub name: Symbol,
    pub labels: Labels,
    /// Those whose values could be a label's.
    pub annotations: Labels,
    pub addresses: Arc<[IpAddr]>,
    pub node: Option<Symbol>,
    /// It has its node's addresses, not ones of its own.
    pub host_network: bool,
    pub phase: Phase,
    /// Its deletion was asked for.
    pub terminating: bool,
    /// When its node took it on (or, if that is not known, when it was made): it had no address before.
    pub started: Option<Timestamp>,
    pub workload: Workload,
    /// Those container ports that have a name.
    pub ports: Arc<[NamedPort]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: Symbol,
    pub addresses: Box<[IpAddr]>,
    /// The blocks that its pods get their addresses from, where Kubernetes gives them out.
    pub pod_blocks: Box<[Cidr]>,
    pub labels: Labels,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKind {
    ClusterIp,
    NodePort,
    LoadBalancer,
    /// A name for something outside the cluster.
    ExternalName,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServicePort {
    pub name: Option<Symbol>,
    pub port: u16,
    pub protocol: Protocol,
    pub node_port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub name: Scoped,
    pub kind: ServiceKind,
    /// Cluster, external and load balancer addresses; none if it is headless or an `ExternalName`.
    pub addresses: Box<[IpAddr]>,
    pub ports: Box<[ServicePort]>,
    /// `None` where endpoints are written by someone else.
    pub selector: Option<Selector>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlicePort {
    pub name: Option<Symbol>,
    /// `None`: all ports.
    pub port: Option<u16>,
    pub protocol: Protocol,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    pub addresses: Box<[IpAddr]>,
    /// `None` where it is not a pod.
    pub pod: Option<PodUid>,
}

/// A part of the endpoints of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSlice {
    pub name: Scoped,
    /// In the slice's namespace.
    pub service: Option<Symbol>,
    pub ports: Box<[SlicePort]>,
    pub backends: Box<[Backend]>,
}
