//! One visitor: what it is being answered, since when it is not, and whether it has to go.
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use futures::task::AtomicWaker;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Bounds, Peer};

/// Requests of one visitor that are read at once; its others wait for their turn.
const MOST_READ: usize = 4;

pub(in crate::serve) struct Visit {
    peer: Peer,
    state: Mutex<State>,
    /// What is read of requests takes memory, of which every visitor has some.
    reading: Semaphore,
    is_let_go: AtomicBool,
    waker: AtomicWaker,
}

struct State {
    latest: u64,
    calls: BTreeMap<u64, Begun>,
    has_called: bool,
    /// When it came, or when the last call ended that there was.
    idle_since: Instant,
}

struct Begun {
    kind: Kind,
    at: Instant,
}

/// How a call ends, and what it would mean to break it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Kind {
    /// Goes on for as long as the client wants, who would miss something.
    Stream,
    /// Has an end; breaking it off would be noticed.
    Answer,
    /// About the server itself; whoever asks can ask again.
    Aside,
}

/// A call that goes on until this is dropped.
pub(in crate::serve) struct Call {
    visit: Arc<Visit>,
    number: u64,
}

impl Visit {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            state: Mutex::new(State {
                latest: 0,
                calls: BTreeMap::new(),
                has_called: false,
                idle_since: Instant::now(),
            }),
            reading: Semaphore::new(MOST_READ),
            is_let_go: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    pub(super) const fn peer(&self) -> Peer {
        self.peer
    }

    pub(in crate::serve) fn begin(self: &Arc<Self>, kind: Kind) -> Call {
        let mut state = self.state();
        state.latest += 1;
        state.has_called = true;
        let number = state.latest;
        let at = Instant::now();
        state.calls.insert(number, Begun { kind, at });
        drop(state);
        Call {
            visit: Arc::clone(self),
            number,
        }
    }

    /// None only if nobody gives turns any more, which does not happen.
    pub(in crate::serve) async fn turn_to_be_read(&self) -> Option<SemaphorePermit<'_>> {
        self.reading.acquire().await.ok()
    }

    /// Who comes first goes first; none for whom nobody else may send away.
    pub(super) fn rank(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        let is_minded = state.calls.values().any(|call| call.kind != Kind::Aside);
        (!is_minded).then_some((!state.calls.is_empty(), state.idle_since))
    }

    pub(super) fn stayed_too_long(&self, bounds: &Bounds, now: Instant) -> bool {
        let state = self.state();
        let since = |then: Instant| now.saturating_duration_since(then);
        let idle = match (state.calls.is_empty(), state.has_called) {
            (true, true) => since(state.idle_since) > bounds.idle,
            (true, false) => since(state.idle_since) > bounds.first_call,
            (false, _) => false,
        };
        let answered = |call: &Begun| call.kind == Kind::Answer && since(call.at) > bounds.answer;
        idle || state.calls.values().any(answered)
    }

    pub(super) fn let_go(&self) {
        self.is_let_go.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(in crate::serve) fn is_let_go(&self) -> bool {
        self.is_let_go.load(Ordering::Acquire)
    }

    /// Whoever polled last is woken.
    pub(in crate::serve) fn poll_let_go(&self, context: &Context<'_>) -> Poll<()> {
        self.waker.register(context.waker());
        if self.is_let_go() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    pub(in crate::serve) async fn until_let_go(&self) {
        poll_fn(|context| self.poll_let_go(context)).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    pub(in crate::serve) fn turns_out(&self, kind: Kind) {
        if let Some(begun) = self.visit.state().calls.get_mut(&self.number) {
            begun.kind = kind;
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut state = self.visit.state();
        state.calls.remove(&self.number);
        if state.calls.is_empty() {
            state.idle_since = Instant::now();
        }
    }
}
