//! An inventory as RFC 4180 has it: a head, lines that end with CRLF, and quotes where they are needed.
use jiff::Timestamp;
use netobs_core::{
    inventory::{Edge, Listing, Place},
    time::Timestamp as At,
};

use super::{ends, words};
use crate::show::nanos;

const COLUMNS: [&str; 27] = [
    "source_kind",
    "source_namespace",
    "source",
    "destination_kind",
    "destination_namespace",
    "destination",
    "protocol",
    "port",
    "service",
    "first",
    "last",
    "watched_seconds",
    "connections",
    "forwarded",
    "dropped",
    "unanswered",
    "seen",
    "sent_packets",
    "sent_bytes",
    "replied_packets",
    "replied_bytes",
    "dropped_packets",
    "dropped_bytes",
    "marks",
    "cause_kind",
    "cause",
    "examples",
];

/// A spreadsheet skips the last two.
const BEGIN_FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) fn of(listing: &Listing) -> String {
    let head = COLUMNS.map(str::to_owned);
    let rows = listing.edges.iter().map(row);
    [head].into_iter().chain(rows).map(line).collect()
}

fn row(edge: &Edge) -> [String; COLUMNS.len()] {
    let key = &edge.key;
    let (verdicts, cause) = (edge.verdicts, edge.cause.as_ref());
    [
        ends::kind(&key.source).to_owned(),
        namespace(&key.source),
        name(&key.source),
        ends::kind(&key.destination).to_owned(),
        namespace(&key.destination),
        name(&key.destination),
        ends::protocol(key.protocol),
        key.port.map(|port| port.to_string()).unwrap_or_default(),
        service(edge),
        moment(edge.first),
        moment(edge.last),
        edge.watched.length.as_secs().to_string(),
        edge.connections.to_string(),
        verdicts.forwarded.to_string(),
        verdicts.dropped.to_string(),
        verdicts.unanswered.to_string(),
        verdicts.seen.to_string(),
        edge.sent.packets.to_string(),
        edge.sent.bytes.to_string(),
        edge.replied.packets.to_string(),
        edge.replied.bytes.to_string(),
        edge.dropped.packets.to_string(),
        edge.dropped.bytes.to_string(),
        words::marks(edge).join(" "),
        cause
            .map(|cause| words::cause_kind(cause.kind).to_owned())
            .unwrap_or_default(),
        cause.map(|cause| cause.headline.to_string()).unwrap_or_default(),
        examples(edge),
    ]
}

fn namespace(place: &Place) -> String {
    place.namespace().map(ToString::to_string).unwrap_or_default()
}

fn name(place: &Place) -> String {
    match place {
        Place::Workload { workload, .. } => workload.name.to_string(),
        Place::Service(service) => service.name.to_string(),
        Place::Node(name) => name.to_string(),
        Place::World(block) => block.to_string(),
        Place::Unknown => String::new(),
    }
}

fn service(edge: &Edge) -> String {
    let service = edge.service.as_ref();
    service
        .map(|service| format!("{}/{}", service.namespace, service.name))
        .unwrap_or_default()
}

/// As RFC 3339 has it, in UTC, so that files of several places can be laid together.
fn moment(at: At) -> String {
    Timestamp::from_nanosecond(nanos(at).into())
        .unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// `web-1 10.0.0.1 > api-1 10.0.0.2`, with semicolons between them.
fn examples(edge: &Edge) -> String {
    let examples = edge.examples.iter().map(|example| {
        let end = |name: Option<&str>, address: &dyn std::fmt::Display| match name {
            Some(name) => format!("{name} {address}"),
            None => address.to_string(),
        };
        let (source, destination) = (&example.source, &example.destination);
        format!(
            "{} > {}",
            end(source.name.as_deref(), &source.address),
            end(destination.name.as_deref(), &destination.address)
        )
    });
    examples.collect::<Vec<_>>().join("; ")
}

fn line(fields: [String; COLUMNS.len()]) -> String {
    fields.map(|field| quoted(&field)).join(",") + "\r\n"
}

fn quoted(field: &str) -> String {
    let harmless = harmless(field);
    if harmless != field || field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", harmless.replace('"', "\"\""))
    } else {
        harmless
    }
}

/// Whoever may make pods gives workloads their names: none may be a formula to a spreadsheet, nor in countries where
/// semicolons separate fields.
fn harmless(field: &str) -> String {
    let parts = field.split_inclusive([';', '\t', '\r', '\n']);
    parts
        .flat_map(|part| {
            let mark = if part.starts_with(BEGIN_FORMULAS) { "'" } else { "" };
            [mark, part]
        })
        .collect()
}
