//! The connections that an inventory's edges stand for, as policies would judge them today.
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use foldhash::fast::RandomState;

use crate::{
    explain::NamespaceFacts,
    inventory::{Edge, Example, ExampleEnd, Listing, Mark, Place, Portrait, PortraitKey, SeenPod},
    labels::Symbol,
    policy::{Cidr, Connection, Endpoint, PodFacts},
};

#[cfg(test)]
pub(crate) mod seen;
#[cfg(test)]
mod tests;

/// Every pod and every connection of an inventory.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    pods: Vec<PodFacts>,
    /// By edge, in the inventory's order; an edge of which nothing is known but that it was there has none.
    scenes: Arc<[Vec<Scene>]>,
}

/// One connection of an edge: between other pods, or from another address, than the edge's others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scene {
    source: Role,
    destination: Role,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// By its place among the pods; the address only if it is one of the pod's.
    Pod {
        index: usize,
        address: Option<IpAddr>,
    },
    Node {
        name: Symbol,
        address: Option<IpAddr>,
    },
    World(IpAddr),
    /// Addresses of which too many were seen to keep them.
    Block(Cidr),
    Unknown(IpAddr),
}

impl Stage {
    pub fn of(listing: &Listing) -> Self {
        let mut builder = Builder::default();
        for portrait in &listing.portraits {
            builder.add(portrait);
        }
        let scenes = listing.edges.iter().map(|edge| builder.scenes(edge)).collect();
        Self {
            pods: builder.pods,
            scenes,
        }
    }

    /// The same where these namespaces have these labels, whatever was seen of them.
    #[must_use]
    pub fn relabelled(&self, namespaces: &BTreeMap<Symbol, NamespaceFacts>) -> Self {
        let mut stage = self.clone();
        for pod in &mut stage.pods {
            if let Some(namespace) = namespaces.get(&pod.namespace) {
                pod.namespace_labels = Some(namespace.labels.clone());
            }
        }
        stage
    }

    /// The connections of the edge at this place in the inventory.
    pub fn connections<'a>(
        &'a self,
        index: usize,
        edge: &'a Edge,
    ) -> impl DoubleEndedIterator<Item = Connection<'a>> + Clone {
        let scenes = self.scenes.get(index).map_or(&[][..], Vec::as_slice);
        scenes.iter().map(|scene| Connection {
            source: self.endpoint(&scene.source),
            destination: self.endpoint(&scene.destination),
            protocol: edge.key.protocol,
            port: edge.key.port,
            source_address: scene.source.address(),
            destination_address: scene.destination.address(),
        })
    }

    pub fn pods(&self) -> &[PodFacts] {
        &self.pods
    }

    fn endpoint<'a>(&'a self, role: &'a Role) -> Endpoint<'a> {
        match role {
            Role::Pod { index, .. } => Endpoint::Pod(&self.pods[*index]),
            Role::Node { name, address } => Endpoint::Node {
                name: Some(name),
                address: *address,
            },
            Role::World(address) => Endpoint::World(*address),
            Role::Block(block) => Endpoint::Block(*block),
            Role::Unknown(address) => Endpoint::Unknown(*address),
        }
    }
}

impl Scene {
    /// The same with all addresses of the edge's block.
    fn widened(&self, edge: &Edge) -> Option<Self> {
        let source = self.source.widened(&edge.key.source);
        let destination = self.destination.widened(&edge.key.destination);
        (source.is_some() || destination.is_some()).then(|| Self {
            source: source.unwrap_or_else(|| self.source.clone()),
            destination: destination.unwrap_or_else(|| self.destination.clone()),
        })
    }
}

impl Role {
    const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Pod { address, .. } => *address,
            // Endpoints have these themselves.
            Self::Node { .. } | Self::World(_) | Self::Block(_) | Self::Unknown(_) => None,
        }
    }

    /// All that it is one of, if that is a block.
    fn widened(&self, place: &Place) -> Option<Self> {
        match (self, place) {
            (Self::World(_), Place::World(block)) if !block.is_single() => Some(Self::Block(*block)),
            (..) => None,
        }
    }
}

#[derive(Default)]
struct Builder<'l> {
    pods: Vec<PodFacts>,
    /// The places of a workload's pods, the latest first.
    by_workload: HashMap<&'l PortraitKey, Known<'l>, RandomState>,
    /// Pods that examples name and portraits have forgotten.
    forgotten: HashMap<(usize, Symbol, IpAddr, Option<Symbol>), usize, RandomState>,
}

#[derive(Clone, Copy)]
struct Known<'l> {
    portrait: &'l Portrait,
    first: usize,
}

