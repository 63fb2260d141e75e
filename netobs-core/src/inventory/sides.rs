//! Where connections of an edge were seen, so that one that two agents tell of is counted once.
use super::{Edge, Verdicts};
use crate::event::Count;

/// What is counted of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub verdicts: Verdicts,
    pub sent: Count,
    pub replied: Count,
}

/// Where an agent saw a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    /// At the pod that began it.
    Source,
    /// At the pod that serves, or dropped before it came there.
    Destination,
}

/// What of an edge's connections was seen at one end alone. All others were seen at both, and nobody else saw them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    pub at_source: Tally,
    pub at_destination: Tally,
    /// Only where it is put together of what several agents saw.
    pub joined: Option<Box<Joined>>,
}

/// What cannot be told from sums over several agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Seen at both ends by one agent.
    pub at_both: Tally,
    /// The most that one agent alone saw at one end or the other: these are different connections.
    pub by_one: Tally,
    pub by_one_connections: u64,
}

impl Side {
    pub(super) const fn of(at_source: bool, at_destination: bool) -> Self {
        match (at_source, at_destination) {
            (true, true) => Self::Both,
            (true, false) => Self::Source,
            (false, _) => Self::Destination,
        }
    }
}

impl Sides {
    pub(super) const fn tally(&mut self, side: Side) -> Option<&mut Tally> {
        match side {
            Side::Both => None,
            Side::Source => Some(&mut self.at_source),
            Side::Destination => Some(&mut self.at_destination),
        }
    }

    /// As one agent's own, of which nothing is counted twice.
    pub(super) fn add(&mut self, other: &Self) {
        self.at_source.add(&other.at_source);
        self.at_destination.add(&other.at_destination);
    }

    fn at_one(&self) -> Tally {
        let mut sum = self.at_source;
        sum.add(&self.at_destination);
        sum
    }
}

impl Edge {
    /// Takes in the same edge as another agent saw it.
    ///
    /// A connection between two nodes is told by both of their agents: by one as seen at its source, by the other as seen at its
    /// destination. So of all that was seen at one end there are at least as many connections as were seen at either, and as many as
    /// any one agent saw; and that is what there are if all agents watched all the time.
    pub fn join_with_another_agent(&mut self, other: &Self) {
        let (own, others) = (self.parts(), other.parts());
        let at_both = self.connections_at_both(&own) + other.connections_at_both(&others);
        self.join_what_is_not_counted(other);
        self.dropped += other.dropped;
        self.sides.add(&other.sides);
        let mut joined = Joined {
            at_both: own.at_both,
            by_one: own.by_one.most(&others.by_one),
            by_one_connections: own.by_one_connections.max(others.by_one_connections),
        };
        joined.at_both.add(&others.at_both);
        let at_one = union(&self.sides, &joined);
        let mut all = joined.at_both;
        all.add(&at_one);
        self.connections = at_both + at_one.verdicts.total();
        Tally {
            verdicts: self.verdicts,
            sent: self.sent,
            replied: self.replied,
        } = all;
        self.sides.joined = Some(Box::new(joined));
    }

    fn connections_at_both(&self, parts: &Joined) -> u64 {
        self.connections
            .saturating_sub(union(&self.sides, parts).verdicts.total())
    }

    fn parts(&self) -> Joined {
        if let Some(joined) = &self.sides.joined {
            return **joined;
        }
        let by_one = self.sides.at_one();
        let mut at_both = Tally {
            verdicts: self.verdicts,
            sent: self.sent,
            replied: self.replied,
        };
        at_both.subtract(&by_one);
        Joined {
            at_both,
            by_one,
            by_one_connections: by_one.verdicts.total(),
        }
    }
}

/// Of connections that were seen at one end, or at each end by another agent.
fn union(sides: &Sides, joined: &Joined) -> Tally {
    let (source, destination, alone) = (&sides.at_source, &sides.at_destination, &joined.by_one);
    let [at_source, at_destination] = [source, destination].map(|side| side.verdicts);
    let connections = at_source
        .total()
        .max(at_destination.total())
        .max(joined.by_one_connections);
    let most = |of: fn(Verdicts) -> u64| of(at_source).max(of(at_destination)).max(of(alone.verdicts));
    // What is dropped at one end is seen by the other as something else, if at all, and never as dropped once more.
    let dropped = connections.min(at_source.dropped + at_destination.dropped);
    // What one end saw come through, the other may not have seen to.
    let forwarded = most(|verdicts| verdicts.forwarded).min(connections - dropped);
    let unanswered = most(|verdicts| verdicts.unanswered).min(connections - dropped - forwarded);
    Tally {
        verdicts: Verdicts {
            forwarded,
            dropped,
            unanswered,
            seen: connections - dropped - forwarded - unanswered,
        },
        ..source.most(destination).most(alone)
    }
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.verdicts.add(other.verdicts);
        self.sent += other.sent;
        self.replied += other.replied;
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        self.verdicts.subtract(other.verdicts);
        self.sent -= other.sent;
        self.replied -= other.replied;
    }

    /// The larger of each.
    fn most(&self, other: &Self) -> Self {
        Self {
            verdicts: self.verdicts.most(other.verdicts),
            sent: most(self.sent, other.sent),
            replied: most(self.replied, other.replied),
        }
    }
}

impl Verdicts {
    pub(super) const fn subtract(&mut self, other: Self) {
        self.forwarded = self.forwarded.saturating_sub(other.forwarded);
        self.dropped = self.dropped.saturating_sub(other.dropped);
        self.unanswered = self.unanswered.saturating_sub(other.unanswered);
        self.seen = self.seen.saturating_sub(other.seen);
    }

    fn most(self, other: Self) -> Self {
        Self {
            forwarded: self.forwarded.max(other.forwarded),
            dropped: self.dropped.max(other.dropped),
            unanswered: self.unanswered.max(other.unanswered),
            seen: self.seen.max(other.seen),
        }
    }
}

fn most(one: Count, other: Count) -> Count {
    Count {
        packets: one.packets.max(other.packets),
        bytes: one.bytes.max(other.bytes),
    }
}
