//! The inventory on disk, so that it outlives the agent, and when the agent watched last. Whatever happens to the disk, the agent goes on without it.
mod aside;
mod error;
mod file;
mod last_seen;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use netobs_core::{
    inventory::{Changes, Inventory, Stored},
    time::Timestamp,
};

pub(crate) use self::{error::StoreError, last_seen::LastSeen};
use self::{
    file::{Problem, Sizes},
    writer::Writer,
};

/// How much may be lost when the agent is killed.
const EVERY: Duration = Duration::from_secs(5);
/// Sets of changes that may wait to be written. While so many do, changes gather in the inventory.
const WAITING: usize = 2;
/// How often a writer that is waited for is looked after.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) dir: PathBuf,
    /// The most edges that there will be.
    pub(crate) edges: usize,
    /// What the thread that writes does first.
    pub(crate) begin: fn(),
}

pub(crate) struct Store {
    steps: Option<SyncSender<Step>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    has_found: bool,
    due: Timestamp,
}

struct Step {
    changes: Changes,
    /// The inventory has what was found on disk while the agent ran.
    has_found: bool,
}

/// What the writer tells whoever has the inventory.
#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    /// What is on disk is not what was there: everything has to be written once more.
    wants_everything: AtomicBool,
    /// What an earlier run left, where it could not be read at the beginning.
    found: Mutex<Option<Stored>>,
}

impl Shared {
    fn find(&self, stored: Stored) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(stored);
    }

    fn take_found(&self) -> Option<Stored> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Store {
    /// Opens what an earlier run left, and begins to write; what cannot be used is set aside.
    pub(crate) fn open(settings: &Settings) -> Result<(Self, Stored), StoreError> {
        let sizes = Sizes::of(settings.edges);
        let (writer, stored) = Writer::open(&settings.dir, sizes)?;
        let shared = Arc::new(Shared::default());
        let (steps, waiting) = sync_channel(WAITING);
        let (told, begin) = (Arc::clone(&shared), settings.begin);
        let thread = thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                begin();
                writer.write_all(&waiting, &told);
            })
            .map_err(StoreError::NoThread)?;
        let store = Self {
            steps: Some(steps),
            thread: Some(thread),
            shared,
            has_found: false,
            due: Timestamp::default(),
        };
        Ok((store, stored))
    }

    /// Has what changed written, if it is time. Never waits.
    pub(crate) fn tend(&mut self, now: Timestamp, inventory: &mut Inventory) {
        if now >= self.due && self.shared.waiting.load(Ordering::Acquire) < WAITING {
            self.due = now.plus(EVERY);
            self.send(inventory);
        }
    }

    /// Has the rest written. Whether that was done in time.
    pub(crate) fn finish(&mut self, inventory: &mut Inventory, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.shared.waiting.load(Ordering::Acquire) >= WAITING && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
        self.send(inventory);
        self.steps = None;
        let Some(thread) = self.thread.take() else { return true };
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
        thread.is_finished()
    }

    fn send(&mut self, inventory: &mut Inventory) {
        let Some(steps) = &self.steps else { return };
        let found = self.shared.take_found();
        if let Some(stored) = found {
            inventory.load(stored);
            self.has_found = true;
            self.shared.wants_everything.store(true, Ordering::Release);
        }
        if self.shared.wants_everything.swap(false, Ordering::AcqRel) {
            inventory.follow_changes();
        }
        let sent = steps.try_send(Step {
            changes: inventory.take_changes(),
            has_found: self.has_found,
        });
        if sent.is_ok() {
            self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        } else {
            self.shared.wants_everything.store(true, Ordering::Release);
        }
    }
}
