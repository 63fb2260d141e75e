//! The record of what was asked, for tests to look at.

use super::call::{Call, Verb};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Older requests are forgotten.
const KEPT: usize = 100_000;

/// One request that was met.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: Instant,
    /// Who asked.
    pub user: String,
    pub verb: Verb,
    /// The plural of the kind; empty for discovery.
    pub kind: String,
    /// Empty for the core group, and for discovery.
    pub group: String,
    /// What of the object, such as `status` or `portforward`.
    pub part: Option<String>,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub path: String,
    pub query: String,
    pub user_agent: String,
    /// Nothing while it is not answered.
    pub status: Option<u16>,
    number: u64,
}

impl Asked {
    fn new(call: &Call, user: &str) -> Self {
        let objects = call.objects();
        let kind = objects.map(|objects| &objects.kind);
        Self {
            at: Instant::now(),
            user: user.to_owned(),
            verb: call.verb,
            kind: kind.map(|kind| kind.plural.clone()).unwrap_or_default(),
            group: kind.map(|kind| kind.group.clone()).unwrap_or_default(),
            part: objects.and_then(|objects| objects.part.clone()),
            namespace: objects.and_then(|objects| objects.namespace.clone()),
            name: objects.and_then(|objects| objects.name.clone()),
            path: call.path.clone(),
            query: call.query.text.clone(),
            user_agent: call.user_agent.clone(),
            status: None,
            number: 0,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<(u64, VecDeque<Asked>)>);

impl Record {
    /// Remembers a request, which is [`Record::answered`] later.
    pub(crate) fn asked(&self, call: &Call, user: &str) -> Asked {
        let mut record = self.lock();
        record.0 += 1;
        let asked = Asked {
            number: record.0,
            ..Asked::new(call, user)
        };
        record.1.push_back(asked.clone());
        if record.1.len() > KEPT {
            record.1.pop_front();
        }
        asked
    }

    pub(crate) fn answered(&self, asked: &Asked, status: u16) {
        let mut record = self.lock();
        if let Some(asked) = record.1.iter_mut().rev().find(|known| known.number == asked.number) {
            asked.status = Some(status);
        }
    }

    pub(crate) fn all(&self) -> Vec<Asked> {
        self.lock().1.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, (u64, VecDeque<Asked>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
