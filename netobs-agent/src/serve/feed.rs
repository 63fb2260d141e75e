//! Where the app tells, and where subscribers read: each at its own pace, none in another's way.
mod book;
mod cursor;
mod gone;
mod names;
mod ring;
mod start;
mod sums;
mod tally;
#[cfg(test)]
mod tests;
mod told;

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use netobs_api::Encoder;
use netobs_core::{
    cause::{Cause, CauseId},
    engine::{ExplainedFlow, Reasons, Where},
    event::Ifindex,
    filter::Site,
    suggest::Suggestion,
    time::Timestamp,
    unwatched::Unwatched,
};
use tokio::sync::watch;

use self::{book::Book, ring::Ring, tally::Tally};
pub(in crate::serve) use self::{
    book::{Edition, Noted},
    cursor::{Cursor, Heard},
    names::Names,
    ring::Entry,
    start::Start,
    sums::{PLACES, Sums},
    tally::Counts,
    told::Told,
};

/// Telling never waits for a subscriber, and what is kept is bounded.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Shared>);

struct Shared {
    node_name: String,
    names: Names,
    ring: Mutex<Ring>,
    encoder: Mutex<Encoder>,
    book: Book,
    tally: Tally,
    unwatched: OnceLock<Unwatched>,
    /// Changes when subscribers should look.
    news: watch::Sender<()>,
    closed: AtomicBool,
}

/// How full the history is.
pub(in crate::serve) struct Fill {
    pub(in crate::serve) entries: u64,
    pub(in crate::serve) capacity: u64,
    /// Flows, since the start.
    pub(in crate::serve) told: u64,
    /// When the oldest flow was last seen.
    pub(in crate::serve) oldest: Option<Timestamp>,
}

impl Feed {
    /// Keeps the last `capacity` flows for those who come later.
    pub(crate) fn new(node_name: &str, capacity: usize, reasons: Arc<Reasons>) -> Self {
        Self(Arc::new(Shared {
            node_name: node_name.to_owned(),
            names: Names::new(reasons),
            ring: Mutex::new(Ring::new(capacity)),
            encoder: Mutex::new(Encoder::new(node_name)),
            book: Book::default(),
            tally: Tally::default(),
            unwatched: OnceLock::new(),
            news: watch::Sender::new(()),
            closed: AtomicBool::new(false),
        }))
    }

    pub(crate) fn flow(&self, flow: Arc<ExplainedFlow>) {
        self.0.tally.flow(&flow);
        self.tell(Told::Flow(flow));
    }

    pub(crate) fn lost(&self, place: Where, count: u64) {
        self.0.tally.lost(place, count);
        self.tell(Told::Lost { place, count });
    }

    /// When nobody watched before the agent did; to be told once, before anything else.
    pub(crate) fn unwatched(&self, span: Unwatched) {
        if self.0.unwatched.set(span).is_ok() {
            self.tell(Told::Unwatched(span));
        }
    }

    /// A cause that is new or not as it was.
    pub(crate) fn cause(&self, cause: Arc<Cause>, suggestions: Arc<[Suggestion]>) {
        self.0.book.note(cause, suggestions);
    }

    /// Forgets causes that the engine does not know any more; to be called every now and then.
    pub(crate) fn retain_causes(&self, known: impl Fn(CauseId) -> bool) {
        self.0.book.retain(known);
    }

    /// An interface's name as it comes, or `None` as it goes.
    pub(crate) fn interface(&self, index: Ifindex, name: Option<&str>) {
        self.0.names.set_interface(index, name);
    }

    /// To be called after some of the above: subscribers look then.
    pub(crate) fn wake(&self) {
        self.0.news.send_replace(());
    }

    /// Nothing more will be told: who follows reads to the end and goes.
    pub(in crate::serve) fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        self.wake();
    }

    pub(in crate::serve) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    pub(in crate::serve) fn news(&self) -> watch::Receiver<()> {
        self.0.news.subscribe()
    }

    pub(in crate::serve) fn node_name(&self) -> &str {
        &self.0.node_name
    }

    pub(in crate::serve) fn names(&self) -> &Names {
        &self.0.names
    }

    pub(in crate::serve) fn site(&self) -> Site<'_> {
        Site {
            reasons: &self.0.names.reasons,
            node: &self.0.node_name,
        }
    }

    pub(in crate::serve) fn counts(&self) -> Counts {
        self.0.tally.counts()
    }

    pub(in crate::serve) fn when_unwatched(&self) -> Option<Unwatched> {
        self.0.unwatched.get().copied()
    }

    pub(in crate::serve) fn causes(&self) -> Vec<Noted> {
        self.0.book.all()
    }

    pub(in crate::serve) fn cause_after(&self, seen: Edition) -> Option<Noted> {
        self.0.book.after(seen)
    }

    pub(in crate::serve) fn latest_cause(&self) -> Edition {
        self.0.book.latest()
    }

    pub(in crate::serve) fn fill(&self) -> Fill {
        let ring = self.ring();
        Fill {
            entries: ring.next() - ring.oldest(),
            capacity: ring.capacity(),
            told: ring.sums().flows,
            oldest: ring.oldest_time(),
        }
    }

    /// As every subscriber gets it; made for the first who asks.
    pub(in crate::serve) fn encode(&self, flow: &ExplainedFlow, entry: &Entry) -> Bytes {
        let encoded = entry.encoded.get_or_init(|| {
            let mut encoder = self.0.encoder.lock().unwrap_or_else(PoisonError::into_inner);
            encoder.encode(flow, &self.0.names)
        });
        encoded.clone()
    }

    fn tell(&self, told: Told) {
        let fallen = self.ring().push(told);
        drop(fallen);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
