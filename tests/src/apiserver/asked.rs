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
    pub verb: Verb,
    /// The plural of the kind; empty for discovery.
    pub kind: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub path: String,
    pub query: String,
    pub user_agent: String,
    /// Nothing while it is not answered.
    pub status: Option<u16>,
    number: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<(u64, VecDeque<Asked>)>);

impl Record {
    /// Remembers a request and gives the number by which it is [`Record::answered`].
    pub(crate) fn asked(&self, call: &Call) -> u64 {
        let mut record = self.lock();
        record.0 += 1;
        let number = record.0;
        let objects = call.objects();
        record.1.push_back(Asked {
            at: Instant::now(),
            verb: call.verb,
            kind: objects.map(|objects| objects.kind.plural.clone()).unwrap_or_default(),
            namespace: objects.and_then(|objects| objects.namespace.clone()),
            name: objects.and_then(|objects| objects.name.clone()),
            path: call.path.clone(),
            query: call.query.text.clone(),
            user_agent: call.user_agent.clone(),
            status: None,
            number,
        });
        if record.1.len() > KEPT {
            record.1.pop_front();
        }
        number
    }

    pub(crate) fn answered(&self, number: u64, status: u16) {
        let mut record = self.lock();
        if let Some(asked) = record.1.iter_mut().rev().find(|asked| asked.number == number) {
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
