//! Whose address is this, and whose was it then: the cluster as its changes tell it, in whatever order they come.
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use self::{
    names::PodNames, nodes::Nodes, pods::Pods, services::Services, stock::Stock, strangers::Strangers, tenure::Holder,
};
pub use self::{
    owner::{Doubt, Owner, Question, facts},
    tenure::Interval,
};
use crate::{
    change::{Change, Key, Kind, Namespace, Node, Object, Pod, PodUid, Scoped, Service},
    event::{Ifindex, Protocol},
    labels::Symbol,
    time::Timestamp,
};

mod addresses;
mod names;
mod nodes;
mod owner;
mod pods;
#[cfg(test)]
mod properties;
mod services;
mod stock;
mod strangers;
mod tenure;
#[cfg(test)]
mod tests;
mod versions;

/// Seeded at random as the standard one is, and several times as fast: a look-up is what every flow costs.
type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// More objects of one kind than these are not remembered after they are gone.
const GONE_KEPT: usize = 16_384;

#[derive(Debug)]
pub struct Directory {
    pods: Pods,
    pod_names: PodNames,
    namespaces: Stock<Symbol, Namespace>,
    nodes: Nodes,
    services: Services,
    strangers: Strangers,
    /// Interfaces that lead to no pod: what comes and goes by them may be anybody's.
    shared: HashSet<Ifindex>,
    listed: HashSet<Kind>,
}

/// What a change made of a namespace or a pod; `None` where there was, or is, none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Namespace {
        before: Option<Arc<Namespace>>,
        after: Option<Arc<Namespace>>,
    },
    Pod {
        before: Option<Arc<Pod>>,
        after: Option<Arc<Pod>>,
    },
}

impl Directory {
    /// What is gone is remembered for this long.
    pub fn new(grace: Duration) -> Self {
        Self {
            pods: Pods::new(grace),
            pod_names: PodNames::default(),
            namespaces: Stock::new(grace),
            nodes: Nodes::new(grace),
            services: Services::new(grace),
            strangers: Strangers::default(),
            shared: HashSet::new(),
            listed: HashSet::new(),
        }
    }

    /// Takes a change that was heard of at that time. Policies are not its business.
    pub fn apply(&mut self, change: &Change, at: Timestamp) -> Vec<Turn> {
        match change {
            Change::Applied(object) => self.apply_object(object, at).into_iter().collect(),
            Change::Deleted(key) => self.delete(key, at).into_iter().collect(),
            Change::RelistBegins(kind) => {
                self.list_begins(*kind);
                Vec::new()
            }
            Change::RelistEnds(kind) => {
                self.listed.insert(*kind);
                self.list_ends(*kind, at)
            }
        }
    }

    /// Tells what addresses the node we are on has, of which Kubernetes knows only some.
    pub fn learn_own_addresses(&mut self, node: &Symbol, addresses: impl IntoIterator<Item = IpAddr>) {
        self.nodes.learn_own_addresses(node, addresses);
    }

    /// Tells whether an interface of the node we are on leads to a pod, as all do of which nothing is told.
    pub fn learn_interface(&mut self, interface: Ifindex, leads_to_pod: bool) {
        if leads_to_pod {
            self.shared.remove(&interface);
        } else {
            self.shared.insert(interface);
        }
    }

    /// Whether all objects of that kind were listed once.
    pub fn has_listed(&self, kind: Kind) -> bool {
        self.listed.contains(&kind)
    }

    /// Forgets what was gone long enough ago.
    pub fn expire(&mut self, now: Timestamp) {
        self.pods.expire(now);
        self.namespaces.expire(now);
        self.nodes.expire(now);
        self.services.expire(now);
    }