impl<'l> Builder<'l> {
    fn add(&mut self, portrait: &'l Portrait) {
        let first = self.pods.len();
        self.by_workload.insert(&portrait.key, Known { portrait, first });
        let facts = portrait.facts();
        let like = |pod: &SeenPod| PodFacts {
            name: pod.name.clone(),
            addresses: pod.addresses.clone(),
            node: pod.node.clone(),
            ..facts.clone()
        };
        self.pods.extend(portrait.pods.iter().map(like));
        if portrait.pods.is_empty() {
            self.pods.push(facts);
        }
    }

    fn scenes(&mut self, edge: &Edge) -> Vec<Scene> {
        let mut scenes: Vec<Scene> = Vec::with_capacity(edge.examples.iter().len().max(1));
        let examples = edge.examples.iter().map(Some);
        let examples = examples.chain(edge.examples.is_empty().then_some(None));
        for scene in examples.filter_map(|example| self.scene(edge, example)) {
            if !scenes.contains(&scene) {
                scenes.push(scene);
            }
        }
        let whole = scenes.first().and_then(|scene| scene.widened(edge));
        scenes.extend(whole);
        scenes
    }

    fn scene(&mut self, edge: &Edge, example: Option<&Example>) -> Option<Scene> {
        let own_node = match &edge.key.source {
            Place::Node(node) if edge.marks.has(Mark::Probe) => Some(node),
            Place::Node(_) | Place::Workload { .. } | Place::Service(_) | Place::World(_) | Place::Unknown => None,
        };
        let source = self.role(&edge.key.source, example.map(|example| &example.source), None)?;
        let mut destination = self.role(
            &edge.key.destination,
            example.map(|example| &example.destination),
            own_node,
        )?;
        if example.is_none() && source == destination {
            destination = self.other(&edge.key.destination)?;
        }
        Some(Scene { source, destination })
    }

    fn role(&mut self, place: &Place, seen: Option<&ExampleEnd>, node: Option<&Symbol>) -> Option<Role> {
        let address = seen.map(|end| end.address);
        let unknown = || address.map(Role::Unknown);
        match place {
            Place::Workload { namespace, workload } => {
                let key = PortraitKey {
                    namespace: namespace.clone(),
                    workload: workload.clone(),
                };
                let Some(known) = self.by_workload.get(&key).copied() else {
                    return unknown();
                };
                let index = self.pod(known, seen, node);
                let address = address.filter(|address| self.pods[index].addresses.contains(address));
                Some(Role::Pod { index, address })
            }
            Place::Node(name) => Some(Role::Node {
                name: name.clone(),
                address,
            }),
            Place::World(block) => {
                let inside = address.filter(|address| block.contains(*address));
                let inside = inside.or(block.is_single().then(|| block.network()));
                Some(inside.map_or(Role::Block(*block), Role::World))
            }
            Place::Service(_) | Place::Unknown => unknown(),
        }
    }

    /// The pod that was seen, or the latest. It is on this node, if that is named and nothing else is known.
    fn pod(&mut self, known: Known<'_>, seen: Option<&ExampleEnd>, node: Option<&Symbol>) -> usize {
        let Known { portrait, first } = known;
        let Some((name, address)) = seen.and_then(|end| Some((end.name.as_ref()?, end.address))) else {
            let is_there = |pod: &SeenPod| node.is_none_or(|node| pod.node.as_ref() == Some(node));
            return first + portrait.pods.iter().position(is_there).unwrap_or(0);
        };
        // A pod of that name with another address is a later one, perhaps on another node.
        let is_it = |pod: &SeenPod| {
            pod.name == *name && pod.addresses.contains(&address) && (pod.node.is_some() || node.is_none())
        };
        if let Some(place) = portrait.pods.iter().position(is_it) {
            return first + place;
        }
        let key = (first, name.clone(), address, node.cloned());
        let pods = &mut self.pods;
        *self.forgotten.entry(key).or_insert_with(|| {
            let facts = PodFacts {
                name: name.clone(),
                addresses: [address].into(),
                node: node.cloned(),
                ..pods[first].clone()
            };
            pods.push(facts);
            pods.len() - 1
        })
    }

    /// Another pod of the workload: what talks to its like is not itself.
    fn other(&mut self, place: &Place) -> Option<Role> {
        let Role::Pod { index, .. } = self.role(place, None, None)? else {
            return None;
        };
        let twin = PodFacts {
            name: Symbol::from(""),
            ..self.pods[index].clone()
        };
        self.pods.push(twin);
        Some(Role::Pod {
            index: self.pods.len() - 1,
            address: None,
        })
    }
}
