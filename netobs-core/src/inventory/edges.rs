//! All edges there are, never more than there is room for; the least useful go first.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use super::{Edge, EdgeKey, Forgotten, blocks::Blocks};
use crate::time::Timestamp;

type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// When there is no more room, one edge in so many is let go at once.
const PART: usize = 16;
/// What keeps coming back counts as if it were seen later by as long as it has been doing so, but by no more than this.
const MOST_CREDIT: Duration = Duration::from_secs(14 * 24 * 3600);
/// Edges that were joined with others, and are still asked for by their own number, before all of them are looked at.
const MOVED: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct EdgeId(u64);

#[derive(Debug)]
pub(super) struct Edges {
    room: usize,
    by_id: QuickMap<EdgeId, Record>,
    by_key: QuickMap<Arc<EdgeKey>, EdgeId>,
    /// Those that became part of another.
    moved: QuickMap<EdgeId, EdgeId>,
    blocks: Blocks,
    made: u64,
    forgotten: Forgotten,
    /// What is not as it was last taken; nothing where nobody takes it.
    news: Option<News>,
}

#[derive(Debug)]
struct Record {
    edge: Arc<Edge>,
    is_new: bool,
}

#[derive(Debug, Default)]
struct News {
    changed: Vec<EdgeId>,
    gone: Vec<Arc<EdgeKey>>,
    /// More is gone than is worth a list.
    everything: bool,
}

/// Edges that are not as they were when they were last taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) edges: Vec<Arc<Edge>>,
    pub(super) gone: Vec<Arc<EdgeKey>>,
    /// These edges are all there are, and whatever else was taken before is gone.
    pub(super) everything: bool,
}

