//! The workloads that edges speak of.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use super::{EdgeKey, Place, Portrait, PortraitKey};
use crate::{
    change::{Namespace, Pod},
    time::Timestamp,
};

/// How late it may be told that a workload is still there.
const LATE: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(super) struct Portraits {
    room: usize,
    by_workload: HashMap<PortraitKey, Kept, foldhash::fast::RandomState>,
    changed: HashSet<PortraitKey>,
    /// Some are gone since changes were last taken.
    are_fewer: bool,
}

#[derive(Debug)]
struct Kept {
    portrait: Arc<Portrait>,
    /// When it was last taken as changed.
    told: Timestamp,
}

impl Portraits {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room: room.max(1),
            by_workload: HashMap::default(),
            changed: HashSet::new(),
            are_fewer: false,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.by_workload.len() >= self.room
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Portrait>> {
        self.by_workload.values().map(|kept| &kept.portrait)
    }

    pub(super) fn see(&mut self, pod: &Pod, namespace: Option<&Namespace>, at: Timestamp) {
        let key = PortraitKey {
            namespace: pod.namespace.clone(),
            workload: pod.workload.clone(),
        };
        match self.by_workload.get_mut(&key) {
            None => self.insert(Portrait::of(pod, namespace, at)),
            Some(known) => {
                let is_shown = known.portrait.shows(pod, namespace);
                if is_shown && at - known.told < LATE {
                    return;
                }
                let portrait = Arc::make_mut(&mut known.portrait);
                portrait.take(pod, namespace);
                portrait.last = portrait.last.max(at);
                known.told = at;
                self.changed.insert(key);
            }
        }
    }

    /// Takes one that was taken from here by an earlier run.
    pub(super) fn load(&mut self, portrait: Portrait) {
        if let Some(known) = self.by_workload.get_mut(&portrait.key) {
            Arc::make_mut(&mut known.portrait).join_earlier(portrait);
            return;
        }
        let key = portrait.key.clone();
        let told = portrait.last;
        let portrait = Arc::new(portrait);
        self.by_workload.insert(key, Kept { portrait, told });
    }

    /// Keeps those that the edges speak of; what is still too many goes, the oldest first.
    pub(super) fn keep(&mut self, edges: impl Iterator<Item = impl AsRef<EdgeKey>>) {
        let mut spoken_of = HashSet::new();
        for key in edges {
            let key = key.as_ref();
            spoken_of.extend(
                [workload(&key.source), workload(&key.destination)]
                    .into_iter()
                    .flatten(),
            );
        }
        let before = self.by_workload.len();
        self.by_workload.retain(|key, _| spoken_of.contains(key));
        let too_many = self.by_workload.len().saturating_sub(self.room - self.room / 16 - 1);
        if self.is_full() && too_many > 0 {
            let mut by_age: Vec<_> = self
                .by_workload
                .iter()
                .map(|(key, kept)| (kept.portrait.last, key.clone()))
                .collect();
            by_age.sort_unstable();
            for (_, key) in by_age.into_iter().take(too_many) {
                self.by_workload.remove(&key);
            }
        }
        self.are_fewer |= self.by_workload.len() < before;
        self.changed.retain(|key| self.by_workload.contains_key(key));
    }

    /// Those that are not as they were when this was last asked; all of them if some are gone, which is then true.
    pub(super) fn take_changes(&mut self, everything: bool) -> (Vec<Arc<Portrait>>, bool) {
        if std::mem::take(&mut self.are_fewer) || everything {
            self.changed.clear();
            return (self.iter().cloned().collect(), true);
        }
        let changed = std::mem::take(&mut self.changed);
        let found = changed.iter().filter_map(|key| self.by_workload.get(key));
        (found.map(|kept| Arc::clone(&kept.portrait)).collect(), false)
    }

    fn insert(&mut self, portrait: Portrait) {
        self.changed.insert(portrait.key.clone());
        self.load(portrait);
    }
}

fn workload(place: &Place) -> Option<PortraitKey> {
    match place {
        Place::Workload { namespace, workload } => Some(PortraitKey {
            namespace: namespace.clone(),
            workload: workload.clone(),
        }),
        Place::Service(_) | Place::Node(_) | Place::World(_) | Place::Unknown => None,
    }
}
