//! How well each kind of object is known, for status and metrics.
use std::sync::{Mutex, MutexGuard, PoisonError};

use netobs_core::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) server: String,
    pub(crate) watches: Vec<Watch>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// As in `kubectl get`, such as `pods`.
    pub(crate) kind: &'static str,
    /// Whether all were listed once.
    pub(crate) listed: bool,
    pub(crate) objects: u64,
    /// When the server last said anything about this kind, be it that nothing changed.
    pub(crate) heard: Option<Timestamp>,
    /// What is wrong now, and what to do about it.
    pub(crate) error: Option<String>,
    /// We may not read this kind, and do without it.
    pub(crate) forbidden: bool,
}

/// Where the watches write and status reads.
#[derive(Debug)]
pub(super) struct Board {
    server: String,
    watches: Mutex<Vec<Watch>>,
}

impl Board {
    pub(super) fn new(server: String) -> Self {
        Self {
            server,
            watches: Mutex::default(),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        Standing {
            server: self.server.clone(),
            watches: self.lock().clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watch>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
