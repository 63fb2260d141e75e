//! Pods by UID, through re-lists and for a while after they are gone.
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{GONE_KEPT, addresses::Addresses, versions::Versions};
use crate::{
    change::{Pod, PodUid},
    time::Timestamp,
};

#[derive(Debug)]
pub(super) struct Pods {
    by_uid: HashMap<PodUid, Known>,
    addresses: Addresses,
    /// To be forgotten when their grace is over.
    left: VecDeque<(Timestamp, PodUid)>,
    list: u32,
    live: usize,
    keep: Duration,
    forgotten_early: u64,
}

#[derive(Debug)]
struct Known {
    /// `None` if all we know is that it was deleted.
    versions: Option<Versions<Pod>>,
    /// The list it was last seen in.
    list: u32,
    gone: Option<Gone>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    /// For good: no pod gets the UID of another.
    Deleted(Timestamp),
    /// A list did not name it. Lists can be older than what we know, so it may come back.
    Missing(Timestamp),
}

impl Gone {
    const fn at(self) -> Timestamp {
        match self {
            Self::Deleted(at) | Self::Missing(at) => at,
        }
    }
}

/// A pod before and after a change; `None` where there was, or is, none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) before: Option<Arc<Pod>>,
    pub(super) after: Option<Arc<Pod>>,
}

impl Pods {
    pub(super) fn new(keep: Duration) -> Self {
        Self {
            by_uid: HashMap::new(),
            addresses: Addresses::new(keep),
            left: VecDeque::new(),
            list: 0,
            live: 0,
            keep,
            forgotten_early: 0,
        }
    }

    pub(super) fn get(&self, uid: &PodUid) -> Option<&Arc<Pod>> {
        let known = self.by_uid.get(uid).filter(|known| known.gone.is_none())?;
        known.versions.as_ref().map(Versions::current)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.by_uid
            .values()
            .filter(|known| known.gone.is_none())
            .filter_map(|known| known.versions.as_ref().map(Versions::current))
    }

    pub(super) const fn len(&self) -> usize {
        self.live
    }

    pub(super) const fn forgotten_early(&self) -> u64 {
        self.forgotten_early + self.addresses.forgotten_early()
    }

    pub(super) const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    pub(super) const fn addresses_mut(&mut self) -> &mut Addresses {
        &mut self.addresses
    }

    /// As it was at a time, also if it is gone since.
    pub(super) fn get_at(&self, uid: &PodUid, at: Timestamp) -> Option<&Arc<Pod>> {
        let versions = self.by_uid.get(uid)?.versions.as_ref()?;
        Some(versions.at(at))
    }

    pub(super) fn apply(&mut self, pod: Arc<Pod>, at: Timestamp) -> Option<Turn> {
        let Some(known) = self.by_uid.get_mut(&pod.uid) else {
            self.insert(&pod, at);
            self.addresses.hold(&pod, at, at, None);
            self.live += 1;
            return Some(Turn {
                before: None,
                after: Some(pod),
            });
        };
        known.list = self.list;
        if let Some(Gone::Deleted(until)) = known.gone {
            if known.versions.is_none() {
                known.versions = Some(Versions::new(Arc::clone(&pod), until));
                self.addresses.hold(&pod, until, at.min(until), Some(until));
            }
            return None;
        }
        let returned = known.gone.take().is_some();
        let before = known.versions.as_ref().map(|versions| Arc::clone(versions.current()));
        if !returned && before.as_ref() == Some(&pod) {
            return None;
        }
        let since = known.take_version(&pod, at, self.keep);
        let before = before.filter(|_| !returned);
        match &before {
            Some(before) => self.addresses.follow(before, &pod, since, at),
            None => {
                self.live += 1;
                self.addresses.hold(&pod, since, at, None);
            }
        }
        let after = Some(pod);
        Some(Turn { before, after })
    }

    pub(super) fn delete(&mut self, uid: &PodUid, at: Timestamp) -> Option<Turn> {
        let Some(known) = self.by_uid.get_mut(uid) else {
            let deleted = Known {
                versions: None,
                list: self.list,
                gone: Some(Gone::Deleted(at)),
            };
            self.by_uid.insert(uid.clone(), deleted);
            self.leave(at, uid);
            return None;
        };
        match known.gone {
            Some(Gone::Deleted(_)) => None,
            Some(Gone::Missing(since)) => {
                known.gone = Some(Gone::Deleted(since));
                None
            }
            None => self.depart(uid, Gone::Deleted(at)),
        }
    }

    pub(super) fn list_begins(&mut self) {
        self.list = self.list.wrapping_add(1);
    }

    pub(super) fn list_ends(&mut self, at: Timestamp) -> Vec<Turn> {
        let missing: Vec<PodUid> = self
            .by_uid
            .iter()
            .filter(|(_, known)| known.gone.is_none() && known.list != self.list)
            .map(|(uid, _)| uid.clone())
            .collect();
        missing
            .iter()
            .filter_map(|uid| self.depart(uid, Gone::Missing(at)))
            .collect()
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        let before = now.minus(self.keep);
        while self.left.front().is_some_and(|(at, ..)| *at < before) {
            self.forget_first();
        }
        self.addresses.expire(now);
    }

    fn insert(&mut self, pod: &Arc<Pod>, at: Timestamp) {
        let known = Known {
            versions: Some(Versions::new(Arc::clone(pod), at)),
            list: self.list,
            gone: None,
        };
        self.by_uid.insert(pod.uid.clone(), known);
    }

    fn depart(&mut self, uid: &PodUid, gone: Gone) -> Option<Turn> {
        let known = self.by_uid.get_mut(uid)?;
        known.gone = Some(gone);
        let last = Arc::clone(known.versions.as_ref()?.current());
        self.live -= 1;
        self.addresses.end_all(&last, gone.at());
        self.leave(gone.at(), uid);
        Some(Turn {
            before: Some(last),
            after: None,
        })
    }

    fn leave(&mut self, at: Timestamp, uid: &PodUid) {
        self.left.push_back((at, uid.clone()));
        if self.left.len() > GONE_KEPT {
            self.forgotten_early += 1;
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((at, uid)) = self.left.pop_front() else {
            return;
        };
        let gone = self.by_uid.get(&uid).and_then(|known| known.gone);
        if gone.is_some_and(|gone| gone.at() == at) {
            self.by_uid.remove(&uid);
        }
    }
}

#[cfg(test)]
impl Pods {
    /// How many UIDs and addresses are stored, of pods that are there or gone.
    pub(super) fn remembered(&self) -> (usize, usize) {
        (self.by_uid.len(), self.addresses.len())
    }
}

impl Known {
    /// Since when the pod is as it is now, in what matters to a packet.
    fn take_version(&mut self, pod: &Arc<Pod>, at: Timestamp, keep: Duration) -> Timestamp {
        let Some(versions) = &mut self.versions else {
            self.versions = Some(Versions::new(Arc::clone(pod), at));
            return at;
        };
        let current = versions.current();
        let same = current.labels == pod.labels && current.annotations == pod.annotations && current.ports == pod.ports;
        if same {
            versions.refresh(Arc::clone(pod));
        } else {
            versions.replace(Arc::clone(pod), at, keep);
        }
        versions.since()
    }
}
