//! Certificates and keys for clients from other machines, as the files have them now.
#[cfg(test)]
pub(super) mod authority;
mod error;
mod files;
#[cfg(test)]
mod tests;
mod validity;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use netobs_core::time::Timestamp;
use rustls::ServerConfig;
use tokio::time::sleep;
use tracing::{info, warn};

pub(crate) use self::error::TlsError;
use self::files::{Contents, Loaded};
use super::Tls;

/// How late a new certificate may be taken up.
const LOOK: Duration = Duration::from_secs(5);

/// What handshakes begin with, kept as good as the files allow.
pub(super) struct TlsKeeper {
    files: Tls,
    now: fn() -> Timestamp,
    current: Mutex<Current>,
    failures: AtomicU64,
}

struct Current {
    config: Arc<ServerConfig>,
    expires: Timestamp,
    /// As the files were when they were last looked at, good or bad.
    seen: Contents,
}

impl TlsKeeper {
    pub(super) fn load(files: &Tls, now: fn() -> Timestamp) -> Result<Self, TlsError> {
        let seen = Contents::read(files)?;
        let Loaded { config, expires } = seen.load(files, now())?;
        Ok(Self {
            files: files.clone(),
            now,
            current: Mutex::new(Current {
                config: Arc::new(config),
                expires,
                seen,
            }),
            failures: AtomicU64::new(0),
        })
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current().config)
    }

    /// When the certificate in use ends.
    pub(super) fn expires(&self) -> Timestamp {
        self.current().expires
    }

    pub(super) fn count_failure(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// Handshakes that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Goes on as long as it is polled.
    pub(super) async fn follow_files(&self) {
        loop {
            sleep(LOOK).await;
            self.look();
        }
    }

    /// Takes up what the files have now, unless it is bad; then what was there before stays.
    fn look(&self) {
        let read = Contents::read(&self.files).unwrap_or_else(Contents::unreadable);
        if read == self.current().seen {
            return;
        }
        let loaded = read.load(&self.files, (self.now)());
        let mut current = self.current();
        current.seen = read;
        match loaded {
            Ok(Loaded { config, expires }) => {
                current.config = Arc::new(config);
                current.expires = expires;
                info!(certificate = %self.files.cert.display(), "took up the new certificate");
            }
            Err(error) => warn!("{error}; the certificate that was there before stays in use"),
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
