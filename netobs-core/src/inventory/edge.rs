//! One line of the inventory.
use std::{
    cmp::{Ordering, Reverse},
    collections::VecDeque,
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use super::{Mark, Marks, Sides, Tally, Watched, sides::Side};
use crate::{
    cause::{CauseId, Kind},
    change::Scoped,
    event::{Count, Protocol},
    flow::Verdict,
    labels::Symbol,
    policy::Cidr,
    time::Timestamp,
    workload::Workload,
};

/// More examples than these an edge does not keep.
pub const MOST_EXAMPLES: usize = 3;

/// A connection that lasts as long as this is no passing one.
const KEPT_OPEN: Duration = Duration::from_hours(1);

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

impl Example {
    fn is_between_ends_of(&self, other: &Self) -> bool {
        self.source == other.source && self.destination == other.destination
    }
}

/// A few connections, each with other ends, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples(VecDeque<Example>);

impl Examples {
    /// Takes the place of one of the same ends, or of the oldest.
    pub fn add(&mut self, example: Example) {
        if let Some(kept) = self.0.iter().position(|kept| kept.is_between_ends_of(&example)) {
            self.0.remove(kept);
        }
        let newer = self.0.partition_point(|kept| kept.at > example.at);
        self.0.insert(newer, example);
        self.0.truncate(MOST_EXAMPLES);
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
    /// Where they were seen.
    pub sides: Sides,
    /// What the kernel dropped.
    pub dropped: Count,
    /// The latest cause of drops.
    pub cause: Option<CauseSummary>,
    pub marks: Marks,
    pub examples: Examples,
}

impl Edge {
    /// Whether connections were refused or not answered, and none is known to have come through.
    pub const fn never_came_through(&self) -> bool {
        let Verdicts {
            forwarded,
            dropped,
            unanswered,
            seen,
        } = self.verdicts;
        forwarded == 0 && seen == 0 && (dropped + unanswered > 0 || !self.dropped.is_zero())
    }

    /// One connection is no habit, unless it is kept open, as to a database or a queue.
    pub fn is_seen_once(&self) -> bool {
        self.connections <= 1 && self.last - self.first < KEPT_OPEN
    }
}

/// What one connection has brought to an edge so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) verdict: Verdict,
    pub(super) side: Side,
    /// Not if the same connection is counted with its other address.
    pub(super) is_connection: bool,
    pub(super) sent: Count,
    pub(super) replied: Count,
    pub(super) dropped: Count,
}

impl Edge {
    pub(super) fn new(key: Arc<EdgeKey>, first: Timestamp) -> Self {
        Self {
            key,
            service: None,
            first,
            last: first,
            watched: Watched::default(),
            connections: 0,
            sent: Count::ZERO,
            replied: Count::ZERO,
            verdicts: Verdicts::default(),
            sides: Sides::default(),
            dropped: Count::ZERO,
            cause: None,
            marks: Marks::default(),
            examples: Examples::default(),
        }
    }

    pub(super) fn give(&mut self, share: &Share) {
        let tally = share.tally();
        self.connections += tally.verdicts.total();
        self.verdicts.add(tally.verdicts);
        self.sent += share.sent;
        self.replied += share.replied;
        self.dropped += share.dropped;
        if let Some(side) = self.sides.tally(share.side) {
            side.add(&tally);
        }
    }

    pub(super) fn take_back(&mut self, share: &Share) {
        let tally = share.tally();
        self.connections = self.connections.saturating_sub(tally.verdicts.total());
        self.verdicts.subtract(tally.verdicts);
        self.sent -= share.sent;
        self.replied -= share.replied;
        self.dropped -= share.dropped;
        if let Some(side) = self.sides.tally(share.side) {
            side.subtract(&tally);
        }
    }

    /// Takes the marks of what else is seen of it; whether that is to be among the examples.
    ///
    /// What comes from a pod's own node is never refused, so beside other traffic it is neither a mark nor an example of it.
    pub(super) fn recognise(&mut self, marks: Marks) -> bool {
        let is_first = self.examples.is_empty();
        let (before, now) = (self.marks.has(Mark::Probe), marks.has(Mark::Probe));
        if !is_first && before && !now {
            self.marks = self.marks.without(Mark::Probe);
            self.examples = Examples::default();
        }
        let is_beside_others = !is_first && !before && now;
        let marks = if is_beside_others {
            marks.without(Mark::Probe)
        } else {
            marks
        };
        for (mark, by) in marks.iter() {
            self.marks.add(mark, by);
        }
        !is_beside_others
    }

    /// Whether nothing is left of it.
    pub(super) const fn is_empty(&self) -> bool {
        self.connections == 0 && self.dropped.is_zero()
    }

    /// Takes in what the same agent saw more of it, or more closely.
    pub fn join(&mut self, other: &Self) {
        self.join_what_is_not_counted(other);
        self.connections += other.connections;
        self.sent += other.sent;
        self.replied += other.replied;
        self.verdicts.add(other.verdicts);
        self.sides.add(&other.sides);
        self.dropped += other.dropped;
    }

    pub(super) fn join_what_is_not_counted(&mut self, other: &Self) {
        if other.last > self.last || self.service.is_none() {
            self.service = other.service.clone().or_else(|| self.service.take());
        }
        if other.last > self.last || self.cause.is_none() {
            self.cause = other.cause.clone().or_else(|| self.cause.take());
        }
        self.watched = match other.first.cmp(&self.first) {
            Ordering::Less => other.watched,
            Ordering::Equal => self.watched.max(other.watched),
            Ordering::Greater => self.watched,
        };
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        if self.recognise(other.marks) {
            self.examples.join(&other.examples);
        }
    }
}

impl Share {
    /// What it is of connections.
    fn tally(&self) -> Tally {
        let mut verdicts = Verdicts::default();
        if self.is_connection {
            *verdicts.of(self.verdict) = 1;
        }
        Tally {
            verdicts,
            sent: self.sent,
            replied: self.replied,
        }
    }
}

impl Verdicts {
    const fn of(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Forwarded => &mut self.forwarded,
            Verdict::Dropped => &mut self.dropped,
            Verdict::Unanswered => &mut self.unanswered,
            Verdict::Seen => &mut self.seen,
        }
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.forwarded += other.forwarded;
        self.dropped += other.dropped;
        self.unanswered += other.unanswered;
        self.seen += other.seen;
    }
}

impl Examples {
    fn join(&mut self, other: &Self) {
        let mut all: Vec<_> = self.0.drain(..).chain(other.iter().cloned()).collect();
        all.sort_by_key(|example| Reverse(example.at));
        for example in all {
            if !self.0.iter().any(|kept| kept.is_between_ends_of(&example)) {
                self.0.push_back(example);
            }
        }
        self.0.truncate(MOST_EXAMPLES);
    }
}
