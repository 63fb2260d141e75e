//! The cluster's objects, each redacted once for as long as it stays the same.
use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;

use super::Redactor;
use crate::{
    change::{Namespace, Node, Pod, Service},
    directory::{Doubt, Owner},
    explain::Explanation,
};

/// More of each kind than these are redacted anew.
const MOST: usize = 8_192;

#[derive(Debug, Default)]
pub(super) struct Objects {
    pods: Known<Pod>,
    namespaces: Known<Namespace>,
    services: Known<Service>,
    nodes: Known<Node>,
    pub(super) explanations: Known<Explanation>,
}

/// By where an object is stored; it is kept there, so that no other comes to have its place.
#[derive(Debug)]
pub(super) struct Known<T>(HashMap<usize, (Arc<T>, Arc<T>), RandomState>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T> Known<T> {
    pub(super) fn get(&self, object: &Arc<T>) -> Option<Arc<T>> {
        let (_, redacted) = self.0.get(&Arc::as_ptr(object).addr())?;
        Some(Arc::clone(redacted))
    }

    pub(super) fn keep(&mut self, object: &Arc<T>, redacted: &Arc<T>) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let place = Arc::as_ptr(object).addr();
        self.0.insert(place, (Arc::clone(object), Arc::clone(redacted)));
    }
}

impl Redactor {
    pub fn owner(&mut self, owner: &Owner) -> Owner {
        match owner {
            Owner::Pod { pod, namespace } => Owner::Pod {
                pod: self.pod(pod),
                namespace: namespace.as_ref().map(|namespace| self.namespace(namespace)),
            },
            Owner::Node { name, node } => Owner::Node {
                name: name.clone(),
                node: node.as_ref().map(|node| self.node(node)),
            },
            Owner::Service(service) => Owner::Service(self.service(service)),
            Owner::World { service } => Owner::World {
                service: service.as_ref().map(|service| self.service(service)),
            },
            Owner::Unknown(Doubt::Former(pod)) => Owner::Unknown(Doubt::Former(self.pod(pod))),
            Owner::Unknown(doubt) => Owner::Unknown(doubt.clone()),
        }
    }

    pub(super) fn service(&mut self, service: &Arc<Service>) -> Arc<Service> {
        if let Some(known) = self.objects.services.get(service) {
            return known;
        }
        let redacted = Arc::new(Service {
            addresses: service.addresses.iter().map(|one| self.address(*one)).collect(),
            selector: service.selector.as_ref().map(|selector| self.selector(selector)),
            ..(**service).clone()
        });
        self.objects.services.keep(service, &redacted);
        redacted
    }

    fn pod(&mut self, pod: &Arc<Pod>) -> Arc<Pod> {
        if let Some(known) = self.objects.pods.get(pod) {
            return known;
        }
        let redacted = Arc::new(Pod {
            name: self.pod_name(&pod.namespace, &pod.name),
            labels: self.labels(&pod.labels),
            annotations: self.labels(&pod.annotations),
            addresses: pod.addresses.iter().map(|one| self.address(*one)).collect(),
            workload: self.workload(&pod.namespace, &pod.workload),
            ..(**pod).clone()
        });
        self.objects.pods.keep(pod, &redacted);
        redacted
    }

    fn namespace(&mut self, namespace: &Arc<Namespace>) -> Arc<Namespace> {
        if let Some(known) = self.objects.namespaces.get(namespace) {
            return known;
        }
        let redacted = Arc::new(Namespace {
            name: namespace.name.clone(),
            labels: self.labels(&namespace.labels),
            annotations: self.labels(&namespace.annotations),
        });
        self.objects.namespaces.keep(namespace, &redacted);
        redacted
    }

    fn node(&mut self, node: &Arc<Node>) -> Arc<Node> {
        if let Some(known) = self.objects.nodes.get(node) {
            return known;
        }
        let redacted = Arc::new(Node {
            name: node.name.clone(),
            addresses: node.addresses.iter().map(|one| self.address(*one)).collect(),
            pod_blocks: node.pod_blocks.iter().map(|one| self.block(*one)).collect(),
            labels: self.labels(&node.labels),
        });
        self.objects.nodes.keep(node, &redacted);
        redacted
    }
}
