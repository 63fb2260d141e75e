//! The causes as they were told last, and which of them changed since someone looked.
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use netobs_core::{
    cause::{Cause, CauseId},
    suggest::Suggestion,
};

/// The engine keeps fewer, and says which; this only bounds the book should it never be asked.
const MOST: usize = 16_384;

#[derive(Clone, Debug)]
pub(in crate::serve) struct Noted {
    pub(in crate::serve) cause: Arc<Cause>,
    pub(in crate::serve) suggestions: Arc<[Suggestion]>,
    pub(in crate::serve) edition: Edition,
}

/// Counts what was noted, and so tells what is news to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::serve) struct Edition(u64);

#[derive(Debug, Default)]
pub(super) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    by_id: BTreeMap<CauseId, Noted>,
    by_edition: BTreeMap<Edition, CauseId>,
    latest: Edition,
}

impl Book {
    pub(super) fn note(&self, cause: Arc<Cause>, suggestions: Arc<[Suggestion]>) {
        let mut pages = self.pages();
        pages.latest.0 += 1;
        let (id, edition) = (cause.id, pages.latest);
        let noted = Noted {
            cause,
            suggestions,
            edition,
        };
        if let Some(before) = pages.by_id.insert(id, noted) {
            pages.by_edition.remove(&before.edition);
        }
        pages.by_edition.insert(edition, id);
        if pages.by_id.len() > MOST
            && let Some((_, stalest)) = pages.by_edition.pop_first()
        {
            pages.by_id.remove(&stalest);
        }
    }

    pub(super) fn retain(&self, known: impl Fn(CauseId) -> bool) {
        let mut pages = self.pages();
        pages.by_id.retain(|id, _| known(*id));
        pages.by_edition.retain(|_, id| known(*id));
    }

    /// In the order in which they were first seen.
    pub(super) fn all(&self) -> Vec<Noted> {
        self.pages().by_id.values().cloned().collect()
    }

    /// What changed first after an edition, and was not changed since.
    pub(super) fn after(&self, seen: Edition) -> Option<Noted> {
        let pages = self.pages();
        let mut news = pages.by_edition.range(Edition(seen.0 + 1)..);
        news.find_map(|(_, id)| pages.by_id.get(id).cloned())
    }

    pub(super) fn latest(&self) -> Edition {
        self.pages().latest
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
