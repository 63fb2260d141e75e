//! What policies say of ends, encoded once for all connections between them.
use std::sync::Arc;

use netobs_core::{
    directory::Owner,
    engine::{ExplainedFlow, with_connection},
    event::Protocol,
    explain::Explanation,
};
use prost::Message as _;

use super::{identity::Identity, recent::Recent};
use crate::wire;

/// More explanations than these are encoded anew.
const MOST: usize = 512;

#[derive(Debug)]
pub(super) struct Explanations {
    by_connection: Recent<Key, Known>,
}

/// What an explanation's text speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    explanation: usize,
    source: Identity,
    destination: Identity,
    protocol: Protocol,
    port: Option<u16>,
}

#[derive(Debug)]
struct Known {
    encoded: Box<[u8]>,
    /// Keep the objects where they are, so that no others come to have their place.
    _explanation: Arc<Explanation>,
    _ends: [Owner; 2],
}

impl Default for Explanations {
    fn default() -> Self {
        Self {
            by_connection: Recent::new(MOST),
        }
    }
}

impl Explanations {
    pub(super) fn encoded(&mut self, flow: &ExplainedFlow, explanation: &Arc<Explanation>) -> &[u8] {
        let ends = flow.ends();
        let key = Key {
            explanation: Arc::as_ptr(explanation).addr(),
            source: Identity::of(ends.source, ends.tuple.source),
            destination: Identity::of(ends.destination, ends.tuple.destination),
            protocol: ends.tuple.protocol,
            port: ends.port(),
        };
        let make = || Known {
            encoded: with_connection(ends, |connection| wire::explanation(explanation, connection))
                .encode_to_vec()
                .into(),
            _explanation: Arc::clone(explanation),
            _ends: [ends.source.clone(), ends.destination.clone()],
        };
        &self.by_connection.get_or_make(key, make).encoded
    }
}
