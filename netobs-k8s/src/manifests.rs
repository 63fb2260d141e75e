//! A cluster as manifests describe it: `kubectl get -o yaml`, a folder of files, or what a pipeline renders.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
};

use netobs_core::{
    change::{Namespace, Node, Pod, Service},
    directory,
    explain::{NamespaceFacts, Snapshot},
    labels::{Interner, Symbol},
    policy::{Endpoint, PolicyId, PolicySet},
};

pub use self::resolve::ResolveError;
use crate::{
    document,
    finding::{Finding, Place},
};

mod check;
mod read;
mod resolve;
mod template;

/// What the manifests hold, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Manifests {
    pub snapshot: Snapshot,
    pub policies: PolicySet,
    /// Where each policy was read.
    pub policy_places: BTreeMap<PolicyId, Place>,
    pub nodes: BTreeMap<Symbol, Node>,
    pub services: Vec<Service>,
    pub findings: Vec<Finding>,
    /// Pods that share their node's addresses come after those that have their own.
    by_address: HashMap<IpAddr, Holder>,
}

#[derive(Clone, Debug)]
enum Holder {
    Pod(Symbol, Symbol),
    Node(Symbol),
}

/// Takes files one by one; the order does not matter.
#[derive(Debug, Default)]
pub struct Reader {
    interner: Interner,
    namespaces: BTreeMap<Symbol, Namespace>,
    pods: BTreeMap<(Symbol, Symbol), Pod>,
    /// Pods that workloads would make, for those of which no pod is given.
    templates: BTreeMap<(Symbol, Symbol), Pod>,
    nodes: BTreeMap<Symbol, Node>,
    services: Vec<Service>,
    /// The nodes' addresses as the pods on them tell them.
    host_addresses: BTreeMap<IpAddr, Symbol>,
    policies: PolicySet,
    policy_places: BTreeMap<PolicyId, Place>,
    left_aside: BTreeSet<(String, String)>,
    findings: Vec<Finding>,
}

impl Reader {
    pub fn add(&mut self, file: &str, content: &[u8]) {
        let (documents, findings) = document::split(file, content);
        self.findings.extend(findings);
        for document in documents {
            self.read(document);
        }
    }

    pub fn finish(mut self) -> Manifests {
        self.note_left_aside();
        self.add_templates();
        let mut manifests = Manifests {
            policies: self.policies,
            policy_places: self.policy_places,
            findings: self.findings,
            services: self.services,
            ..Manifests::default()
        };
        for (key, pod) in self.pods {
            let facts = directory::facts(&pod, self.namespaces.get(&key.0));
            if !pod.phase.is_terminal() && !pod.host_network {
                for address in facts.addresses.iter() {
                    manifests
                        .by_address
                        .insert(*address, Holder::Pod(key.0.clone(), key.1.clone()));
                }
            }
            manifests.snapshot.pod_annotations.insert(key.clone(), pod.annotations);
            manifests.snapshot.pods.insert(key, facts);
        }
        for (name, node) in &self.nodes {
            for address in &node.addresses {
                manifests
                    .by_address
                    .entry(*address)
                    .or_insert_with(|| Holder::Node(name.clone()));
            }
        }
        manifests.nodes = self.nodes;
        for (address, node) in self.host_addresses {
            manifests.by_address.entry(address).or_insert(Holder::Node(node));
        }
        for (
            name,
            Namespace {
                labels, annotations, ..
            },
        ) in self.namespaces
        {
            manifests
                .snapshot
                .namespaces
                .insert(name, NamespaceFacts { labels, annotations });
        }
        manifests
    }

    fn note_left_aside(&mut self) {
        for (file, kind) in std::mem::take(&mut self.left_aside) {
            let place = Place {
                file,
                ..Place::default()
            };
            self.findings.push(Finding::note(
                place,
                format!("objects of kind {kind} are not understood and left aside"),
            ));
        }
    }

    fn add_templates(&mut self) {
        let made: BTreeSet<_> = self
            .pods
            .values()
            .map(|pod| (pod.namespace.clone(), pod.workload.clone()))
            .collect();
        for (key, pod) in std::mem::take(&mut self.templates) {
            if !made.contains(&(pod.namespace.clone(), pod.workload.clone())) {
                self.pods.entry(key).or_insert(pod);
            }
        }
    }
}

impl Manifests {
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == crate::finding::Severity::Error)
    }

    /// Who has this address: a pod of its own, else a node, else nobody in the cluster.
    pub fn endpoint(&self, address: IpAddr) -> Endpoint<'_> {
        let pod = |namespace: &Symbol, name: &Symbol| self.snapshot.pods.get(&(namespace.clone(), name.clone()));
        match self.by_address.get(&address) {
            Some(Holder::Pod(namespace, name)) => pod(namespace, name).map_or(Endpoint::World(address), Endpoint::Pod),
            Some(Holder::Node(name)) => Endpoint::Node {
                name: Some(name),
                address: Some(address),
            },
            None => Endpoint::World(address),
        }
    }
}
