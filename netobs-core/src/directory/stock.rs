//! Objects of one kind by what they are known by, through re-lists and for a while after they are gone.
use std::{collections::VecDeque, hash::Hash, sync::Arc, time::Duration};

use super::{GONE_KEPT, QuickMap, versions::Versions};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Stock<K, T> {
    by_key: QuickMap<K, Stocked<T>>,
    gone: VecDeque<(Timestamp, K)>,
    list: u32,
    keep: Duration,
}

#[derive(Debug)]
struct Stocked<T> {
    versions: Versions<T>,
    /// The list it was last seen in.
    list: u32,
    gone: Option<Timestamp>,
}

impl<K: Clone + Eq + Hash, T: PartialEq> Stock<K, T> {
    pub(super) fn new(keep: Duration) -> Self {
        Self {
            by_key: QuickMap::default(),
            gone: VecDeque::new(),
            list: 0,
            keep,
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&Arc<T>> {
        self.by_key
            .get(key)
            .filter(|stocked| stocked.gone.is_none())
            .map(|stocked| stocked.versions.current())
    }

    /// As it was at a time, also if it is gone since.
    pub(super) fn get_at(&self, key: &K, at: Timestamp) -> Option<&Arc<T>> {
        self.by_key.get(key).map(|stocked| stocked.versions.at(at))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.by_key
            .values()
            .filter(|stocked| stocked.gone.is_none())
            .map(|stocked| stocked.versions.current())
    }

    /// The state before, if there was one.
    pub(super) fn apply(&mut self, key: K, object: Arc<T>, at: Timestamp) -> Option<Arc<T>> {
        let Some(known) = self.by_key.get_mut(&key) else {
            let stocked = Stocked {
                versions: Versions::new(object, at),
                list: self.list,
                gone: None,
            };
            self.by_key.insert(key, stocked);
            return None;
        };
        known.list = self.list;
        let before = known
            .gone
            .take()
            .map_or_else(|| Some(Arc::clone(known.versions.current())), |_| None);
        if *known.versions.current() != object {
            known.versions.replace(object, at, self.keep);
        }
        before
    }

    pub(super) fn delete(&mut self, key: &K, at: Timestamp) -> Option<Arc<T>> {
        let known = self.by_key.get_mut(key).filter(|known| known.gone.is_none())?;
        known.gone = Some(at);
        let last = Arc::clone(known.versions.current());
        self.gone.push_back((at, key.clone()));
        if self.gone.len() > GONE_KEPT {
            self.forget_first();
        }
        Some(last)
    }

    pub(super) fn list_begins(&mut self) {
        self.list = self.list.wrapping_add(1);
    }

    /// What the list did not name, and therefore is gone.
    pub(super) fn list_ends(&mut self, at: Timestamp) -> Vec<Arc<T>> {
        let missing: Vec<K> = self
            .by_key
            .iter()
            .filter(|(_, known)| known.gone.is_none() && known.list != self.list)
            .map(|(key, _)| key.clone())
            .collect();
        missing.iter().filter_map(|key| self.delete(key, at)).collect()
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        let before = now.minus(self.keep);
        while self.gone.front().is_some_and(|(at, _)| *at < before) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((at, key)) = self.gone.pop_front() else {
            return;
        };
        if self.by_key.get(&key).is_some_and(|known| known.gone == Some(at)) {
            self.by_key.remove(&key);
        }
    }
}
