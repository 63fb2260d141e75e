//! What was lately asked for, up to a bound.
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// When the newer half is full it becomes the older one, and what was not asked for since then is forgotten.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    half: usize,
    newer: QuickMap<K, V>,
    older: QuickMap<K, V>,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            half: most / 2,
            newer: QuickMap::default(),
            older: QuickMap::default(),
        }
    }

    pub(super) fn get_or_make(&mut self, key: K, make: impl FnOnce() -> V) -> &V {
        if self.newer.len() >= self.half {
            self.older = std::mem::take(&mut self.newer);
        }
        match self.newer.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.older.remove(&key).unwrap_or_else(make)),
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.newer.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_again_and_again_is_made_once_and_the_bound_holds() {
        let mut recent = Recent::new(100);
        let mut made = 0;
        for key in 1..10_000_u32 {
            recent.get_or_make(key, || 0);
            let known = *recent.get_or_make(0, || {
                made += 1;
                7
            });
            assert_eq!(known, 7);
            assert!(recent.len() <= 100);
        }
        assert_eq!(made, 1);
    }
}
