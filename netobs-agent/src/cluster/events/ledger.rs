//! Which Event is to be written when: each cause not too often, and all of them together not too many.
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc, time::Duration};

use netobs_core::{
    cause::{Cause, CauseId, Rank},
    suggest::Suggestion,
};

use super::draft::{Draft, Regarding, regarding};
use crate::cluster::fault::Fault;

/// A cause that goes on is told again after this.
const AGAIN: Duration = Duration::from_secs(30);
/// Of all Events together one in this time, after so many at once.
const PERIOD: Duration = Duration::from_secs(6);
const AT_ONCE: u32 = 10;
/// Until we try again what we may not do.
const FORBIDDEN: Duration = Duration::from_secs(1_800);
/// More causes are not kept in mind.
const MOST: usize = 1_024;

/// Times are since some beginning.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    by_cause: BTreeMap<CauseId, Entry>,
    /// When all of `AT_ONCE` could be written again.
    full: Duration,
    silent_until: Duration,
}

#[derive(Debug)]
struct Entry {
    cause: Arc<Cause>,
    suggestion: Option<Suggestion>,
    /// Stays what it was at first, though the example may change: an Event is about one object.
    regarding: Regarding,
    /// What it was before it was mended.
    worth: Rank,
    is_unsaid: bool,
    said: Option<Said>,
    not_before: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    at: Duration,
    mended: bool,
    /// That it was mended was said at some time, so that an Event of it is there.
    mended_once: bool,
}

#[derive(Debug)]
pub(super) enum Next {
    Write(Box<Job>),
    Wait(Duration),
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    cause: CauseId,
    mended: bool,
    pub(super) draft: Draft,
    /// We wrote this Event before.
    pub(super) again: bool,
}

impl Ledger {
    pub(super) fn hear(&mut self, cause: Arc<Cause>, suggestion: Option<Suggestion>) {
        if let Some(entry) = self.by_cause.get_mut(&cause.id) {
            if !cause.is_mended() {
                entry.worth = cause.rank();
            }
            entry.cause = cause;
            entry.suggestion = suggestion.or(entry.suggestion.take());
            entry.is_unsaid = true;
            return;
        }
        // Of what was mended before anything was said of it there is nothing to say.
        let Some(regarding) = regarding(&cause).filter(|_| !cause.is_mended()) else {
            return;
        };
        let entry = Entry {
            worth: cause.rank(),
            cause,
            suggestion,
            regarding,
            is_unsaid: true,
            said: None,
            not_before: Duration::ZERO,
        };
        self.by_cause.insert(entry.cause.id, entry);
        if self.by_cause.len() > MOST {
            self.forget_one();
        }
    }

    pub(super) fn next(&mut self, now: Duration) -> Next {
        self.by_cause
            .retain(|_, entry| entry.said.is_some() || !entry.cause.is_mended());
        let dues = self.by_cause.values().filter_map(|entry| Some((entry.due()?, entry)));
        let Some(first) = dues.clone().map(|(due, _)| due).min() else {
            return Next::Nothing;
        };
        let earliest = first.max(self.silent_until).max(self.free());
        if earliest > now {
            return Next::Wait(earliest - now);
        }
        let due = dues.filter(|(due, _)| *due <= now);
        let Some(id) = due
            .min_by_key(|(due, entry)| (entry.turn(), *due))
            .map(|(_, entry)| entry.cause.id)
        else {
            return Next::Nothing;
        };
        self.full = self.full.max(now) + PERIOD;
        match self.by_cause.get_mut(&id) {
            Some(entry) => Next::Write(Box::new(entry.job())),
            None => Next::Nothing,
        }
    }

    pub(super) fn done(&mut self, job: &Job, result: &Result<(), Fault>, now: Duration) {
        if result.as_ref().is_err_and(Fault::is_denied) {
            self.silent_until = now + FORBIDDEN;
        }
        let Some(entry) = self.by_cause.get_mut(&job.cause) else {
            return;
        };
        match result {
            Ok(()) => {
                let mended_once = job.mended || entry.said.is_some_and(|said| said.mended_once);
                entry.said = Some(Said {
                    at: now,
                    mended: job.mended,
                    mended_once,
                });
            }
            Err(fault) => {
                entry.is_unsaid = true;
                entry.not_before = now + fault.wait().unwrap_or(AGAIN).max(AGAIN);
            }
        }
    }

    /// When the next one fits into what may be written at once.
    fn free(&self) -> Duration {
        self.full.saturating_sub(PERIOD * (AT_ONCE - 1))
    }

    /// What is over first, then what is worth less, then what was said, then the oldest.
    fn forget_one(&mut self) {
        let least = self.by_cause.values().min_by_key(|entry| {
            let is_over = entry.said.is_some() && entry.cause.is_mended() && !entry.is_unsaid;
            (!is_over, entry.worth, entry.said.is_none(), entry.cause.last)
        });
        if let Some(id) = least.map(|entry| entry.cause.id) {
            self.by_cause.remove(&id);
        }
    }
}

impl Entry {
    fn due(&self) -> Option<Duration> {
        if !self.is_unsaid {
            return None;
        }
        match self.said {
            None => Some(self.not_before),
            Some(said) if said.mended != self.cause.is_mended() => Some(self.not_before),
            Some(said) if said.mended => None,
            Some(said) => Some(self.not_before.max(said.at + AGAIN)),
        }
    }

    /// News come before what goes on, and among them labels before what one who tries ports and addresses makes many of.
    /// What nobody knows yet comes first, then what is over.
    fn turn(&self) -> (bool, Reverse<Rank>, bool) {
        let is_new = self.said.is_none();
        let is_news = is_new || self.said.is_some_and(|said| said.mended != self.cause.is_mended());
        (!is_news, Reverse(self.worth), !is_new)
    }

    fn job(&mut self) -> Job {
        self.is_unsaid = false;
        let mended = self.cause.is_mended();
        let again = self
            .said
            .is_some_and(|said| if mended { said.mended_once } else { true });
        Job {
            cause: self.cause.id,
            mended,
            draft: Draft::new(&self.cause, self.suggestion.as_ref(), &self.regarding),
            again,
        }
    }
}
