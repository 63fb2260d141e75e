//! An inventory as it is handed on: to a client, into a file, and from there to whatever evaluates it.
use super::{Edge, Place, Portrait, Watched};
use crate::{filter::WorkloadPattern, labels::Symbol, time::Timestamp};

/// What was let go, so that an edge that is not there is not taken for one that never was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Edges, because there were too many.
    pub for_room: u64,
    /// Edges that were not seen for too long.
    pub for_age: u64,
    /// Edges to or from single addresses that were joined to one of a block.
    pub into_blocks: u64,
}

impl Forgotten {
    pub(super) const fn add(&mut self, other: Self) {
        self.for_room += other.for_room;
        self.for_age += other.for_age;
        self.into_blocks += other.into_blocks;
    }
}

/// Where an inventory comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub node_name: String,
    /// When it was taken.
    pub at: Timestamp,
    pub watched: Watched,
    pub forgotten: Forgotten,
    /// How many edges the agent keeps, and how many it has room for.
    pub kept: u64,
    pub room: u64,
}

impl About {
    /// What is true of both agents' inventories together.
    pub fn join(&mut self, other: &Self) {
        self.node_name = format!("{}, {}", self.node_name, other.node_name);
        self.at = self.at.max(other.at);
        self.watched.since = self.watched.since.max(other.watched.since);
        self.watched.length = self.watched.length.min(other.watched.length);
        self.forgotten.add(other.forgotten);
        self.kept += other.kept;
        self.room += other.room;
    }
}

/// Of several agents, a connection that two of them saw is counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub about: About,
    /// In the order of their keys.
    pub edges: Vec<Edge>,
    /// Of the workloads in the edges, in the order of their keys.
    pub portraits: Vec<Portrait>,
}

/// What of an inventory is wanted; what is empty asks for nothing in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One end is in one of them.
    pub namespaces: Vec<Symbol>,
    /// One end is one of them, in one of the namespaces if there are any.
    pub workloads: Vec<WorkloadPattern>,
    /// Last seen since then.
    pub since: Option<Timestamp>,
}

impl Filter {
    pub fn passes(&self, edge: &Edge) -> bool {
        let key = &edge.key;
        self.since.is_none_or(|since| edge.last >= since) && (self.wants(&key.source) || self.wants(&key.destination))
    }

    /// Whether that end is one of those that were asked for.
    pub fn wants(&self, place: &Place) -> bool {
        let namespace = place.namespace();
        let in_namespace = self.namespaces.is_empty() || namespace.is_some_and(|own| self.namespaces.contains(own));
        in_namespace && (self.workloads.is_empty() || self.has_workload(place))
    }

    fn has_workload(&self, place: &Place) -> bool {
        let Place::Workload { workload, .. } = place else {
            return false;
        };
        self.workloads.iter().any(|wanted| wanted.is(workload))
    }
}
