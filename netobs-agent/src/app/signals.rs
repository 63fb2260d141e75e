//! The signals that ask for an orderly end.
use anyhow::Context as _;
use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
};

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> anyhow::Result<Self> {
        let signal = |kind| {
            signal(kind).context("signals cannot be received: a seccomp profile must allow rt_sigaction and socketpair")
        };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn any(&mut self) {
        select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
