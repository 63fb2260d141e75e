//! Nodes by name and address, and the blocks of addresses that are their pods'.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use super::stock::Stock;
use crate::{
    change::{Node, Pod},
    labels::Symbol,
    policy::Cidr,
    time::Timestamp,
};

#[derive(Debug)]
pub(super) struct Nodes {
    by_name: Stock<Symbol, Node>,
    by_ip: HashMap<IpAddr, BTreeSet<Symbol>>,
    /// How many pods on the network of their host say that their node has this address.
    by_host_pod_ip: HashMap<IpAddr, BTreeMap<Symbol, usize>>,
    own_addresses: HashMap<IpAddr, Symbol>,
    pod_blocks: HashMap<Cidr, usize>,
    /// The lengths that occur among the pod blocks.
    prefixes: BTreeMap<u8, usize>,
}

impl Nodes {
    pub(super) fn new(keep: Duration) -> Self {
        Self {
            by_name: Stock::new(keep),
            by_ip: HashMap::new(),
            by_host_pod_ip: HashMap::new(),
            own_addresses: HashMap::new(),
            pod_blocks: HashMap::new(),
            prefixes: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, name: &Symbol) -> Option<&Arc<Node>> {
        self.by_name.get(name)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.by_name.values()
    }

    /// The name of the node with this address, by the word of Kubernetes, its own, or that of the pods on its network.
    pub(super) fn at(&self, address: IpAddr) -> Option<&Symbol> {
        let own = self.by_ip.get(&address).and_then(BTreeSet::first);
        own.or_else(|| self.own_addresses.get(&address))
            .or_else(|| self.by_host_pod_ip.get(&address)?.keys().next())
    }

    pub(super) fn learn_own_addresses(&mut self, node: &Symbol, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses = addresses.into_iter();
        self.own_addresses = addresses.map(|address| (address, node.clone())).collect();
    }

    /// Whether a pod of some node may have this address.
    pub(super) fn give_to_pods(&self, address: IpAddr) -> bool {
        let mut blocks = self.prefixes.keys().filter_map(|prefix| Cidr::new(address, *prefix));
        blocks.any(|block| self.pod_blocks.contains_key(&block))
    }

    pub(super) fn apply(&mut self, node: &Arc<Node>, at: Timestamp) {
        let before = self.by_name.apply(node.name.clone(), Arc::clone(node), at);
        if let Some(before) = before {
            self.unlink(&before);
        }
        self.link(node);
    }

    pub(super) fn delete(&mut self, name: &Symbol, at: Timestamp) {
        if let Some(gone) = self.by_name.delete(name, at) {
            self.unlink(&gone);
        }
    }

    pub(super) fn list_begins(&mut self) {
        self.by_name.list_begins();
    }

    pub(super) fn list_ends(&mut self, at: Timestamp) {
        for gone in self.by_name.list_ends(at) {
            self.unlink(&gone);
        }
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        self.by_name.expire(now);
    }

    /// Learns addresses from a pod that has its node's, or forgets what an earlier state of it said.
    pub(super) fn hear_host_pod(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        for (address, node) in before.into_iter().flat_map(node_addresses) {
            if let Some(nodes) = self.by_host_pod_ip.get_mut(&address) {
                uncount(nodes, node);
                if nodes.is_empty() {
                    self.by_host_pod_ip.remove(&address);
                }
            }
        }
        for (address, node) in after.into_iter().flat_map(node_addresses) {
            *self
                .by_host_pod_ip
                .entry(address)
                .or_default()
                .entry(node.clone())
                .or_default() += 1;
        }
    }

    fn link(&mut self, node: &Node) {
        for address in &node.addresses {
            self.by_ip.entry(*address).or_default().insert(node.name.clone());
        }
        for block in &node.pod_blocks {
            *self.pod_blocks.entry(*block).or_default() += 1;
            *self.prefixes.entry(block.prefix()).or_default() += 1;
        }
    }

    fn unlink(&mut self, node: &Node) {
        for address in &node.addresses {
            if let Some(names) = self.by_ip.get_mut(address) {
                names.remove(&node.name);
                if names.is_empty() {
                    self.by_ip.remove(address);
                }
            }
        }
        for block in &node.pod_blocks {
            if let Some(count) = self.pod_blocks.get_mut(block) {
                *count -= 1;
                if *count == 0 {
                    self.pod_blocks.remove(block);
                }
            }
            uncount(&mut self.prefixes, &block.prefix());
        }
    }
}

fn uncount<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// What a pod says of its node; one that came to its end has nothing to say.
fn node_addresses(pod: &Pod) -> impl Iterator<Item = (IpAddr, &Symbol)> {
    let node = pod
        .node
        .as_ref()
        .filter(|_| pod.host_network && !pod.phase.is_terminal());
    node.into_iter()
        .flat_map(|node| pod.addresses.iter().map(move |address| (*address, node)))
}
