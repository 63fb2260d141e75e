//! Where the app tells, and where subscribers read: each at its own pace, none in another's way.
mod ring;
mod sums;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netobs_core::{
    cause::{Cause, CauseId},
    engine::{ExplainedFlow, Reasons, Where},
    event::Ifindex,
    suggest::Suggestion,
};
use tokio::sync::watch;

use self::ring::{Ring, Told};

/// Telling never waits for a subscriber, and what is kept is bounded.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Shared>);

struct Shared {
    ring: Mutex<Ring>,
    /// The number of the entry to come, as of the last wake.
    news: watch::Sender<u64>,
}

impl Feed {
    /// Keeps the last `capacity` flows for those who come later.
    pub(crate) fn new(node_name: &str, capacity: usize, reasons: Arc<Reasons>) -> Self {
        let _ = (node_name, reasons);
        Self(Arc::new(Shared {
            ring: Mutex::new(Ring::new(capacity)),
            news: watch::Sender::new(0),
        }))
    }

    pub(crate) fn flow(&self, flow: Arc<ExplainedFlow>) {
        self.tell(Told::Flow(flow));
    }

    pub(crate) fn lost(&self, place: Where, count: u64) {
        self.tell(Told::Lost { place, count });
    }

    /// A cause that is new or not as it was.
    pub(crate) fn cause(&self, cause: Arc<Cause>, suggestions: Arc<[Suggestion]>) {
        let _ = (cause, suggestions);
    }

    /// Forgets causes that the engine does not know any more; to be called every now and then.
    pub(crate) fn retain_causes(&self, known: impl Fn(CauseId) -> bool) {
        let _ = known;
    }

    /// An interface's name as it comes, or `None` as it goes.
    pub(crate) fn interface(&self, index: Ifindex, name: Option<&str>) {
        let _ = (index, name);
    }

    /// To be called after some of the above: subscribers look then.
    pub(crate) fn wake(&self) {
        let next = self.ring().next();
        self.0.news.send_replace(next);
    }

    fn tell(&self, told: Told) {
        let fallen = self.ring().push(told);
        drop(fallen);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
