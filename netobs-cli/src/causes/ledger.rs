//! The causes of all agents, those that are the same as one.
use std::{cmp::Reverse, collections::BTreeMap};

use netobs_api::v1::{Cause, LabelMismatch};
use prost::Message as _;

use super::joined::Joined;

#[derive(Default)]
pub(super) struct Ledger {
    by_key: BTreeMap<Key, BTreeMap<String, Cause>>,
}

/// What two agents' causes have in common if they are the same one: the encoded message with nothing else in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Vec<u8>);

impl Ledger {
    /// The cause as all agents together tell it now.
    pub(super) fn tell(&mut self, node: &str, cause: Cause) -> Option<(Key, Joined)> {
        let key = Key::of(&cause);
        let by_node = self.by_key.entry(key.clone()).or_default();
        by_node.insert(node.to_owned(), cause);
        join(by_node).map(|joined| (key, joined))
    }

    /// Those that are not mended first, then by when they were last seen.
    pub(super) fn all(&self) -> Vec<Joined> {
        let mut all: Vec<_> = self.by_key.values().filter_map(join).collect();
        all.sort_by_key(|joined| (joined.is_mended(), Reverse(joined.cause.last_unix_nanos)));
        all
    }
}

impl Key {
    pub(crate) fn of(cause: &Cause) -> Self {
        let labels = cause.labels.iter().map(|label| LabelMismatch {
            object: label.object.clone(),
            wanted: label.wanted.clone(),
            ..LabelMismatch::default()
        });
        let key = Cause {
            kind: cause.kind,
            direction: cause.direction,
            labels: labels.collect(),
            traffic: cause.traffic.clone(),
            ..Cause::default()
        };
        Self(key.encode_to_vec())
    }
}

fn join(by_node: &BTreeMap<String, Cause>) -> Option<Joined> {
    let mut causes = by_node.iter();
    let (node, first) = causes.next()?;
    let first = Joined::of(node, first.clone());
    Some(causes.fold(first, |joined, (node, cause)| joined.with(node, cause)))
}
