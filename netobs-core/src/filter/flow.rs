//! What is asked of a flow as a whole.
use super::{EndFilter, Site, any, end::Side};
use crate::{
    cause::{CauseId, Kind},
    directory::Owner,
    engine::Reasons,
    event::{Ifindex, Protocol, ReasonId},
    explained::{ExplainedFlow, Judgement},
    flow::Verdict,
    labels::Symbol,
    policy::{Direction, End},
};

/// All fields must be passed; a field is passed by any of its values, and by everything if it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowFilter {
    pub either: Vec<EndFilter>,
    pub source: Vec<EndFilter>,
    pub destination: Vec<EndFilter>,
    pub verdicts: Vec<Verdict>,
    pub reasons: Vec<ReasonPattern>,
    pub cause_kinds: Vec<Kind>,
    pub cause_ids: Vec<CauseId>,
    /// Of the destination.
    pub ports: Vec<u16>,
    pub protocols: Vec<ProtocolKind>,
    /// As the pod on the agent's node sees it.
    pub directions: Vec<Direction>,
    pub judgements: Vec<Judgement>,
    pub nodes: Vec<Symbol>,
}

/// A drop reason by the kernel's own name, with or without the prefix that the kernel's source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonPattern {
    name: Symbol,
    unnamed: Option<ReasonId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolKind {
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmpv6,
    Other,
}

impl FlowFilter {
    /// What is cheap to see is looked at first.
    pub fn pass(&self, flow: &ExplainedFlow, site: Site<'_>) -> bool {
        self.pass_by_itself(flow) && self.pass_by_site(flow, site) && self.pass_by_ends(flow)
    }

    fn pass_by_itself(&self, explained: &ExplainedFlow) -> bool {
        let flow = &explained.enriched.flow;
        let causes = &explained.causes;
        any(&self.verdicts, |verdict| *verdict == flow.verdict)
            && any(&self.judgements, |judgement| *judgement == explained.judgement)
            && any(&self.protocols, |kind| *kind == ProtocolKind::of(flow.tuple.protocol))
            && any(&self.ports, |port| explained.ends().port() == Some(*port))
            && any(&self.cause_kinds, |kind| causes.iter().any(|cause| cause.kind == *kind))
            && any(&self.cause_ids, |id| causes.iter().any(|cause| cause.id == *id))
    }

    fn pass_by_site(&self, flow: &ExplainedFlow, site: Site<'_>) -> bool {
        let drops = &flow.enriched.flow.drops;
        any(&self.nodes, |node| *node == *site.node)
            && any(&self.directions, |direction| is_of(*direction, flow, site.node))
            && any(&self.reasons, |reason| {
                drops.iter().any(|drop| reason.is(drop.reason, site.reasons))
            })
    }

    fn pass_by_ends(&self, flow: &ExplainedFlow) -> bool {
        let passes = |end| {
            let side = Side::of(flow, end);
            move |filter: &EndFilter| filter.pass(side)
        };
        let (source, destination) = (passes(End::Source), passes(End::Destination));
        any(&self.source, source)
            && any(&self.destination, destination)
            && any(&self.either, |filter| source(filter) || destination(filter))
    }
}

/// A pod is on this node if it runs here, or if it is behind an interface of this node.
fn is_of(direction: Direction, explained: &ExplainedFlow, node: &str) -> bool {
    let enriched = &explained.enriched;
    let is_here = |owner: &Owner, interface: Option<Ifindex>| {
        let pod_node = owner.pod().and_then(|pod| pod.node.as_ref());
        interface.is_some() || pod_node.is_some_and(|pod_node| *pod_node == *node)
    };
    match direction {
        Direction::Ingress => is_here(&enriched.destination, enriched.flow.destination_interface),
        Direction::Egress => is_here(&enriched.source, enriched.flow.source_interface),
    }
}

impl ReasonPattern {
    fn is(&self, reason: ReasonId, reasons: &Reasons) -> bool {
        match reasons.name(reason) {
            Some(name) => *without_prefix(name) == *self.name,
            None => self.unnamed == Some(reason),
        }
    }
}

impl From<&str> for ReasonPattern {
    fn from(name: &str) -> Self {
        Self {
            name: without_prefix(name).into(),
            unnamed: ReasonId::unnamed(name),
        }
    }
}

fn without_prefix(name: &str) -> &str {
    name.strip_prefix("SKB_DROP_REASON_").unwrap_or(name)
}

impl ProtocolKind {
    pub const fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tcp => Self::Tcp,
            Protocol::Udp => Self::Udp,
            Protocol::Sctp => Self::Sctp,
            Protocol::Icmp => Self::Icmp,
            Protocol::Icmpv6 => Self::Icmpv6,
            Protocol::Other(_) => Self::Other,
        }
    }
}
