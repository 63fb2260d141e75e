//! Flows, and what was lost of them.
use netobs_core::{
    change::Scoped,
    engine::{ExplainedFlow, Where, with_connection},
    event::{Count, Ifindex, Place},
    filter::ProtocolKind,
    flow::{Flow, FlowDrop},
    unwatched::Unwatched,
};

use super::{Names, count, endpoint::endpoint, explanation::explanation, interface, nanos, text};
use crate::v1;

pub fn flow(explained: &ExplainedFlow, names: &dyn Names) -> v1::Flow {
    let enriched = &explained.enriched;
    let flow = &enriched.flow;
    let told = explained
        .explanation
        .as_ref()
        .map(|told| with_connection(explained.ends(), |connection| explanation(told, connection)));
    v1::Flow {
        id: flow.id.0,
        phase: v1::Phase::from(explained.phase).into(),
        outcome: explained.outcome.map_or(v1::Outcome::Unspecified, Into::into).into(),
        judgement: v1::Judgement::from(explained.judgement).into(),
        explanation: told,
        cause_ids: explained.causes.iter().map(|cause| cause.id.0).collect(),
        service: enriched.service.as_ref().map(|service| object(&service.name)),
        twin_id: enriched.twin.map_or(0, |twin| twin.0),
        source: Some(v1::Endpoint {
            interface: on_node(flow.source_interface, names),
            ..endpoint(&enriched.source, flow.tuple.source)
        }),
        destination: Some(v1::Endpoint {
            interface: on_node(flow.destination_interface, names),
            ..endpoint(&enriched.destination, flow.tuple.destination)
        }),
        ..observed(flow, names)
    }
}

pub fn lost(place: Where, count: u64) -> v1::Lost {
    v1::Lost {
        place: v1::LostPlace::from(place).into(),
        count,
        unwatched: None,
    }
}

/// What was lost before the agent began to watch.
pub fn lost_unwatched(span: &Unwatched) -> v1::Lost {
    v1::Lost {
        place: v1::LostPlace::Restart.into(),
        count: 0,
        unwatched: Some(unwatched(span)),
    }
}

pub fn unwatched(span: &Unwatched) -> v1::Unwatched {
    v1::Unwatched {
        since_unix_nanos: span.since.map(nanos),
        until_unix_nanos: nanos(span.until),
        at_most: span.at_most,
    }
}

/// What the kernel told of it.
fn observed(flow: &Flow, names: &dyn Names) -> v1::Flow {
    let tuple = flow.tuple;
    v1::Flow {
        first_unix_nanos: nanos(flow.first),
        last_unix_nanos: nanos(flow.last),
        protocol: v1::Protocol::from(ProtocolKind::of(tuple.protocol)).into(),
        protocol_number: tuple.protocol.number().into(),
        source_port: tuple.source_port.into(),
        destination_port: tuple.destination_port.into(),
        initiator: v1::InitiatorEvidence::from(flow.initiator).into(),
        verdict: v1::Verdict::from(flow.verdict).into(),
        evidence: v1::Evidence::from(flow.evidence).into(),
        drops: flow.drops.iter().map(|one| drop(one, names)).collect(),
        further_drops: some(flow.further_drops),
        forward: some(flow.forward),
        reply: some(flow.reply),
        forward_flags: flow.forward_flags.0.into(),
        reply_flags: flow.reply_flags.0.into(),
        source_ports_merged: flow.source_ports_merged,
        ..v1::Flow::default()
    }
}

/// Where a drop was, the node's interfaces at which and by which, and the namespace if it is another.
pub(crate) const fn whereabouts(drop: &FlowDrop) -> (v1::DropPlace, [Option<Ifindex>; 2], u32) {
    match drop.place {
        Place::Node { interface } => (v1::DropPlace::Node, [interface, drop.arrived_by], 0),
        // Interfaces of other namespaces have numbers that mean something else here.
        Place::Inside { namespace, .. } => (v1::DropPlace::Inside, [None, None], namespace.0),
        Place::Unknown => (v1::DropPlace::Unknown, [None, drop.arrived_by], 0),
    }
}

fn drop(drop: &FlowDrop, names: &dyn Names) -> v1::Drop {
    let (place, [at, arrived_by], network_namespace) = whereabouts(drop);
    let reason = names.reason(drop.reason);
    v1::Drop {
        reason: reason.map_or_else(|| drop.reason.to_string(), ToOwned::to_owned),
        place: place.into(),
        interface: on_node(at, names),
        arrived_by: on_node(arrived_by, names),
        network_namespace,
        of_reply: drop.of_reply,
        count: some(drop.count),
        first_unix_nanos: nanos(drop.first),
        last_unix_nanos: nanos(drop.last),
    }
}

pub(super) fn object(name: &Scoped) -> v1::ObjectRef {
    v1::ObjectRef {
        namespace: text(&name.namespace),
        name: text(&name.name),
    }
}

fn on_node(index: Option<Ifindex>, names: &dyn Names) -> String {
    index.map_or_else(String::new, |index| interface(index, names).as_ref().to_owned())
}

fn some(counted: Count) -> Option<v1::Count> {
    (counted != Count::ZERO).then(|| count(counted))
}
