//! Why there can be no inventory on disk at all.
use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(
        "{} cannot be used for the inventory: {error}; --state-dir has to name a directory that the agent may write to, \
         and without it the inventory is kept in memory alone",
        path.display()
    )]
    Unusable { path: PathBuf, error: io::Error },
    #[error("{} is in use by another agent; give each agent a --state-dir of its own", path.display())]
    InUse { path: PathBuf },
    #[error(
        "no thread can be started to write the inventory: {0}; the limit of processes (pids.max, ulimit -u) may be reached: raise it"
    )]
    NoThread(io::Error),
}

/// What can get better while the agent runs; all else has to be mended in how it is started.
pub(super) const fn may_pass(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::StaleNetworkFileHandle
    )
}