    /// Whose the address was. Pods come before all else: theirs alone change hands.
    pub fn owner(&self, mut question: Question) -> Owner {
        question.interface = question.interface.filter(|interface| !self.shared.contains(interface));
        let Question {
            address,
            port,
            protocol,
            during,
            interface,
        } = question;
        match self.pods.addresses().holder(address, during, interface) {
            Holder::Only(tenure) if during.last >= tenure.since => self.pod_owner(&tenure.pod, during.last),
            Holder::Only(tenure) => {
                let pod = self.pods.get_at(&tenure.pod.uid, during.last);
                self.pod_owner(pod.unwrap_or(&tenure.pod), during.last)
            }
            Holder::Several => Owner::Unknown(Doubt::Several),
            Holder::Former(tenure) => Owner::Unknown(Doubt::Former(Arc::clone(&tenure.pod))),
            Holder::Nobody => self
                .no_pod(address, port, protocol)
                .unwrap_or_else(|| self.stranger(question)),
        }
    }

    /// This address was met and is nobody's. If it stays so, it is no pod's.
    pub fn meet_stranger(&mut self, address: IpAddr, at: Timestamp) {
        self.strangers.meet(address, at);
    }

    /// Packets with this address came from the pod behind this interface: it is how we know a later pod from this one.
    pub fn seen_at(&mut self, address: IpAddr, pod: &PodUid, interface: Ifindex) {
        if !self.shared.contains(&interface) {
            self.pods.addresses_mut().seen_at(address, pod, interface);
        }
    }

    pub fn pod(&self, uid: &PodUid) -> Option<&Arc<Pod>> {
        self.pods.get(uid)
    }

