//! How well each kind of object is known, for status and metrics.
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use netobs_core::time::Timestamp;
use netobs_k8s::watched::Malformed;

use super::resource::{ALL, Resource};

/// More objects that cannot be read are only counted.
const MOST_NAMED: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) server: String,
    pub(crate) watches: Vec<Watch>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    /// As in `kubectl get`, such as `pods`.
    pub(crate) kind: &'static str,
    /// Whether all were listed once.
    pub(crate) listed: bool,
    pub(crate) objects: u64,
    /// When the server last said anything about this kind, be it that nothing changed.
    pub(crate) heard: Option<Timestamp>,
    /// What is wrong with the watch now, and what to do about it.
    pub(crate) error: Option<String>,
    pub(crate) not_understood: Option<NotUnderstood>,
    /// We may not read this kind, and do without it.
    pub(crate) forbidden: bool,
}

/// One of the objects that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotUnderstood {
    /// Such as `prod-a/web-0`.
    pub(crate) object: String,
    pub(crate) field: String,
    pub(crate) problem: String,
    /// How many there are besides.
    pub(crate) more: usize,
}

/// Where the watches write and status reads.
#[derive(Debug)]
pub(super) struct Board {
    server: String,
    entries: Mutex<[Entry; ALL.len()]>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    listed: bool,
    objects: u64,
    heard: Option<Timestamp>,
    fault: Option<String>,
    forbidden: bool,
    /// Objects that cannot be read, by their names.
    malformed: BTreeMap<String, Malformed>,
}

impl Board {
    pub(super) fn new(server: String) -> Self {
        Self {
            server,
            entries: Mutex::default(),
        }
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    pub(super) fn standing(&self) -> Standing {
        let entries = self.lock();
        let watches = ALL.iter().zip(entries.iter()).map(|(resource, entry)| Watch {
            kind: resource.name,
            listed: entry.listed,
            objects: entry.objects,
            heard: entry.heard,
            error: entry.fault.clone(),
            not_understood: entry.not_understood(),
            forbidden: entry.forbidden,
        });
        Standing {
            server: self.server.clone(),
            watches: watches.collect(),
        }
    }

    /// The server spoke of this kind.
    pub(super) fn heard(&self, resource: &Resource, at: Timestamp) {
        self.with(resource, |entry| {
            entry.heard = Some(at);
            entry.forbidden = false;
            entry.fault = None;
        });
    }

    pub(super) fn list_begins(&self, resource: &Resource) {
        self.with(resource, |entry| entry.malformed.clear());
    }

    pub(super) fn list_ends(&self, resource: &Resource, objects: u64) {
        self.with(resource, |entry| {
            entry.listed = true;
            entry.objects = objects;
        });
    }

    /// There are so many objects more.
    pub(super) fn changed(&self, resource: &Resource, step: i64) {
        self.with(resource, |entry| {
            entry.objects = entry.objects.saturating_add_signed(step)
        });
    }

    /// Whether that is news: neither this kind nor another had the same trouble already.
    pub(super) fn failed(&self, resource: &Resource, fault: String, forbidden: bool) -> bool {
        let mut entries = self.lock();
        let known = entries.iter().any(|entry| entry.fault.as_ref() == Some(&fault));
        if let Some(entry) = index(resource).and_then(|index| entries.get_mut(index)) {
            entry.fault = Some(fault);
            entry.forbidden = forbidden;
        }
        !known
    }

    pub(super) fn malformed(&self, resource: &Resource, malformed: &Malformed) {
        self.with(resource, |entry| {
            if entry.malformed.len() < MOST_NAMED {
                entry.malformed.insert(malformed.object.clone(), malformed.clone());
            }
        });
    }

    pub(super) fn has_malformed(&self, resource: &Resource) -> bool {
        self.with(resource, |entry| !entry.malformed.is_empty())
    }

    /// The object is well now, or gone.
    pub(super) fn well(&self, resource: &Resource, object: &str) {
        self.with(resource, |entry| entry.malformed.remove(object));
    }

    fn with<T: Default>(&self, resource: &Resource, change: impl FnOnce(&mut Entry) -> T) -> T {
        let mut entries = self.lock();
        let entry = index(resource).and_then(|index| entries.get_mut(index));
        entry.map(change).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, [Entry; ALL.len()]> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn index(resource: &Resource) -> Option<usize> {
    ALL.iter().position(|one| one.kind == resource.kind)
}

impl Entry {
    fn not_understood(&self) -> Option<NotUnderstood> {
        let (_, Malformed { object, field, problem }) = self.malformed.first_key_value()?;
        Some(NotUnderstood {
            object: object.clone(),
            field: field.clone(),
            problem: problem.clone(),
            more: self.malformed.len() - 1,
        })
    }
}
