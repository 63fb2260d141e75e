//! A stand-in for a CNI's policy engine: keeps a node's nftables as the cluster's policies want it.
//!
//! It is written from the API reference alone and shares nothing with the engine under test, so that the two can be compared.

mod block;
mod cluster;
mod reach;
mod rule;
mod ruleset;
mod selector;
#[cfg(test)]
mod tests;

use crate::apiserver::{ApiServer, Change};
use crate::netns::Netns;
use anyhow::{Context as _, Result, bail};
use cluster::Cluster;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The kinds that decide what is admitted.
const KINDS: [&str; 3] = ["Namespace", "NetworkPolicy", "Pod"];

/// An enforcer at work; its rules go with its handle.
#[derive(Debug)]
pub struct Enforcer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    stop: AtomicBool,
    /// The table as it is, or why it cannot be as the objects want it.
    in_force: Mutex<Result<String, String>>,
}

impl Enforcer {
    /// Follows the server's objects until the handle goes; those that are there now are followed on return.
    ///
    /// What is forwarded to and from their pods is judged; a node's own traffic to its pods is always admitted.
    pub fn start(node: &Netns, server: &ApiServer) -> Result<Self> {
        const PATIENCE: Duration = Duration::from_secs(10);
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            in_force: Mutex::new(Ok(String::new())),
        });
        let follower = Follower {
            node: node.clone(),
            shared: Arc::clone(&shared),
            objects: BTreeMap::new(),
        };
        let changes = server.subscribe();
        let enforcer = Self {
            shared,
            thread: Some(thread::spawn(move || follower.follow(&changes))),
        };
        enforcer.wait_until_in_force(server, PATIENCE)?;
        Ok(enforcer)
    }

    /// Waits until the rules are those that the server's objects want now.
    pub fn wait_until_in_force(&self, server: &ApiServer, patience: Duration) -> Result<()> {
        const PAUSE: Duration = Duration::from_millis(1);
        let objects: Vec<Value> = KINDS.iter().flat_map(|kind| server.list(kind)).collect();
        let wanted = ruleset::script(&Cluster::read(&objects)?)?;
        let deadline = Instant::now() + patience;
        loop {
            match &*self.shared.in_force() {
                Ok(script) if *script == wanted => return Ok(()),
                Err(error) => bail!("policies are not enforced: {error}"),
                Ok(_) => {}
            }
            if Instant::now() > deadline {
                bail!("policies are not in force after {patience:?}");
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Enforcer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It does not panic; were it to, its rules would stay, and the namespace they are in goes anyway.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn in_force(&self) -> MutexGuard<'_, Result<String, String>> {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Follower {
    node: Netns,
    shared: Arc<Shared>,
    /// In the order in which the server lists them.
    objects: BTreeMap<(String, String, String), Value>,
}

impl Follower {
    fn follow(mut self, changes: &Receiver<Change>) {
        const LOOK_UP: Duration = Duration::from_millis(20);
        while !self.shared.stop.load(Ordering::Relaxed) {
            match changes.recv_timeout(LOOK_UP) {
                Ok(change) => {
                    self.take(change);
                    changes.try_iter().for_each(|change| self.take(change));
                    self.enforce();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // The namespace may be on its way out with everything in it.
        let _ = self.node.nft(&ruleset::no_table());
    }

    fn take(&mut self, change: Change) {
        let (Change::Applied(object) | Change::Deleted(object)) = &change;
        let kind = object["kind"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            return;
        }
        let named = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = (kind.to_owned(), named("namespace"), named("name"));
        match change {
            Change::Applied(object) => self.objects.insert(key, object),
            Change::Deleted(_) => self.objects.remove(&key),
        };
    }

    fn enforce(&self) {
        let enforced = self.script().and_then(|script| {
            let is_new = self.shared.in_force().as_ref() != Ok(&script);
            if is_new {
                self.node.nft(&script).context("replace the rules")?;
            }
            Ok(script)
        });
        *self.shared.in_force() = enforced.map_err(|error| format!("{error:#}"));
    }

    fn script(&self) -> Result<String> {
        let objects: Vec<Value> = self.objects.values().cloned().collect();
        ruleset::script(&Cluster::read(&objects)?)
    }
}