    pub fn pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.values()
    }

    pub fn pod_named(&self, namespace: &str, name: &str) -> Option<&Arc<Pod>> {
        self.pods.get(self.pod_names.get(namespace, name)?)
    }

    pub fn pods_in(&self, namespace: &str) -> impl Iterator<Item = &Arc<Pod>> {
        self.pod_names.of(namespace).filter_map(|uid| self.pods.get(uid))
    }

    pub fn namespace(&self, name: &Symbol) -> Option<&Arc<Namespace>> {
        self.namespaces.get(name)
    }

    pub fn namespaces(&self) -> impl Iterator<Item = &Arc<Namespace>> {
        self.namespaces.values()
    }

    pub fn node(&self, name: &Symbol) -> Option<&Arc<Node>> {
        self.nodes.get(name)
    }

    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.nodes.values()
    }

    pub fn service(&self, name: &Scoped) -> Option<&Arc<Service>> {
        self.services.get(name)
    }

    pub fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.values()
    }

    /// The service that nodes offer at this port.
    pub fn service_at_node_port(&self, port: u16, protocol: Protocol) -> Option<&Arc<Service>> {
        self.services.at_node_port(port, protocol)
    }

    /// Whether connections to the service may end at this address and port.
    pub fn has_backend(&self, service: &Scoped, address: IpAddr, port: u16, protocol: Protocol) -> bool {
        self.services.has_backend(service, address, port, protocol)
    }

    /// What is behind a port of a service, each with its address and port.
    pub fn backends(
        &self,
        service: &Service,
        port: u16,
        protocol: Protocol,
    ) -> impl Iterator<Item = (Owner, IpAddr, u16)> {
        let behind = self.services.behind(service, port, protocol);
        behind.flat_map(move |(backend, port)| {
            let owner = match backend.pod.as_ref() {
                Some(uid) => self.pods.get(uid).map(|pod| Owner::Pod {
                    pod: Arc::clone(pod),
                    namespace: self.namespaces.get(&pod.namespace).cloned(),
                }),
                None => Some(Owner::World { service: None }),
            };
            let first = backend.addresses.first();
            owner.zip(first).map(|(owner, address)| (owner, *address, port))
        })
    }

    pub const fn pod_count(&self) -> usize {
        self.pods.len()
    }

    /// How many gone pods, and how many of their addresses, were forgotten before their grace was over: there were too many.
    pub const fn forgotten_early(&self) -> u64 {
        self.pods.forgotten_early()
    }

    fn apply_object(&mut self, object: &Object, at: Timestamp) -> Option<Turn> {
        match object {
            Object::Namespace(namespace) => {
                let name = namespace.name.clone();
                let before = self.namespaces.apply(name, Arc::clone(namespace), at);
                let after = Some(Arc::clone(namespace));
                (before != after).then_some(Turn::Namespace { before, after })
            }
            Object::Pod(pod) => {
                let turn = self.pods.apply(Arc::clone(pod), at)?;
                Some(self.heard(turn))
            }
            Object::Node(node) => {
                self.nodes.apply(node, at);
                None
            }
            Object::Service(service) => {
                self.services.apply(service, at);
                None
            }
            Object::EndpointSlice(slice) => {
                self.services.apply_slice(slice, at);
                None
            }
            Object::Policy(_) => None,
        }
    }

    fn delete(&mut self, key: &Key, at: Timestamp) -> Option<Turn> {
        match key {
            Key::Namespace(name) => {
                let before = Some(self.namespaces.delete(name, at)?);
                Some(Turn::Namespace { before, after: None })
            }
            Key::Pod(uid) => {
                let turn = self.pods.delete(uid, at)?;
                Some(self.heard(turn))
            }
            Key::Node(name) => {
                self.nodes.delete(name, at);
                None
            }
            Key::Service(name) => {
                self.services.delete(name, at);
                None
            }
            Key::EndpointSlice(name) => {
                self.services.delete_slice(name, at);
                None
            }
            Key::Policy(_) => None,
        }
    }

    fn list_begins(&mut self, kind: Kind) {
        match kind {
            Kind::Namespace => self.namespaces.list_begins(),
            Kind::Pod => self.pods.list_begins(),
            Kind::Node => self.nodes.list_begins(),
            Kind::Service => self.services.list_begins(),
            Kind::EndpointSlice => self.services.slice_list_begins(),
            Kind::Policy(_) => {}
        }
    }

    fn list_ends(&mut self, kind: Kind, at: Timestamp) -> Vec<Turn> {
        match kind {
            Kind::Namespace => {
                let gone = self.namespaces.list_ends(at).into_iter();
                gone.map(|gone| Turn::Namespace {
                    before: Some(gone),
                    after: None,
                })
                .collect()
            }
            Kind::Pod => {
                let turns = self.pods.list_ends(at).into_iter();
                turns.map(|turn| self.heard(turn)).collect()
            }
            Kind::Node => {
                self.nodes.list_ends(at);
                Vec::new()
            }
            Kind::Service => {
                self.services.list_ends(at);
                Vec::new()
            }
            Kind::EndpointSlice => {
                self.services.slice_list_ends(at);
                Vec::new()
            }
            Kind::Policy(_) => Vec::new(),
        }
    }

    fn heard(&mut self, turn: pods::Turn) -> Turn {
        let pods::Turn { before, after } = turn;
        self.nodes.hear_host_pod(before.as_deref(), after.as_deref());
        self.pod_names.hear(before.as_deref(), after.as_deref());
        Turn::Pod { before, after }
    }

    fn pod_owner(&self, pod: &Arc<Pod>, at: Timestamp) -> Owner {
        Owner::Pod {
            pod: Arc::clone(pod),
            namespace: self.namespaces.get_at(&pod.namespace, at).cloned(),
        }
    }

    fn no_pod(&self, address: IpAddr, port: u16, protocol: Protocol) -> Option<Owner> {
        if let Some(service) = self.services.at(address, port, protocol) {
            return Some(Owner::Service(Arc::clone(service)));
        }
        let name = self.nodes.at(address)?.clone();
        let node = self.nodes.get(&name).cloned();
        Some(Owner::Node { name, node })
    }

    fn stranger(&self, question: Question) -> Owner {
        let near_pods =
            || self.nodes.give_to_pods(question.address) || self.pods.addresses().have_neighbour(question.address);
        if question.interface.is_some() || near_pods() && self.strangers.may_be_new(question) {
            return Owner::Unknown(Doubt::Unheard);
        }
        if !self.listed.contains(&Kind::Pod) {
            return Owner::Unknown(Doubt::Unlisted);
        }
        let service = self
            .services
            .in_front_of(question.address, question.port, question.protocol)
            .cloned();
        Owner::World { service }
    }
}
