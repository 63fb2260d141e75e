//! The JSON of `netobs preview`. Fields are added, never changed, within a version.
use netobs_core::{
    inventory::{Edge, Place, Verdicts},
    preview::{Effect, Kind},
    render,
};
use serde::Serialize;

use super::{
    Scene,
    text::{decision, doubt},
};
use crate::explain::json::{self, Answer as Explanation};

const VERSION: u32 = 1;

#[derive(Serialize)]
pub(super) struct Answer {
    version: u32,
    /// How many edges were looked at.
    edges: usize,
    policies_before: usize,
    policies_after: usize,
    refused_before: usize,
    breaks: Vec<JsonEffect>,
    undecidable: Vec<JsonEffect>,
    refused: Vec<JsonEffect>,
    admitted: Vec<JsonEffect>,
    /// What is to be known of the policies that were given, as on the standard error.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct JsonEffect {
    edge: JsonEdge,
    text: String,
    before: Option<&'static str>,
    after: Option<&'static str>,
    /// What makes it undecidable, where that is no fact that the explanation names.
    doubt: Option<String>,
    /// Of one of its connections: by the policies after, for what is admitted by those before.
    explanation: Option<Explanation>,
}

#[derive(Serialize)]
struct JsonEdge {
    source: JsonPlace,
    destination: JsonPlace,
    protocol: String,
    port: Option<u16>,
    connections: u64,
    forwarded: u64,
    dropped: u64,
    unanswered: u64,
    seen: u64,
    first: String,
    last: String,
}

#[derive(Serialize)]
struct JsonPlace {
    kind: &'static str,
    namespace: Option<String>,
    workload_kind: Option<String>,
    name: Option<String>,
    block: Option<String>,
}

pub(super) fn answer(scene: &Scene<'_>) -> Answer {
    let of = |kind| scene.found.of(kind).filter_map(|one| effect(scene, one)).collect();
    Answer {
        version: VERSION,
        edges: scene.found.edges,
        policies_before: scene.before.policies.len(),
        policies_after: scene.after.policies.len(),
        refused_before: scene.found.refused_before,
        breaks: of(Kind::Breaks),
        undecidable: of(Kind::Undecidable),
        refused: of(Kind::Refused),
        admitted: of(Kind::Admitted),
        notes: scene.notes.to_vec(),
    }
}

fn effect(scene: &Scene<'_>, effect: &Effect) -> Option<JsonEffect> {
    let edge = scene.listing.edges.get(effect.edge)?;
    let by = |state| effect.outcome(scene.listing, state).map(decision);
    let explanation = effect.explain(scene.listing, &scene.before, &scene.after);
    let explanation = explanation.map(|(connection, explanation)| json::answer(&connection, &explanation, &[], &[]));
    Some(JsonEffect {
        edge: json_edge(edge),
        text: render::generate::seen(edge),
        before: by(&scene.before),
        after: by(&scene.after),
        doubt: doubt(scene, effect),
        explanation,
    })
}

fn json_edge(edge: &Edge) -> JsonEdge {
    let Verdicts {
        forwarded,
        dropped,
        unanswered,
        seen,
    } = edge.verdicts;
    JsonEdge {
        source: place(&edge.key.source),
        destination: place(&edge.key.destination),
        protocol: render::protocol(edge.key.protocol),
        port: edge.key.port,
        connections: edge.connections,
        forwarded,
        dropped,
        unanswered,
        seen,
        first: render::utc(edge.first),
        last: render::utc(edge.last),
    }
}

fn place(place: &Place) -> JsonPlace {
    let bare = |kind| JsonPlace {
        kind,
        namespace: place.namespace().map(ToString::to_string),
        workload_kind: None,
        name: None,
        block: None,
    };
    match place {
        Place::Workload { workload, .. } => JsonPlace {
            workload_kind: Some(workload.kind.as_str().to_owned()),
            name: Some(workload.name.to_string()),
            ..bare("workload")
        },
        Place::Service(service) => JsonPlace {
            name: Some(service.name.to_string()),
            ..bare("service")
        },
        Place::Node(node) => JsonPlace {
            name: Some(node.to_string()),
            ..bare("node")
        },
        Place::World(block) => JsonPlace {
            block: Some(block.to_string()),
            ..bare("world")
        },
        Place::Unknown => bare("unknown"),
    }
}
