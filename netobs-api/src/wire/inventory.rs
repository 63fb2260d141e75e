//! Edges of the inventory, the workloads in them, and where they come from.
use std::time::Duration;

use netobs_core::{
    event::Protocol,
    filter::ProtocolKind,
    inventory::{
        About, CauseSummary, Edge, EdgeKey, Example, ExampleEnd, Marks, Place, Portrait, SeenPod, Tally, Verdicts,
        Watched,
    },
    policy::NamedPort,
};

use super::{count, endpoint::labels, flow::object, nanos, text};
use crate::v1;

pub fn about(about: &About) -> v1::InventoryAbout {
    v1::InventoryAbout {
        node_name: about.node_name.clone(),
        at_unix_nanos: nanos(about.at),
        watched_since_unix_nanos: nanos(about.watched.since),
        watched_nanos: length(about.watched.length),
        forgotten_for_room: about.forgotten.for_room,
        forgotten_for_age: about.forgotten.for_age,
        joined_into_blocks: about.forgotten.into_blocks,
        kept: about.kept,
        room: about.room,
    }
}

/// Only what it is known by.
pub fn edge_key(key: &EdgeKey) -> v1::Edge {
    v1::Edge {
        source: Some(place(&key.source)),
        destination: Some(place(&key.destination)),
        protocol: protocol(key.protocol),
        protocol_number: key.protocol.number().into(),
        port: key.port.map(Into::into),
        ..v1::Edge::default()
    }
}

/// All of it, watched for so long.
pub fn edge(edge: &Edge, watched: Watched) -> v1::Edge {
    let joined = edge.sides.joined.as_deref();
    v1::Edge {
        service: edge.service.as_ref().map(object),
        first_unix_nanos: nanos(edge.first),
        last_unix_nanos: nanos(edge.last),
        watched_nanos: length(watched.length),
        connections: edge.connections,
        verdicts: Some(verdicts(edge.verdicts)),
        sent: Some(count(edge.sent)),
        replied: Some(count(edge.replied)),
        dropped: Some(count(edge.dropped)),
        cause: edge.cause.as_ref().map(cause),
        marks: marks(edge.marks),
        examples: edge.examples.iter().map(example).collect(),
        at_source: side(&edge.sides.at_source),
        at_destination: side(&edge.sides.at_destination),
        at_both: joined.map(|joined| tally(&joined.at_both)),
        by_one: joined.map(|joined| tally(&joined.by_one)),
        by_one_connections: joined.map_or(0, |joined| joined.by_one_connections),
        ..edge_key(&edge.key)
    }
}

pub fn portrait(portrait: &Portrait) -> v1::Portrait {
    v1::Portrait {
        namespace: text(&portrait.key.namespace),
        workload_kind: portrait.key.workload.kind.as_str().to_owned(),
        name: text(&portrait.key.workload.name),
        labels: labels(&portrait.labels),
        namespace_labels: portrait.namespace_labels.as_ref().map(labels).unwrap_or_default(),
        namespace_known: portrait.namespace_labels.is_some(),
        ports: portrait.ports.iter().map(port).collect(),
        last_unix_nanos: nanos(portrait.last),
        pods: portrait.pods.iter().map(pod).collect(),
    }
}

fn place(place: &Place) -> v1::Place {
    let of = |kind: v1::PlaceKind| v1::Place {
        kind: kind.into(),
        ..v1::Place::default()
    };
    match place {
        Place::Workload { namespace, workload } => v1::Place {
            namespace: text(namespace),
            name: text(&workload.name),
            workload_kind: workload.kind.as_str().to_owned(),
            ..of(v1::PlaceKind::Workload)
        },
        Place::Service(service) => v1::Place {
            namespace: text(&service.namespace),
            name: text(&service.name),
            ..of(v1::PlaceKind::Service)
        },
        Place::Node(name) => v1::Place {
            name: text(name),
            ..of(v1::PlaceKind::Node)
        },
        Place::World(block) => v1::Place {
            block: block.to_string(),
            ..of(v1::PlaceKind::World)
        },
        Place::Unknown => of(v1::PlaceKind::Unknown),
    }
}

/// None where nothing was seen.
fn side(side: &Tally) -> Option<v1::EdgeTally> {
    (*side != Tally::default()).then(|| tally(side))
}

fn tally(tally: &Tally) -> v1::EdgeTally {
    v1::EdgeTally {
        verdicts: Some(verdicts(tally.verdicts)),
        sent: Some(count(tally.sent)),
        replied: Some(count(tally.replied)),
    }
}

const fn verdicts(verdicts: Verdicts) -> v1::EdgeVerdicts {
    v1::EdgeVerdicts {
        forwarded: verdicts.forwarded,
        dropped: verdicts.dropped,
        unanswered: verdicts.unanswered,
        seen: verdicts.seen,
    }
}

fn cause(cause: &CauseSummary) -> v1::EdgeCause {
    v1::EdgeCause {
        id: cause.id.map_or(0, |id| id.0),
        kind: v1::CauseKind::from(cause.kind).into(),
        headline: cause.headline.as_ref().to_owned(),
    }
}

fn marks(marks: Marks) -> Vec<v1::EdgeMark> {
    let mark = |(mark, by)| v1::EdgeMark {
        kind: v1::EdgeMarkKind::from(mark).into(),
        by: v1::EdgeMarkBy::from(by).into(),
    };
    marks.iter().map(mark).collect()
}

fn example(example: &Example) -> v1::EdgeExample {
    let end = |end: &ExampleEnd| v1::ExampleEnd {
        address: end.address.to_string(),
        name: end.name.as_ref().map(text).unwrap_or_default(),
    };
    v1::EdgeExample {
        source: Some(end(&example.source)),
        destination: Some(end(&example.destination)),
        at_unix_nanos: nanos(example.at),
    }
}

fn port(port: &NamedPort) -> v1::NamedPort {
    v1::NamedPort {
        name: text(&port.name),
        protocol: protocol(port.protocol),
        protocol_number: port.protocol.number().into(),
        port: port.port.into(),
    }
}

fn pod(pod: &SeenPod) -> v1::PortraitPod {
    v1::PortraitPod {
        name: text(&pod.name),
        addresses: pod.addresses.iter().map(ToString::to_string).collect(),
        node_name: pod.node.as_ref().map(text).unwrap_or_default(),
    }
}

fn protocol(protocol: Protocol) -> i32 {
    v1::Protocol::from(ProtocolKind::of(protocol)).into()
}

fn length(length: Duration) -> i64 {
    i64::try_from(length.as_nanos()).unwrap_or(i64::MAX)
}
