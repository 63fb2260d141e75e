//! One line of the inventory.
use std::{collections::VecDeque, net::IpAddr, sync::Arc};

use super::{Marks, Watched};
use crate::{
    cause::{CauseId, Kind},
    change::Scoped,
    event::{Count, Protocol},
    labels::Symbol,
    policy::Cidr,
    time::Timestamp,
    workload::Workload,
};

/// More examples than these an edge does not keep.
pub const MOST_EXAMPLES: usize = 3;

/// Where an edge begins or ends: as coarse as a policy would speak of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Workload {
        namespace: Symbol,
        workload: Workload,
    },
    /// Where it is not known which workload served it.
    Service(Scoped),
    /// A node, or a pod on its network.
    Node(Symbol),
    /// Outside the cluster: one address, or a block where the other end meets too many of them.
    World(Cidr),
    /// An address of which it was not known whose it is; the examples have it.
    Unknown,
}

impl Place {
    /// The namespace that it is in, if it is in one.
    pub const fn namespace(&self) -> Option<&Symbol> {
        match self {
            Self::Workload { namespace, .. } => Some(namespace),
            Self::Service(service) => Some(&service.namespace),
            Self::Node(_) | Self::World(_) | Self::Unknown => None,
        }
    }
}

/// What makes two connections one edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeKey {
    pub source: Place,
    pub destination: Place,
    pub protocol: Protocol,
    /// The port at the workload that serves. `None` where the protocol has none, or it was not seen.
    pub port: Option<u16>,
}

/// What became of connections; each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    pub forwarded: u64,
    pub dropped: u64,
    pub unanswered: u64,
    pub seen: u64,
}

impl Verdicts {
    pub const fn total(self) -> u64 {
        self.forwarded + self.dropped + self.unanswered + self.seen
    }
}

/// A cause as it was when a connection was last counted to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseSummary {
    /// `None` where it was found by an earlier run of the agent.
    pub id: Option<CauseId>,
    pub kind: Kind,
    pub headline: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleEnd {
    pub address: IpAddr,
    /// The name of the pod, or of what else the address belonged to.
    pub name: Option<Symbol>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub source: ExampleEnd,
    pub destination: ExampleEnd,
    pub at: Timestamp,
}

/// A few connections, each with other ends, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples(VecDeque<Example>);

impl Examples {
    /// The latest; one of the same ends gives way, else the oldest.
    pub fn add(&mut self, example: Example) {
        let same = |kept: &Example| kept.source == example.source && kept.destination == example.destination;
        match self.0.iter().position(same) {
            Some(kept) => {
                self.0.remove(kept);
            }
            None => self.0.truncate(MOST_EXAMPLES - 1),
        }
        self.0.push_front(example);
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Example> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Example> for Examples {
    /// In the order of [`Examples::iter`].
    fn from_iter<I: IntoIterator<Item = Example>>(examples: I) -> Self {
        Self(examples.into_iter().take(MOST_EXAMPLES).collect())
    }
}

/// All that was seen from one place to another at one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub key: Arc<EdgeKey>,
    /// The service that was last asked for, where it was reached through one.
    pub service: Option<Scoped>,
    pub first: Timestamp,
    pub last: Timestamp,
    /// How long the agent has been watching since the first.
    pub watched: Watched,
    pub connections: u64,
    pub sent: Count,
    pub replied: Count,
    /// Connections by what became of them.
    pub verdicts: Verdicts,
    /// What the kernel dropped.
    pub dropped: Count,
    /// The latest cause of drops.
    pub cause: Option<CauseSummary>,
    pub marks: Marks,
    pub examples: Examples,
}

impl Edge {
    /// One connection is no habit.
    pub const fn is_seen_once(&self) -> bool {
        self.connections <= 1
    }
}
