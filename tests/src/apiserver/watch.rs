//! A running watch: what there is first, if that is asked for, then every change, until its time is up.

use super::answer::cut;
use super::call::{Call, Objects};
use super::damage::Damage;
use super::fault::{Fault, Faults, Moment};
use super::object::Object;
use super::options::Options;
use super::refusal::Refusal;
use super::selector::Selector;
use super::store::{Entry, State, Store, Wanted};
use bytes::Bytes;
use serde_json::{Value, json};
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// As long as the real server lets them run, more or less.
const LONGEST: Duration = Duration::from_secs(45 * 60);
/// About how much is sent at a time.
const CHUNK_BYTES: usize = 64 * 1024;

pub(crate) struct Watch {
    store: Arc<Store>,
    faults: Arc<Faults>,
    call: Call,
    objects: Objects,
    selector: Selector,
    /// Everything up to here has been sent.
    version: u64,
    initial: std::vec::IntoIter<Arc<Object>>,
    /// The end of what there was at first is still to be told.
    owes_initial_end: bool,
    bell: watch::Receiver<()>,
    deadline: Instant,
    bookmarks: Option<Bookmarks>,
    is_over: bool,
    is_cut: bool,
}

struct Bookmarks {
    every: Duration,
    next: Instant,
}

enum Step {
    Send(Vec<u8>),
    /// The last words.
    End(Vec<u8>),
    Cut(Vec<u8>),
    Freeze,
    Wait,
}

impl Watch {
    pub(crate) fn start(
        store: &Arc<Store>,
        faults: &Arc<Faults>,
        call: &Call,
        objects: &Objects,
        options: Options,
        bookmark_every: Duration,
    ) -> Result<Self, Refusal> {
        let state = store.read();
        let newest = state.version();
        let initial = if options.initial_events {
            state.page(objects.id, &options.selector, &Wanted::default())?.objects
        } else {
            Vec::new()
        };
        let now = Instant::now();
        Ok(Self {
            version: if options.initial_events {
                newest
            } else {
                options.version.unwrap_or(newest)
            },
            initial: initial.into_iter(),
            owes_initial_end: call.query.is_set("sendInitialEvents") && options.bookmarks,
            bell: store.bell.subscribe(),
            deadline: now + options.timeout.unwrap_or(LONGEST),
            bookmarks: options.bookmarks.then_some(Bookmarks {
                every: bookmark_every,
                next: now + bookmark_every,
            }),
            selector: options.selector,
            store: Arc::clone(store),
            faults: Arc::clone(faults),
            call: call.clone(),
            objects: objects.clone(),
            is_over: false,
            is_cut: false,
        })
    }

