//! A double of the Kubernetes API server: what clients of the real one meet, and its bad days on demand.
//!
//! It runs on a thread of its own, so that tests need no runtime:
//!
//! ```no_run
//! use netobs_tests::apiserver::ApiServer;
//! use serde_json::json;
//!
//! # fn main() -> anyhow::Result<()> {
//! let server = ApiServer::start()?;
//! server.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod-a"}}))?;
//! server.label("namespaces", "", "prod-a", "env", Some("prod"))?;
//! # Ok(())
//! # }
//! ```

mod kind;
mod object;
mod refusal;
mod selector;
mod store;

pub use kind::Kind;
pub use refusal::Refusal;
pub use store::Change;
pub use store::fill::Size;

use anyhow::Result;
use object::Key;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use store::{Expected, State, Store};

/// A running server, which ends with its handle.
#[derive(Debug)]
pub struct ApiServer {
    store: Arc<Store>,
}

impl ApiServer {
    /// A server with the namespaces every cluster has.
    pub fn start() -> Result<Self> {
        let store = Arc::new(Store::new());
        let server = Self { store };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            server.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))?;
        }
        Ok(server)
    }

    /// Creates or replaces an object, its status too, and gives it back as it is now stored.
    ///
    /// An object of an unknown kind is taken as if its definition had been installed.
    pub fn apply(&self, object: &Value) -> Result<Value> {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("resourceVersion");
        }
        self.store.write(|state| {
            let kind = state.kinds.of(&object)?;
            let stored = state.put(kind, object, Expected::Either)?;
            Ok(stored.value(state.kinds.get(kind)))
        })
    }

    /// Removes an object and gives back its last state; the kind is called as in `kubectl`, and `namespace` is empty
    /// for what is in none. A namespace goes with all that is in it.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<Value> {
        self.store.write(|state| {
            let kind = called(state, kind)?;
            let last = state.remove(kind, &Key::new(namespace, name))?;
            Ok(last.value(state.kinds.get(kind)))
        })
    }

    /// Changes an object as `kubectl patch --type=merge` does.
    pub fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value> {
        self.store.write(|state| {
            let kind = called(state, kind)?;
            let mut object = state
                .found(kind, &Key::new(namespace, name))?
                .value(state.kinds.get(kind));
            merge(&mut object, patch);
            let stored = state.put(kind, object, Expected::Something)?;
            Ok(stored.value(state.kinds.get(kind)))
        })
    }

    /// Sets or removes a label.
    pub fn label(&self, kind: &str, namespace: &str, name: &str, key: &str, value: Option<&str>) -> Result<Value> {
        self.patch(kind, namespace, name, &json!({"metadata": {"labels": {key: value}}}))
    }

    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let state = self.store.read();
        let kind = state.kinds.called(kind)?;
        let object = state.get(kind, &Key::new(namespace, name))?;
        Some(object.value(state.kinds.get(kind)))
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: &str) -> Vec<Value> {
        let state = self.store.read();
        let Some(kind) = state.kinds.called(kind) else {
            return Vec::new();
        };
        state
            .all(kind)
            .map(|object| object.value(state.kinds.get(kind)))
            .collect()
    }

    /// All there is as [`Change::Applied`], then every change in order.
    pub fn subscribe(&self) -> Receiver<Change> {
        self.store.write(State::subscribe)
    }

    /// Serves a kind before there is any object of it, as an installed definition does.
    pub fn serve(&self, kind: Kind) {
        self.store.write(|state| state.kinds.add(kind));
    }

    /// Makes a big cluster.
    pub fn fill(&self, size: Size) -> Result<()> {
        Ok(self.store.write(|state| state.fill(size))?)
    }

    /// The newest resource version.
    pub fn version(&self) -> u64 {
        self.store.read().version()
    }

    /// Forgets what happened: who comes with an older resource version gets 410 and must list again.
    pub fn compact(&self) {
        self.store.write(State::compact);
    }

    /// Lets resource versions pass, as writes to kinds that nobody here looks at would.
    pub fn advance(&self, versions: u64) {
        self.store.write(|state| state.advance(versions));
    }
}

fn called(state: &State, kind: &str) -> Result<kind::KindId, Refusal> {
    state.kinds.called(kind).ok_or_else(Refusal::no_such_resource)
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, change) in changes {
        if change.is_null() {
            target.as_object_mut().and_then(|fields| fields.remove(key));
        } else {
            merge(&mut target[key], change);
        }
    }
}
