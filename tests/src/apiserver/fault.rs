//! Bad days on demand: what goes wrong, for which requests, and how often.

use super::call::{Call, Verb};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 401, as for a token that has expired.
    Unauthorized,
    /// 403, as without the right.
    Forbidden,
    /// 410, as for what was compacted away.
    Gone,
    /// 429 with `Retry-After`, as priority and fairness refuses.
    TooManyRequests { retry_after_seconds: u32 },
    /// 500.
    Internal,
    /// Nothing is ever answered.
    Hang,
    /// The connection is closed instead of an answer.
    HangUp,
    /// The answer begins later.
    Late(Duration),
    /// The answer trickles.
    Slow { bytes_per_second: u32 },
    /// An answer stops half-way, a running watch at once; the connection stays open.
    Freeze,
    /// The connection is cut in the middle of an object: half-way in a list, at the next event in a watch.
    Cut,
    /// One object of a list, or the next of a watch, is JSON of the wrong shape: its labels are a list.
    Malformed,
    /// The same object is no JSON.
    Garbled,
    /// A running watch tells 410 as an event and ends.
    Expire,
}

/// Which requests a fault meets, and how often.
#[derive(Clone, Debug, Default)]
pub struct On {
    kind: Option<String>,
    part: Option<String>,
    verb: Option<Verb>,
    times: Option<u32>,
}

/// A fault that was ordered; it stays when this goes.
#[derive(Clone, Debug)]
pub struct Ordered(Arc<Case>);

#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Arc<Case>>>);

#[derive(Debug)]
struct Case {
    fault: Fault,
    on: On,
    met: AtomicU32,
    is_lifted: AtomicBool,
}

/// When in the life of a request a fault may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It has been read.
    Asked,
    /// An answer that is no watch is about to be sent.
    Answered,
    /// A watch is running.
    Watching,
    /// A watch has an object to send.
    Sending,
}

impl On {
    /// Any request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests for a kind, named by its plural.
    pub fn kind(plural: &str) -> Self {
        Self {
            kind: Some(plural.to_owned()),
            ..Self::default()
        }
    }

    /// Only for this part of an object, such as `exec`.
    pub fn part(self, part: &str) -> Self {
        Self {
            part: Some(part.to_owned()),
            ..self
        }
    }

    pub fn verb(self, verb: Verb) -> Self {
        Self {
            verb: Some(verb),
            ..self
        }
    }

    /// So many times, instead of until it is lifted.
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    fn takes(&self, call: &Call) -> bool {
        let plural = call.objects().map(|objects| &objects.kind.plural);
        let is_kind = self.kind.as_ref().is_none_or(|wanted| plural == Some(wanted));
        let part = call.objects().and_then(|objects| objects.part.as_ref());
        let is_part = self.part.as_ref().is_none_or(|wanted| part == Some(wanted));
        is_kind && is_part && self.verb.is_none_or(|wanted| wanted == call.verb)
    }
}

impl Ordered {
    /// No request meets it any more.
    pub fn lift(&self) {
        self.0.is_lifted.store(true, Ordering::SeqCst);
    }

    /// How many requests met it.
    pub fn met(&self) -> u32 {
        self.0.met.load(Ordering::SeqCst)
    }
}

impl Faults {
    pub(crate) fn order(&self, fault: Fault, on: On) -> Ordered {
        let case = Arc::new(Case {
            fault,
            on,
            met: AtomicU32::new(0),
            is_lifted: AtomicBool::new(false),
        });
        self.lock().push(Arc::clone(&case));
        Ordered(case)
    }

    pub(crate) fn lift_all(&self) {
        self.lock().drain(..).for_each(|case| Ordered(case).lift());
    }

    /// The first fault that meets a request now; it is counted.
    pub(crate) fn meet(&self, call: &Call, moment: Moment) -> Option<Fault> {
        let mut cases = self.lock();
        cases.retain(|case| case.is_left());
        let case = cases
            .iter()
            .find(|case| case.fault.comes(moment) && case.on.takes(call))?;
        case.met.fetch_add(1, Ordering::SeqCst);
        Some(case.fault)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Case>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Case {
    fn is_left(&self) -> bool {
        let met = self.met.load(Ordering::SeqCst);
        !self.is_lifted.load(Ordering::SeqCst) && self.on.times.is_none_or(|times| met < times)
    }
}

impl Fault {
    fn comes(self, moment: Moment) -> bool {
        match self {
            Self::Unauthorized
            | Self::Forbidden
            | Self::Gone
            | Self::TooManyRequests { .. }
            | Self::Internal
            | Self::Hang
            | Self::HangUp
            | Self::Late(_)
            | Self::Slow { .. } => moment == Moment::Asked,
            Self::Freeze => matches!(moment, Moment::Answered | Moment::Watching),
            Self::Cut | Self::Malformed | Self::Garbled => matches!(moment, Moment::Answered | Moment::Sending),
            Self::Expire => moment == Moment::Watching,
        }
    }
}