    /// What is to be sent next; nothing when it is over.
    pub(crate) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if self.is_cut {
                self.is_over = true;
                self.is_cut = false;
                return Some(Err(cut().await));
            }
            if self.is_over {
                return None;
            }
            self.bell.borrow_and_update();
            match self.step() {
                Step::Send(bytes) => return Some(Ok(bytes.into())),
                Step::End(bytes) => {
                    self.is_over = true;
                    return Some(Ok(bytes.into()));
                }
                Step::Cut(bytes) => {
                    self.is_cut = true;
                    return Some(Ok(bytes.into()));
                }
                Step::Freeze => pending().await,
                Step::Wait => {}
            }
            if let Some(bookmark) = self.wait().await {
                return Some(Ok(bookmark.into()));
            }
        }
    }

    fn step(&mut self) -> Step {
        match self.faults.meet(&self.call, Moment::Watching) {
            Some(Fault::Expire) => {
                return Step::End(error(&Refusal::too_old(self.version, self.store.read().version())));
            }
            Some(_) => return Step::Freeze,
            None => {}
        }
        let bytes = self.initial_events();
        if !bytes.is_empty() {
            return self.sent(bytes);
        }
        if std::mem::take(&mut self.owes_initial_end) {
            return Step::Send(self.bookmark(true));
        }
        let store = Arc::clone(&self.store);
        match self.changes(&store.read()) {
            Ok(bytes) if bytes.is_empty() => Step::Wait,
            Ok(bytes) => self.sent(bytes),
            Err(refusal) => Step::End(error(&refusal)),
        }
    }

    /// What was asked to be sent, unless something befalls its first object.
    fn sent(&self, lines: Vec<u8>) -> Step {
        match self.faults.meet(&self.call, Moment::Sending) {
            Some(Fault::Cut) => {
                let first = lines.iter().position(|byte| *byte == b'\n').unwrap_or(lines.len());
                Step::Cut(lines[..first / 2].to_vec())
            }
            fault => Step::Send(match Damage::of(fault) {
                Some(damage) => damaged(&lines, damage),
                None => lines,
            }),
        }
    }

    fn initial_events(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < CHUNK_BYTES {
            let Some(object) = self.initial.next() else { break };
            self.write("ADDED", &object, &mut bytes);
        }
        bytes
    }

    fn changes(&mut self, state: &State) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        for entry in state.since(self.objects.id, self.version)? {
            self.write_change(entry, &mut bytes);
            self.version = entry.version;
            if bytes.len() >= CHUNK_BYTES {
                return Ok(bytes);
            }
        }
        self.version = self.version.max(state.version());
        Ok(bytes)
    }

    fn write_change(&self, entry: &Entry, bytes: &mut Vec<u8>) {
        let before = entry.before.as_ref().filter(|before| self.selector.takes(before));
        let is_taken = !entry.is_deleted && self.selector.takes(&entry.object);
        match (before, is_taken) {
            (None, true) => self.write("ADDED", &entry.object, bytes),
            (Some(_), true) => self.write("MODIFIED", &entry.object, bytes),
            (Some(_), false) if entry.is_deleted => self.write("DELETED", &entry.object, bytes),
            (Some(before), false) => self.write("DELETED", &before.at(&self.objects.kind, entry.version), bytes),
            (None, false) => {}
        }
    }

    fn write(&self, what: &str, object: &Object, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(format!(r#"{{"type":"{what}","object":"#).as_bytes());
        object.write(&self.objects.kind, bytes);
        bytes.extend_from_slice(b"}\n");
    }

    /// Until something may have happened; a bookmark, if that was it.
    async fn wait(&mut self) -> Option<Vec<u8>> {
        let next_bookmark = self
            .bookmarks
            .as_ref()
            .map_or(self.deadline, |bookmarks| bookmarks.next);
        tokio::select! {
            _ = self.bell.changed() => return None,
            () = sleep_until(next_bookmark.min(self.deadline)) => {}
        }
        self.is_over = Instant::now() >= self.deadline;
        let bookmarks = self.bookmarks.as_mut()?;
        bookmarks.next += bookmarks.every;
        Some(self.bookmark(false))
    }

    fn bookmark(&self, is_initial_end: bool) -> Vec<u8> {
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if is_initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let kind = &self.objects.kind;
        line(&json!({
            "type": "BOOKMARK",
            "object": {"kind": kind.kind, "apiVersion": kind.api_version(), "metadata": metadata},
        }))
    }
}

pub(crate) fn error(refusal: &Refusal) -> Vec<u8> {
    line(&json!({"type": "ERROR", "object": refusal.status()}))
}

fn line(event: &Value) -> Vec<u8> {
    let mut line = event.to_string().into_bytes();
    line.push(b'\n');
    line
}

/// The first of some lines is damaged.
fn damaged(lines: &[u8], damage: Damage) -> Vec<u8> {
    let first = lines.iter().position(|byte| *byte == b'\n').unwrap_or(lines.len());
    let mut bytes = match damage {
        Damage::Garbled => br#"{"type":"MODIFIED","object":{"metadata":!"#.to_vec(),
        Damage::Malformed => {
            let mut event: Value = serde_json::from_slice(&lines[..first]).unwrap_or_default();
            event["object"]["metadata"]["labels"] = json!(["neither", "keys", "nor", "values"]);
            event.to_string().into_bytes()
        }
    };
    bytes.extend_from_slice(&lines[first..]);
    bytes
}
