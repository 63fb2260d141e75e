//! Pods that connect to each other again and again, and remember each connection.

use anyhow::{Context as _, Result};
use netobs_tests::netns::Netns;
use netobs_tests::traffic::tcp;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(20);

/// A connection that was made and closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    pub(super) ends: Ends,
    pub(super) began: Instant,
    pub(super) ended: Instant,
}

/// By which a connection is known: nobody else had both in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ends {
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
}

/// One pod that talks to another until it is told to stop.
pub(super) struct Talker {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Talk>>>,
}

impl Talker {
    pub(super) fn start(from: &Netns, at: &Netns, to: SocketAddr) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (from, at, told) = (from.clone(), at.clone(), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            let mut talks = Vec::new();
            while !told.load(Ordering::Relaxed) {
                talks.push(talk(&from, &at, to)?);
                thread::sleep(PAUSE);
            }
            Ok(talks)
        });
        Self { is_over, thread }
    }

    pub(super) fn stop(self) -> Result<Vec<Talk>> {
        self.is_over.store(true, Ordering::Relaxed);
        let talks = self.thread.join().map_err(|_| anyhow::anyhow!("the talker panicked"))?;
        talks.context("the pods could not talk")
    }
}

pub(super) fn talk(from: &Netns, at: &Netns, to: SocketAddr) -> Result<Talk> {
    let began = Instant::now();
    let exchange = tcp::exchange(from, at, to, 100, 1_000)?;
    Ok(Talk {
        ends: Ends {
            client: exchange.client,
            server: to,
        },
        began,
        ended: Instant::now(),
    })
}
