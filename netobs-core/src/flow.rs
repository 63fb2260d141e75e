//! A connection as both taps and the drop program saw it, joined.
use crate::{
    event::{Count, Ifindex, Place, ReasonId, Tuple},
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
    pub verdict: Verdict,
    pub evidence: Evidence,
    pub drops: Vec<FlowDrop>,
    pub first: Timestamp,
    pub last: Timestamp,
}
