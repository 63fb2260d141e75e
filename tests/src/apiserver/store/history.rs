//! What happened to the objects, back to the last compaction.

use super::super::kind::KindId;
use super::super::object::{Key, Object};
use super::super::refusal::Refusal;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Older entries go by themselves, as the real server compacts every few minutes.
const KEPT: usize = 300_000;
/// A cluster that has just been made is about there.
const FIRST_VERSION: u64 = 700;

/// One change of one object.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) version: u64,
    pub(crate) kind: KindId,
    pub(crate) before: Option<Arc<Object>>,
    /// Its last state, if it was deleted.
    pub(crate) object: Arc<Object>,
    pub(crate) is_deleted: bool,
}

#[derive(Debug)]
pub(crate) struct History {
    entries: VecDeque<Entry>,
    version: u64,
    /// What happened up to here is forgotten.
    compacted: u64,
}

impl Default for History {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            version: FIRST_VERSION,
            compacted: FIRST_VERSION,
        }
    }
}

impl History {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn next_version(&self) -> u64 {
        self.version + 1
    }

    pub(crate) fn push(&mut self, kind: KindId, before: Option<Arc<Object>>, object: Arc<Object>, is_deleted: bool) {
        self.version += 1;
        self.entries.push_back(Entry {
            version: self.version,
            kind,
            before,
            object,
            is_deleted,
        });
        if self.entries.len() > KEPT {
            self.compacted = self.entries.pop_front().map_or(self.compacted, |entry| entry.version);
        }
    }

    pub(crate) fn since(&self, version: u64) -> Result<impl Iterator<Item = &Entry>, Refusal> {
        if version < self.compacted {
            return Err(Refusal::too_old(version, self.compacted));
        }
        let from = self.entries.partition_point(|entry| entry.version <= version);
        Ok(self.entries.range(from..))
    }

    /// What a kind's objects were at a version, as far as that was different.
    pub(crate) fn undone(&self, kind: KindId, version: u64) -> Result<BTreeMap<Key, Option<Arc<Object>>>, Refusal> {
        let mut past = BTreeMap::new();
        for entry in self.since(version)?.filter(|entry| entry.kind == kind) {
            past.entry(entry.object.key.clone())
                .or_insert_with(|| entry.before.clone());
        }
        Ok(past)
    }

    pub(crate) fn compact(&mut self) {
        self.entries.clear();
        self.compacted = self.version;
    }

    pub(crate) fn advance(&mut self, versions: u64) {
        self.version += versions;
    }
}
