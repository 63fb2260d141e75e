//! A connection as both taps and the drop program saw it, joined.
mod entry;
mod key;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

pub use table::{FlowTable, Limits};

use crate::{
    event::{Count, Ifindex, Place, ReasonId, TcpFlags, Tuple},
    time::Timestamp,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub u64);

/// How we know which end began the connection, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitiatorEvidence {
    /// Its SYN, or its echo request, was seen.
    Request,
    /// The other end's SYN-ACK was seen.
    Answer,
    /// The kernel's connection tracking remembers it.
    Tracking,
    /// Only one of the ports is one that clients are given.
    Ports,
    /// The first packet seen came from it.
    FirstPacket,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It reached the other end's interface, or the other end answered.
    Forwarded,
    /// The kernel recorded that it dropped packets of it, and no answer came.
    Dropped,
    /// Asked again and again and never answered. Why is not known.
    Unanswered,
    /// Seen, and nothing more is known of its fate.
    Seen,
}

/// What the verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The tap at the responder's interface saw it.
    Delivered,
    /// The responder answered.
    Replied,
    /// The kernel gave a reason for dropping it.
    KernelReason,
    /// Requests were repeated and nothing came back.
    NoReply,
    /// Its packets left the initiator's interface.
    Sent,
}

/// Drops of one connection for one reason in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowDrop {
    pub reason: ReasonId,
    pub place: Place,
    pub arrived_by: Option<Ifindex>,
    /// The dropped packets travelled from responder to initiator.
    pub of_reply: bool,
    pub count: Count,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// One connection. Counts are totals since it was first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    pub id: FlowId,
    /// From the end that began the connection to the other.
    pub tuple: Tuple,
    pub initiator: InitiatorEvidence,
    /// The interface of the initiator's pod, if that pod is on this node.
    pub source_interface: Option<Ifindex>,
    /// The interface of the responder's pod, if that pod is on this node.
    pub destination_interface: Option<Ifindex>,
    pub forward: Count,
    pub reply: Count,
    pub forward_flags: TcpFlags,
    pub reply_flags: TcpFlags,
    pub verdict: Verdict,
    pub evidence: Evidence,
    pub drops: Vec<FlowDrop>,
    /// Drops for more reasons and places than `drops` keeps apart.
    pub further_drops: Count,
    /// It stands for all source ports of the same peers: there were more connections than the kernel could keep apart.
    pub source_ports_merged: bool,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// Why a flow is told now. Each is told for the last time exactly once; one that ended before it was polled, only then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It was seen for the first time.
    Opened,
    /// Its verdict changed, or it has been a while.
    Updated,
    /// Both ends closed it, or one reset it.
    Closed,
    /// Nothing was seen of it for long.
    Idle,
    /// There was no more room; if it goes on, it does so as another flow.
    Evicted,
}

impl Phase {
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Closed | Self::Idle | Self::Evicted)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub phase: Phase,
    pub flow: Flow,
}
