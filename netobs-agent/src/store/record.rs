//! What stands in the file: the contract's messages, of an edge in two parts of which one is its key.
use std::time::Duration;

use netobs_api::{
    model::{BadFilter, InventoryReader},
    v1, wire,
};
use netobs_core::{
    inventory::{Edge, EdgeKey, Forgotten, Portrait, PortraitKey, Span, Watch, Watched},
    time::Timestamp,
};
use prost::{DecodeError, Message as _};
use thiserror::Error;

/// How records are written. A newer agent that writes them otherwise raises it.
pub(super) const VERSION: u32 = 1;

/// A number of nanoseconds.
const WORD: usize = 8;

#[derive(Debug, Error)]
pub(super) enum BadRecord {
    #[error("a record is no message: {0}")]
    NoMessage(#[from] DecodeError),
    #[error("a record makes no sense: {0}")]
    NoSense(#[from] BadFilter),
    #[error("a record of {0} bytes cannot be one of times or counts")]
    Length(usize),
}

/// An edge without what is written in its key.
pub(super) fn edge(edge: &Edge) -> Vec<u8> {
    let message = v1::Edge {
        source: None,
        destination: None,
        protocol: 0,
        protocol_number: 0,
        port: None,
        ..wire::edge(edge, Watched::default())
    };
    message.encode_to_vec()
}

pub(super) fn edge_key(key: &EdgeKey) -> Vec<u8> {
    wire::edge_key(key).encode_to_vec()
}

pub(super) fn read_edge(reader: &mut InventoryReader, key: &[u8], edge: &[u8]) -> Result<Edge, BadRecord> {
    let mut message = v1::Edge::decode(key)?;
    message.merge(edge)?;
    let mut edge = reader.edge(&message)?;
    // Causes are numbered anew by each run; how long it was watched is told when it is asked.
    edge.cause = edge
        .cause
        .map(|cause| netobs_core::inventory::CauseSummary { id: None, ..cause });
    edge.watched = Watched::default();
    Ok(edge)
}

pub(super) fn portrait(portrait: &Portrait) -> Vec<u8> {
    wire::portrait(portrait).encode_to_vec()
}

pub(super) fn portrait_key(key: &PortraitKey) -> Vec<u8> {
    let key = v1::Portrait {
        namespace: key.namespace.to_string(),
        workload_kind: key.workload.kind.as_str().to_owned(),
        name: key.workload.name.to_string(),
        ..v1::Portrait::default()
    };
    key.encode_to_vec()
}

pub(super) fn read_portrait(reader: &mut InventoryReader, portrait: &[u8]) -> Result<Portrait, BadRecord> {
    Ok(reader.portrait(&v1::Portrait::decode(portrait)?)?)
}

pub(super) fn watch(watch: &Watch) -> Vec<u8> {
    let length = |span: &Span| u64::try_from(span.length.as_nanos()).unwrap_or(u64::MAX);
    let spans = watch.spans().iter();
    words(spans.flat_map(|span| [span.from.0, span.until.0, length(span)]))
}

pub(super) fn read_watch(bytes: &[u8]) -> Result<Watch, BadRecord> {
    let words = read_words(bytes)?;
    let (spans, rest) = words.as_chunks::<3>();
    if !rest.is_empty() {
        return Err(BadRecord::Length(bytes.len()));
    }
    Ok(Watch::resume(spans.iter().map(|[from, until, length]| Span {
        from: Timestamp(*from),
        until: Timestamp(*until),
        length: Duration::from_nanos(*length),
    })))
}

pub(super) fn forgotten(forgotten: Forgotten) -> Vec<u8> {
    words([forgotten.for_room, forgotten.for_age, forgotten.into_blocks])
}

pub(super) fn read_forgotten(bytes: &[u8]) -> Result<Forgotten, BadRecord> {
    let [for_room, for_age, into_blocks] = read_words(bytes)?
        .try_into()
        .map_err(|_| BadRecord::Length(bytes.len()))?;
    Ok(Forgotten {
        for_room,
        for_age,
        into_blocks,
    })
}

fn words(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

fn read_words(bytes: &[u8]) -> Result<Vec<u64>, BadRecord> {
    let (words, rest) = bytes.as_chunks::<WORD>();
    if !rest.is_empty() {
        return Err(BadRecord::Length(bytes.len()));
    }
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}