impl Edges {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room: room.max(1),
            by_id: QuickMap::default(),
            by_key: QuickMap::default(),
            moved: QuickMap::default(),
            blocks: Blocks::default(),
            made: 0,
            forgotten: Forgotten::default(),
            news: None,
        }
    }

    /// From now on it is remembered what has changed.
    pub(super) fn follow(&mut self, beginning_with_everything: bool) {
        self.news = Some(News {
            everything: beginning_with_everything,
            ..News::default()
        });
    }

    pub(super) const fn forgotten(&self) -> Forgotten {
        self.forgotten
    }

    pub(super) const fn forgot_before(&mut self, forgotten: Forgotten) {
        self.forgotten.add(forgotten);
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Edge>> {
        self.by_id.values().map(|record| &record.edge)
    }

    /// The edge, or the one that it became part of.
    pub(super) fn get_mut(&mut self, id: EdgeId) -> Option<&mut Edge> {
        let id = self.find(id);
        let record = self.by_id.get_mut(&id)?;
        if let Some(news) = &mut self.news
            && !std::mem::replace(&mut record.is_new, true)
        {
            news.changed.push(id);
        }
        Some(Arc::make_mut(&mut record.edge))
    }

    /// The edge that it is, or became part of.
    pub(super) fn find(&self, mut id: EdgeId) -> EdgeId {
        while let Some(next) = self.moved.get(&id) {
            id = *next;
        }
        id
    }

    pub(super) fn key(&self, id: EdgeId) -> Option<&Arc<EdgeKey>> {
        Some(&self.by_id.get(&self.find(id))?.edge.key)
    }

    /// The edge of that key, made if it is not there; its end outside may be told by a block.
    pub(super) fn edge(&mut self, key: EdgeKey, first: Timestamp) -> EdgeId {
        let key = self.blocks.place(key);
        if let Some(id) = self.by_key.get(&key) {
            return *id;
        }
        let key = Arc::new(key);
        let id = self.insert(Edge::new(Arc::clone(&key), first));
        for (before, after) in self.blocks.add(&key) {
            self.rename(&before, after);
        }
        self.find(id)
    }

    /// Takes one that was taken from here by an earlier run. It is no news unless it is not as it was.
    pub(super) fn load(&mut self, edge: &Edge) {
        let is_known = self.by_key.contains_key(&edge.key);
        let id = self.edge(EdgeKey::clone(&edge.key), edge.first);
        if let Some(known) = self.get_mut(id) {
            known.join(edge);
        }
        let (Some(record), Some(news)) = (self.by_id.get_mut(&id), &mut self.news) else {
            return;
        };
        if record.edge.key != edge.key {
            news.gone.push(Arc::clone(&edge.key));
        } else if !is_known && news.changed.last() == Some(&id) {
            record.is_new = false;
            news.changed.pop();
        }
    }

    pub(super) fn remove(&mut self, id: EdgeId) {
        let Some(record) = self.by_id.remove(&id) else {
            return;
        };
        let key = &record.edge.key;
        self.by_key.remove(key);
        self.blocks.remove(key);
        if let Some(news) = &mut self.news {
            news.gone.push(Arc::clone(key));
            if news.gone.len() > self.room {
                *news = News {
                    everything: true,
                    ..News::default()
                };
            }
        }
    }

    pub(super) fn expire(&mut self, before: Timestamp) {
        let old = self.by_id.iter().filter(|(_, record)| record.edge.last < before);
        let old: Vec<EdgeId> = old.map(|(id, _)| *id).collect();
        self.forgotten.for_age += old.len() as u64;
        for id in old {
            self.remove(id);
        }
    }

    /// Forgets what became of edges that nobody asks for by their own number any more.
    pub(super) fn sweep_moved(&mut self, asked_for: impl Iterator<Item = EdgeId>) {
        let asked_for: HashSet<EdgeId> = asked_for.collect();
        let still: Vec<_> = self.moved.keys().filter(|id| asked_for.contains(id)).copied().collect();
        let found: Vec<_> = still.iter().map(|id| (*id, self.find(*id))).collect();
        self.moved = found.into_iter().collect();
    }

    pub(super) fn has_many_moved(&self, asked_for: usize) -> bool {
        self.moved.len() > asked_for + MOVED
    }

    pub(super) fn take_changes(&mut self) -> Taken {
        let Some(news) = &mut self.news else {
            return Taken::default();
        };
        let News {
            changed,
            gone,
            everything,
        } = std::mem::take(news);
        let mut take = |record: &mut Record| {
            record.is_new = false;
            Arc::clone(&record.edge)
        };
        let edges = if everything {
            self.by_id.values_mut().map(&mut take).collect()
        } else {
            let changed = changed.iter().filter_map(|id| self.by_id.get_mut(id).map(&mut take));
            changed.collect()
        };
        Taken {
            edges,
            gone,
            everything,
        }
    }

    fn insert(&mut self, edge: Edge) -> EdgeId {
        if self.by_id.len() >= self.room {
            self.make_room();
        }
        self.made += 1;
        let id = EdgeId(self.made);
        self.by_key.insert(Arc::clone(&edge.key), id);
        let record = Record {
            edge: Arc::new(edge),
            is_new: self.news.is_some(),
        };
        self.by_id.insert(id, record);
        if let Some(news) = &mut self.news {
            news.changed.push(id);
        }
        id
    }

    fn make_room(&mut self) {
        let mut all: Vec<_> = self
            .by_id
            .iter()
            .map(|(id, record)| (usefulness(&record.edge), *id))
            .collect();
        let count = (all.len() / PART).max(1);
        let (least, last, _) = all.select_nth_unstable(count - 1);
        for (_, id) in least.iter().chain([&*last]) {
            self.remove(*id);
        }
        self.forgotten.for_room += count as u64;
    }

    /// Joins the edge with that of the other key, or gives it that key.
    fn rename(&mut self, before: &EdgeKey, after: EdgeKey) {
        let Some(id) = self.by_key.get(before).copied() else {
            return;
        };
        let Some(edge) = self.by_id.get(&id).map(|record| Arc::clone(&record.edge)) else {
            return;
        };
        self.remove(id);
        let into = match self.by_key.get(&after) {
            Some(into) => {
                self.forgotten.into_blocks += 1;
                *into
            }
            None => self.insert(Edge::new(Arc::new(after), edge.first)),
        };
        self.moved.insert(id, into);
        if let Some(known) = self.get_mut(into) {
            known.join(&edge);
        }
    }
}

/// When it was last seen, with credit for what keeps coming back; of two alike, how often.
fn usefulness(edge: &Edge) -> (Timestamp, u64) {
    let habit = if edge.is_seen_once() {
        Duration::ZERO
    } else {
        edge.last - edge.first
    };
    (edge.last.plus(habit.min(MOST_CREDIT)), edge.connections)
}
