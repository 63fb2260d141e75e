//! The end of the play: its own, or an earlier one by a signal.

use anyhow::{Context as _, Result};
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Hears the signals by which a program is asked to end.
#[derive(Clone, Debug)]
pub struct Curtain {
    fallen: Arc<AtomicI32>,
}

/// The signal that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallen(pub i32);

impl Curtain {
    /// From now on SIGINT, SIGTERM and SIGHUP do not end the process, but what waits here.
    pub fn raise() -> Result<Self> {
        let fallen = Arc::new(AtomicI32::new(0));
        let heard = Arc::clone(&fallen);
        let (ready, is_ready) = mpsc::channel();
        thread::spawn(move || {
            let listened = listen(&heard, &ready);
            // Nobody waits for it any more if all went well.
            let _ = ready.send(listened);
        });
        is_ready.recv().context("hear signals")??;
        Ok(Self { fallen })
    }

    /// Ends early with [`Fallen`] if a signal came.
    pub fn pause(&self, duration: Duration) -> Result<(), Fallen> {
        self.pause_until(Instant::now() + duration)
    }

    /// Waits for a signal.
    pub fn wait(&self) -> Fallen {
        loop {
            if let Err(fallen) = self.pause(Duration::from_secs(3600)) {
                return fallen;
            }
        }
    }

    fn pause_until(&self, end: Instant) -> Result<(), Fallen> {
        const LOOK_UP: Duration = Duration::from_millis(10);
        loop {
            match self.fallen.load(Ordering::Relaxed) {
                0 => {}
                signal => return Err(Fallen(signal)),
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(LOOK_UP));
        }
    }
}

impl fmt::Display for Fallen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ended by signal {}", self.0)
    }
}

impl std::error::Error for Fallen {}

fn listen(heard: &AtomicI32, ready: &mpsc::Sender<Result<()>>) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        ready.send(Ok(())).context("say that signals are heard")?;
        loop {
            let kind = tokio::select! {
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = terminate.recv() => SignalKind::terminate(),
                _ = hang_up.recv() => SignalKind::hangup(),
            };
            heard.store(kind.as_raw_value(), Ordering::Relaxed);
        }
    })
}
