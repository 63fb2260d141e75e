//! What is needed to evaluate policies for a workload long after its pods are gone.
use std::{collections::VecDeque, net::IpAddr, sync::Arc};

use crate::{
    labels::{Labels, Symbol},
    policy::{NamedPort, PodFacts},
    time::Timestamp,
    workload::Workload,
};

/// More pods than these a portrait does not keep.
pub const MOST_PODS: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortraitKey {
    pub namespace: Symbol,
    pub workload: Workload,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPod {
    pub name: Symbol,
    pub addresses: Arc<[IpAddr]>,
    pub node: Option<Symbol>,
}

/// A workload, as the latest pod that was seen of it. Pods on their node's network are told as that node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portrait {
    pub key: PortraitKey,
    /// Of that pod.
    pub labels: Labels,
    /// `None` while the namespace itself had not been seen.
    pub namespace_labels: Option<Labels>,
    /// Container ports that have a name.
    pub ports: Arc<[NamedPort]>,
    pub last: Timestamp,
    /// The latest first; never empty.
    pub pods: VecDeque<SeenPod>,
}

impl Portrait {
    /// The latest pod as policies see it.
    pub fn facts(&self) -> PodFacts {
        let pod = self.pods.front();
        PodFacts {
            namespace: self.key.namespace.clone(),
            name: pod.map_or_else(|| self.key.workload.name.clone(), |pod| pod.name.clone()),
            labels: self.labels.clone(),
            namespace_labels: self.namespace_labels.clone(),
            addresses: pod.map_or_else(|| [].into(), |pod| Arc::clone(&pod.addresses)),
            host_network: false,
            node: pod.and_then(|pod| pod.node.clone()),
            ports: Arc::clone(&self.ports),
        }
    }
}
