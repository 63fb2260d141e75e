//! All objects of a server, what became of them, and those who want to hear of it.

pub(crate) mod fill;
mod history;
mod page;

pub(crate) use history::Entry;
pub(crate) use page::{Page, Wanted};

use super::kind::{Kind, KindId, Kinds};
use super::object::{Key, Object};
use super::refusal::Refusal;
use super::selector::Selector;
use history::History;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What happened to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is new or different.
    Applied(Value),
    /// It is no more; this is its last state.
    Deleted(Value),
}

/// What a write expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Nothing,
    Something,
    Either,
}

/// Shared by whoever asks over the network and by the test itself.
#[derive(Debug)]
pub(crate) struct Store {
    state: Mutex<State>,
    /// Rung after every change.
    pub(crate) bell: watch::Sender<()>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) kinds: Kinds,
    objects: BTreeMap<KindId, BTreeMap<Key, Arc<Object>>>,
    history: History,
    subscribers: Vec<Sender<Change>>,
    uids_given: u64,
}

impl Store {
    pub(crate) fn new() -> Self {
        let state = State {
            kinds: Kinds::built_in(),
            objects: BTreeMap::new(),
            history: History::default(),
            subscribers: Vec::new(),
            uids_given: 0,
        };
        Self {
            state: Mutex::new(state),
            bell: watch::Sender::new(()),
        }
    }

    pub(crate) fn read(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the objects, then tells the watches.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.read());
        self.bell.send_replace(());
        answer
    }
}

impl State {
    pub(crate) fn version(&self) -> u64 {
        self.history.version()
    }

    pub(crate) fn get(&self, kind: KindId, key: &Key) -> Option<&Arc<Object>> {
        self.objects.get(&kind)?.get(key)
    }

    pub(crate) fn found(&self, kind: KindId, key: &Key) -> Result<&Arc<Object>, Refusal> {
        let missing = || Refusal::not_found(self.kinds.get(kind), &key.name);
        self.get(kind, key).ok_or_else(missing)
    }

    pub(crate) fn all(&self, kind: KindId) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// What is asked for, of now or of an earlier version, a page at a time.
    pub(crate) fn page(&self, kind: KindId, selector: &Selector, wanted: &Wanted) -> Result<Page, Refusal> {
        let at = wanted.at.unwrap_or(self.version());
        let past = self.history.undone(kind, at)?;
        let none = BTreeMap::new();
        let now = self.objects.get(&kind).unwrap_or(&none);
        Ok(page::take(now, &past, selector, wanted, at))
    }

    /// All that happened to a kind after a version.
    pub(crate) fn since(&self, kind: KindId, version: u64) -> Result<impl Iterator<Item = &Entry>, Refusal> {
        let entries = self.history.since(version)?;
        Ok(entries.filter(move |entry| entry.kind == kind))
    }

    /// Creates or replaces an object; what the server fills in is filled in.
    pub(crate) fn put(&mut self, id: KindId, mut value: Value, expected: Expected) -> Result<Arc<Object>, Refusal> {
        let kind = Arc::clone(self.kinds.get(id));
        let key = self.name(&kind, &mut value)?;
        let old = self.get(id, &key).cloned();
        match (&old, expected) {
            (Some(_), Expected::Nothing) => return Err(Refusal::already_exists(&kind, &key.name)),
            (None, Expected::Something) => return Err(Refusal::not_found(&kind, &key.name)),
            _ => {}
        }
        match old {
            Some(old) => self.replace(id, &kind, value, old),
            None => Ok(self.create(id, &kind, value)),
        }
    }

    pub(crate) fn remove(&mut self, id: KindId, key: &Key) -> Result<Arc<Object>, Refusal> {
        let kind = Arc::clone(self.kinds.get(id));
        self.found(id, key)?;
        if kind.qualified() == "namespaces" {
            self.empty(&key.name);
        }
        let Some(before) = self.objects.entry(id).or_default().remove(key) else {
            return Err(Refusal::not_found(&kind, &key.name));
        };
        let last = Arc::new(before.at(&kind, self.history.next_version()));
        self.record(id, Some(before), Arc::clone(&last), true);
        Ok(last)
    }

    /// Changes from now on.
    pub(crate) fn subscribe(&mut self) -> Receiver<Change> {
        let (sender, receiver) = mpsc::channel();
        for (id, objects) in &self.objects {
            for object in objects.values() {
                // Nobody can have dropped the receiver yet.
                let _ = sender.send(Change::Applied(object.value(self.kinds.get(*id))));
            }
        }
        self.subscribers.push(sender);
        receiver
    }

    /// Forgets all that led here: whoever comes from an earlier version must list again.
    pub(crate) fn compact(&mut self) {
        self.history.compact();
    }

    /// Lets versions pass, as if other kinds had changed.
    pub(crate) fn advance(&mut self, versions: u64) {
        self.history.advance(versions);
    }

