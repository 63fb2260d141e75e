//! An inventory as it is handed on: to a client, into a file, and from there to whatever evaluates it.
use super::{Edge, Portrait, Watched};
use crate::time::Timestamp;

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

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub about: About,
    /// In the order of their keys.
    pub edges: Vec<Edge>,
    /// Of the workloads in the edges, in the order of their keys.
    pub portraits: Vec<Portrait>,
}
