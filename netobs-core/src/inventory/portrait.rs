//! What is needed to evaluate policies for a workload long after its pods are gone.
use std::{collections::VecDeque, net::IpAddr, sync::Arc};

use crate::{
    change::{Namespace, Pod},
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

impl Portrait {
    pub(super) fn of(pod: &Pod, namespace: Option<&Namespace>, at: Timestamp) -> Self {
        Self {
            key: PortraitKey {
                namespace: pod.namespace.clone(),
                workload: pod.workload.clone(),
            },
            labels: pod.labels.clone(),
            namespace_labels: namespace.map(|namespace| namespace.labels.clone()),
            ports: Arc::clone(&pod.ports),
            last: at,
            pods: VecDeque::from([SeenPod::of(pod)]),
        }
    }

    /// Whether that pod adds nothing to it: it is known, and all else is as it was.
    pub(super) fn shows(&self, pod: &Pod, namespace: Option<&Namespace>) -> bool {
        let known = self.pods.iter().position(|known| known.is(pod));
        let same_namespace =
            namespace.is_none_or(|namespace| self.namespace_labels.as_ref() == Some(&namespace.labels));
        // Of pods that differ the latest to appear is the one that is shown.
        known.is_some_and(|place| place > 0 || self.labels == pod.labels && self.ports == pod.ports) && same_namespace
    }

    pub(super) fn take(&mut self, pod: &Pod, namespace: Option<&Namespace>) {
        if let Some(namespace) = namespace {
            self.namespace_labels = Some(namespace.labels.clone());
        }
        match self.pods.iter().position(|known| known.is(pod)) {
            Some(later) if later > 0 => return,
            Some(_) => {}
            None => {
                self.pods.retain(|known| known.name != pod.name);
                self.pods.truncate(MOST_PODS - 1);
                self.pods.push_front(SeenPod::of(pod));
            }
        }
        self.labels = pod.labels.clone();
        self.ports = Arc::clone(&pod.ports);
    }

    /// Takes in what an earlier run knew of the same workload.
    pub(super) fn join_earlier(&mut self, earlier: Self) {
        if self.namespace_labels.is_none() {
            self.namespace_labels = earlier.namespace_labels;
        }
        for pod in earlier.pods {
            if self.pods.len() < MOST_PODS && self.pods.iter().all(|known| known.name != pod.name) {
                self.pods.push_back(pod);
            }
        }
    }
}

impl SeenPod {
    fn of(pod: &Pod) -> Self {
        Self {
            name: pod.name.clone(),
            addresses: Arc::clone(&pod.addresses),
            node: pod.node.clone(),
        }
    }

    fn is(&self, pod: &Pod) -> bool {
        self.name == pod.name && self.addresses == pod.addresses && self.node == pod.node
    }
}