    fn create(&mut self, id: KindId, kind: &Kind, mut value: Value) -> Arc<Object> {
        let metadata = &mut value["metadata"];
        metadata["uid"] = json!(self.next_uid());
        if metadata["creationTimestamp"].is_null() {
            metadata["creationTimestamp"] = json!(now());
        }
        if kind.qualified() == "namespaces" {
            let name = metadata["name"].clone();
            metadata["labels"]["kubernetes.io/metadata.name"] = name;
            value["spec"]["finalizers"] = json!(["kubernetes"]);
            value["status"]["phase"] = json!("Active");
        }
        self.store(id, kind, value, None)
    }

    fn replace(&mut self, id: KindId, kind: &Kind, mut value: Value, old: Arc<Object>) -> Result<Arc<Object>, Refusal> {
        let before = old.value(kind);
        let metadata = &mut value["metadata"];
        let version = &before["metadata"]["resourceVersion"];
        if metadata["resourceVersion"]
            .as_str()
            .is_some_and(|given| !given.is_empty() && given != version)
        {
            return Err(Refusal::conflict(kind, &old.key.name));
        }
        metadata["resourceVersion"] = version.clone();
        for kept in ["uid", "creationTimestamp"] {
            metadata[kept] = before["metadata"][kept].clone();
        }
        if kind.qualified() == "namespaces" {
            metadata["labels"]["kubernetes.io/metadata.name"] = json!(old.key.name);
            value["status"]["phase"] = before["status"]["phase"].clone();
        }
        value["kind"] = before["kind"].clone();
        value["apiVersion"] = before["apiVersion"].clone();
        if value == before {
            return Ok(old);
        }
        Ok(self.store(id, kind, value, Some(old)))
    }

    fn store(&mut self, id: KindId, kind: &Kind, mut value: Value, before: Option<Arc<Object>>) -> Arc<Object> {
        value["metadata"]["resourceVersion"] = json!(self.history.next_version().to_string());
        let object = Arc::new(Object::new(kind, value));
        self.insert(id, before, Arc::clone(&object));
        object
    }

    fn insert(&mut self, id: KindId, before: Option<Arc<Object>>, object: Arc<Object>) {
        let objects = self.objects.entry(id).or_default();
        objects.insert(object.key.clone(), Arc::clone(&object));
        self.record(id, before, object, false);
    }

    fn record(&mut self, kind: KindId, before: Option<Arc<Object>>, object: Arc<Object>, is_deleted: bool) {
        if !self.subscribers.is_empty() {
            let value = object.value(self.kinds.get(kind));
            let change = if is_deleted {
                Change::Deleted(value)
            } else {
                Change::Applied(value)
            };
            self.subscribers
                .retain(|subscriber| subscriber.send(change.clone()).is_ok());
        }
        self.history.push(kind, before, object, is_deleted);
    }

    /// Where an object belongs, which is also written into it.
    fn name(&mut self, kind: &Kind, value: &mut Value) -> Result<Key, Refusal> {
        let metadata = &mut value["metadata"];
        let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
        let (mut name, mut namespace) = (text("name"), text("namespace"));
        if name.is_empty() && !text("generateName").is_empty() {
            name = format!("{}{:05x}", text("generateName"), self.history.next_version());
        }
        if name.is_empty() {
            return Err(Refusal::invalid(
                kind,
                "",
                "metadata.name",
                "Required value: name or generateName is required",
            ));
        }
        metadata["name"] = json!(name);
        if !kind.namespaced {
            return Ok(Key::new("", &name));
        }
        if namespace.is_empty() {
            "default".clone_into(&mut namespace);
        }
        metadata["namespace"] = json!(namespace);
        self.check_namespace(&namespace)?;
        Ok(Key { namespace, name })
    }

    fn check_namespace(&self, namespace: &str) -> Result<(), Refusal> {
        let namespaces = self.kinds.called("namespaces");
        namespaces.map_or(Ok(()), |id| self.found(id, &Key::new("", namespace)).map(drop))
    }

    fn empty(&mut self, namespace: &str) {
        let doomed = self.objects.iter().flat_map(|(id, objects)| {
            let inside = objects.keys().filter(|key| key.namespace == namespace);
            inside.map(|key| (*id, key.clone()))
        });
        for (id, key) in doomed.collect::<Vec<_>>() {
            // It was there a moment ago, and nobody else is here.
            let _ = self.remove(id, &key);
        }
    }

    fn next_uid(&mut self) -> String {
        self.uids_given += 1;
        uid(self.uids_given)
    }
}

fn uid(number: u64) -> String {
    format!(
        "{:08x}-6e65-4f62-8000-{:012x}",
        number.wrapping_mul(0x9E37_79B9) & 0xFFFF_FFFF,
        number
    )
}

/// To the second, as the real server tells it.
fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
