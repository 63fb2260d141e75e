//! Writes what changed, on a thread of its own. What fails is said once, and tried again later.
use std::{
    fs, io, mem,
    path::{Path, PathBuf},
    sync::{atomic::Ordering, mpsc::Receiver},
    time::{Duration, Instant},
};

use netobs_core::inventory::{Changes, Stored};
use tracing::{info, warn};

use super::{
    Problem, Shared, Sizes, StoreError,
    aside::{Why, set_aside},
    file::File,
};

pub(super) const NAME: &str = "inventory.redb";
/// How long after a failure it is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    path: PathBuf,
    sizes: Sizes,
    state: State,
}

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
        let (state, stored) = match opened {
            Ok((file, stored)) => (State::Open(file), stored),
            Err(Problem::InUse) => return Err(StoreError::InUse { path }),
            Err(Problem::Disk(error)) if may_pass(error.kind()) => (fail(&path, &error), Stored::default()),
            Err(Problem::Disk(error)) => return Err(unusable(error)),
            Err(problem @ (Problem::Damaged(_) | Problem::Newer { .. })) => {
                return Err(unusable(io::Error::other(problem)));
            }
        };
        Ok((Self { path, sizes, state }, stored))
    }

    /// Until nobody has anything more to write.
    pub(super) fn write_all(mut self, waiting: &Receiver<Changes>, shared: &Shared) {
        while let Ok(changes) = waiting.recv() {
            self.write(&changes, shared);
            shared.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn write(&mut self, changes: &Changes, shared: &Shared) {
        match &mut self.state {
            State::Open(file) => {
                if let Err(problem) = file.write(changes) {
                    self.state = fail(&self.path, &problem);
                }
            }
            State::Failed { at } if at.elapsed() >= PATIENCE => {
                self.try_again();
                shared.wants_everything.store(true, Ordering::Release);
            }
            State::Failed { .. } => {}
        }
    }

    fn try_again(&mut self) {
        let failed = mem::replace(&mut self.state, State::Failed { at: Instant::now() });
        drop(failed);
        let opened = self.path.parent().map_or(Ok(()), make);
        if let Ok((file, _)) = opened.and_then(|()| open(&self.path, self.sizes)) {
            self.state = State::Open(file);
            info!(path = %self.path.display(), "the inventory is written again");
        }
    }
}

fn make(dir: &Path) -> Result<(), Problem> {
    fs::create_dir_all(dir).map_err(Problem::Disk)
}

/// What cannot be read is set aside, once.
fn open(path: &Path, sizes: Sizes) -> Result<(File, Stored), Problem> {
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

/// What can get better while the agent runs; all else has to be mended in how it is started.
const fn may_pass(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::StaleNetworkFileHandle
    )
}
