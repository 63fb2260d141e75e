//! Writes what changed, on a thread of its own. What fails is said once, and tried again later.
use std::{
    fs, io, mem,
    path::{Path, PathBuf},
    sync::{atomic::Ordering, mpsc::Receiver},
    time::{Duration, Instant},
};

use netobs_core::inventory::Stored;
use tracing::{info, warn};

use super::{
    Problem, Shared, Sizes, Step, StoreError,
    aside::{Why, set_aside},
    error::may_pass,
    file::File,
};

pub(super) const NAME: &str = "inventory.redb";
/// How long after a failure it is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    path: PathBuf,
    sizes: Sizes,
    state: State,
    left: Left,
}

/// What an earlier run left on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// It could not be read yet.
    Unread,
    /// It was read while the agent ran. Until the inventory has it, nothing is written over it.
    Found,
    /// The inventory has it.
    Known,
}

/// Where it can be written, and what was in it.
type Opened = (Result<File, Problem>, Stored);

enum State {
    Open(File),
    /// What it failed with was said.
    Failed {
        at: Instant,
    },
}

impl Writer {
    pub(super) fn open(dir: &Path, sizes: Sizes) -> Result<(Self, Stored), StoreError> {
        let path = dir.join(NAME);
        let unusable = |error| StoreError::Unusable {
            path: dir.to_owned(),
            error,
        };
        let opened = make(dir).and_then(|()| open(&path, sizes));
        let (state, left, stored) = match opened {
            Ok((Ok(file), stored)) => (State::Open(file), Left::Known, stored),
            Ok((Err(problem), stored)) => (fail(&path, &problem), Left::Known, stored),
            Err(Problem::InUse) => return Err(StoreError::InUse { path }),
            Err(Problem::Disk(error)) if may_pass(error.kind()) => {
                (fail(&path, &error), Left::Unread, Stored::default())
            }
            Err(Problem::Disk(error)) => return Err(unusable(error)),
            Err(problem @ (Problem::Damaged(_) | Problem::Newer { .. })) => {
                return Err(unusable(io::Error::other(problem)));
            }
        };
        let writer = Self {
            path,
            sizes,
            state,
            left,
        };
        Ok((writer, stored))
    }

    /// Until nobody has anything more to write.
    pub(super) fn write_all(mut self, waiting: &Receiver<Step>, shared: &Shared) {
        while let Ok(step) = waiting.recv() {
            self.write(&step, shared);
            shared.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    pub(super) fn write(&mut self, step: &Step, shared: &Shared) {
        if step.has_found {
            self.left = Left::Known;
        }
        match &mut self.state {
            State::Open(_) if self.left == Left::Found => {}
            State::Open(file) => {
                if let Err(problem) = file.write(&step.changes) {
                    self.state = fail(&self.path, &problem);
                }
            }
            State::Failed { at } if at.elapsed() >= PATIENCE => {
                self.try_again(shared);
            }
            State::Failed { .. } => {}
        }
    }

    pub(super) fn try_again(&mut self, shared: &Shared) {
        let failed = mem::replace(&mut self.state, State::Failed { at: Instant::now() });
        drop(failed);
        let made = self.path.parent().map_or(Ok(()), make);
        let Ok((file, stored)) = made.and_then(|()| open(&self.path, self.sizes)) else {
            return;
        };
        // Otherwise it is what this run wrote, and the inventory has all of it.
        if self.left == Left::Unread {
            info!(path = %self.path.display(), edges = stored.edges.len(), "what an earlier run left can be read now");
            shared.find(stored);
            self.left = Left::Found;
        }
        if let Ok(file) = file {
            self.state = State::Open(file);
            shared.wants_everything.store(true, Ordering::Release);
            info!(path = %self.path.display(), "the inventory is written again");
        }
    }
}

fn make(dir: &Path) -> Result<(), Problem> {
    fs::create_dir_all(dir).map_err(Problem::Disk)
}

/// What was read is good though there be no room to make the file smaller.
fn open(path: &Path, sizes: Sizes) -> Result<Opened, Problem> {
    let (mut file, stored) = read(path, sizes)?;
    let compacted = file.compact_if_large();
    Ok((compacted.map(|()| file), stored))
}

/// What cannot be read is set aside, once.
fn read(path: &Path, sizes: Sizes) -> Result<(File, Stored), Problem> {
    match File::open(path, sizes) {
        Err(problem @ (Problem::Damaged(_) | Problem::Newer { .. })) => {
            let why = match problem {
                Problem::Newer { .. } => Why::Newer,
                Problem::Damaged(_) | Problem::InUse | Problem::Disk(_) => Why::Damaged,
            };
            let aside = set_aside(path, why).map_err(Problem::Disk)?;
            warn!(
                %problem,
                "the inventory on disk cannot be used: it is now {} and a new one begins. {}",
                aside.display(),
                match why {
                    Why::Damaged => "It is of no use to the agent any more; look after the disk, then delete it",
                    Why::Newer => "Stop the agent and give the file its old name back to go on with it in a newer agent",
                }
            );
            File::open(path, sizes)
        }
        opened => opened,
    }
}

fn fail(path: &Path, why: &dyn std::fmt::Display) -> State {
    warn!(
        path = %path.display(),
        "the inventory cannot be written: {why}; the agent keeps it in memory and tries again every {} s: make room on \
         that disk, or give another --state-dir",
        PATIENCE.as_secs()
    );
    State::Failed { at: Instant::now() }
}
