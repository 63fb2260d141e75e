//! How many may be told at once, and what was told to them.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

#[derive(Clone)]
pub(super) struct Seats(Arc<Shared>);

struct Shared {
    free: Arc<Semaphore>,
    most: usize,
    taken: AtomicU64,
    refused: AtomicU64,
    messages: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
}

/// One subscriber's place, free again when it goes.
pub(super) struct Seat {
    seats: Seats,
    _permit: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) subscribers: usize,
    pub(super) most: usize,
    /// Subscriptions that began, and those for which there was no room.
    pub(super) begun: u64,
    pub(super) refused: u64,
    pub(super) messages: u64,
    pub(super) bytes: u64,
    /// What subscribers were too slow to take.
    pub(super) lost: u64,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Shared {
            free: Arc::new(Semaphore::new(most)),
            most,
            taken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }))
    }

    pub(super) fn take(&self) -> Result<Seat, Status> {
        let Ok(permit) = Arc::clone(&self.0.free).try_acquire_owned() else {
            self.0.refused.fetch_add(1, Relaxed);
            return Err(Status::resource_exhausted(format!(
                "all {} places for subscribers are taken: end another subscription, or start the agent with a larger \
                 --most-subscribers",
                self.0.most
            )));
        };
        self.0.taken.fetch_add(1, Relaxed);
        Ok(Seat {
            seats: self.clone(),
            _permit: permit,
        })
    }

    pub(super) fn served(&self) -> Served {
        let shared = &self.0;
        Served {
            subscribers: shared.most - shared.free.available_permits(),
            most: shared.most,
            begun: shared.taken.load(Relaxed),
            refused: shared.refused.load(Relaxed),
            messages: shared.messages.load(Relaxed),
            bytes: shared.bytes.load(Relaxed),
            lost: shared.lost.load(Relaxed),
        }
    }
}

impl Seat {
    pub(super) fn sent(&self, messages: usize, bytes: usize) {
        self.seats.0.messages.fetch_add(messages as u64, Relaxed);
        self.seats.0.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn lost(&self, flows: u64) {
        self.seats.0.lost.fetch_add(flows, Relaxed);
    }
}
