//! Sees from outside when an agent's taps are not at the pods' interfaces.

use anyhow::{Context as _, Result};
use netobs_tests::foreign::Direction;
use netobs_tests::netns::Netns;
use netobs_tests::pod::Pod;
use netobs_tests::truth::attached;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

/// Looks at what hangs on the pods' interfaces, all the time.
pub(super) struct Lookout {
    stop: Arc<AtomicBool>,
    looking: JoinHandle<Result<Vec<Blind>>>,
}

/// From when on, and until when, it was certain that not all taps were there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blind {
    pub(super) from: u64,
    pub(super) until: u64,
}

impl Blind {
    pub(super) const fn length(self) -> Duration {
        Duration::from_nanos(self.until.saturating_sub(self.from))
    }
}

impl Lookout {
    pub(super) fn begin(node: &Netns, pods: [&Pod; 2]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let node = node.clone();
        let interfaces = pods.map(|pod| pod.host_interface().to_owned());
        let looking = thread::spawn({
            let stop = Arc::clone(&stop);
            move || look(&node, &interfaces, &stop)
        });
        Self { stop, looking }
    }

    pub(super) fn end(self) -> Result<Vec<Blind>> {
        self.stop.store(true, Ordering::Relaxed);
        self.looking.join().ok().context("the lookout panicked")?
    }
}

fn look(node: &Netns, interfaces: &[String], stop: &AtomicBool) -> Result<Vec<Blind>> {
    let mut blind: Vec<Blind> = Vec::new();
    let mut saw = true;
    while !stop.load(Ordering::Relaxed) {
        let before = now();
        let mut sees = true;
        for interface in interfaces {
            for direction in [Direction::Ingress, Direction::Egress] {
                sees &= !attached(node, interface, direction)?.is_empty();
            }
        }
        match blind.last_mut().filter(|_| !saw) {
            Some(last) if !sees => last.until = before,
            None if !sees => {
                let from = now();
                blind.push(Blind { from, until: from });
            }
            Some(_) | None => {}
        }
        saw = sees;
        thread::sleep(Duration::from_micros(500));
    }
    Ok(blind)
}

/// In nanoseconds since 1970, as the agent tells it.
pub(super) fn now() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
