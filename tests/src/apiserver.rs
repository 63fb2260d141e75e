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

mod answer;
mod asked;
mod call;
mod caller;
mod cluster;
mod damage;
mod desk;
mod discovery;
mod door;
mod exec;
mod fault;
mod forward;
mod kind;
mod list;
mod merge;
mod object;
mod options;
mod pass;
mod real;
mod refusal;
mod rights;
mod selector;
mod socket;
mod store;
mod watch;
mod write;

pub use asked::Asked;
pub use call::Verb;
pub use caller::{Caller, Reply};
pub use cluster::Cluster;
pub use fault::{Fault, On, Ordered};
pub use kind::Kind;
pub use real::Real;
pub use refusal::Refusal;
pub use rights::{Grant, Rights};
pub use store::Change;
pub use store::fill::Size;

use crate::netns::Netns;
use anyhow::Result;
use asked::Record;
use desk::Desk;
use door::Door;
use exec::{Room, Rooms};
use fault::Faults;
use forward::Forwards;
use merge::merge;
use object::Key;
use pass::{Certified, Pass};
use rights::Confined;
use rustls::ServerConfig;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use store::{Expected, State, Store};

/// A server, which ends with its handle.
#[derive(Debug)]
pub struct ApiServer {
    store: Arc<Store>,
    desk: Arc<Desk>,
    door: Door,
    tls: Option<Arc<ServerConfig>>,
}

/// What kind of server it is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens on 127.0.0.1; here, if no namespace is named.
    pub place: Option<Netns>,
    /// Plain HTTP otherwise.
    pub https: bool,
    /// Whether clients must show a token.
    pub token: bool,
    pub streaming_lists: StreamingLists,
    pub bookmark_every: Duration,
}

/// What becomes of a list that is asked for as a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamingLists {
    Served,
    /// With 422, as servers do that do not know of them.
    Refused,
    /// The stream begins, and ends with an error: as a server does whose etcd is too old for it.
    Broken,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            place: None,
            https: true,
            token: true,
            streaming_lists: StreamingLists::Served,
            bookmark_every: Duration::from_secs(5),
        }
    }
}

impl ApiServer {
    /// A server of today, with HTTPS and a token, and the namespaces every cluster has.
    pub fn start() -> Result<Self> {
        Self::start_with(Settings::default())
    }

    /// The same on the loopback of a node.
    pub fn start_in(place: &Netns) -> Result<Self> {
        Self::start_with(Settings {
            place: Some(place.clone()),
            ..Settings::default()
        })
    }

    pub fn start_with(settings: Settings) -> Result<Self> {
        let store = Arc::new(Store::new());
        let door = Door::shut(settings.place.clone())?;
        let pass = Pass::issue(settings.token)?;
        let certified = settings.https.then(Certified::new).transpose()?;
        let authority = certified.as_ref().map(|certified| certified.authority_pem.as_str());
        pass.write_kubeconfig(door.address(), authority)?;
        let desk = Arc::new(Desk {
            store: Arc::clone(&store),
            faults: Arc::new(Faults::default()),
            record: Record::default(),
            pass,
            confined: Confined::default(),
            forwards: Forwards::new(settings.place),
            rooms: Rooms::default(),
            address: door.address(),
            streaming_lists: settings.streaming_lists,
            bookmark_every: settings.bookmark_every,
        });
        let tls = certified.map(|certified| certified.config);
        let mut server = Self { store, desk, door, tls };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            server.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))?;
        }
        server.start_again()?;
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// The file for `--kubeconfig`; it goes with the server.
    pub fn kubeconfig(&self) -> PathBuf {
        self.desk.pass.kubeconfig()
    }

    /// The folder that a kubelet would mount into the pods of a namespace; it goes with the server.
    pub fn service_account(&self, namespace: &str) -> Result<PathBuf> {
        self.desk.pass.service_account(namespace)
    }

    /// The same for somebody else, who may do everything until [`ApiServer::confine`]d.
    pub fn invite(&self, user: &str) -> Result<PathBuf> {
        self.desk.pass.invite(user)
    }

    /// From now on the user of the kubeconfig, whose name is that of the agent's account, or somebody who was invited may do
    /// this and nothing else; watches that run go on.
    pub fn confine(&self, user: &str, rights: Rights) {
        self.desk.confined.set(user, rights);
    }

    /// Dies: all connections are cut, new ones are refused. What is stored stays, and can be changed meanwhile.
    pub fn stop(&mut self) {
        self.door.close();
    }

    /// Comes back on the same port.
    pub fn start_again(&mut self) -> Result<()> {
        self.door.open(&self.desk, self.tls.clone())
    }

    /// Cuts all connections; new ones are welcome.
    pub fn cut_connections(&self) {
        self.door.cut_connections();
    }

    /// Writes a new token to the file that the kubeconfig names; the old one is refused from now on.
    pub fn rotate_token(&self) -> Result<()> {
        self.desk.pass.rotate()
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault, on: On) -> Ordered {
        let ordered = self.desk.faults.order(fault, on);
        self.store.write(|_| {});
        ordered
    }

    pub fn lift_faults(&self) {
        self.desk.faults.lift_all();
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.desk.record.all()
    }

    /// Forwarded ports of a pod lead there, whatever their number; without this, to the same port of 127.0.0.1.
    pub fn forward(&self, namespace: &str, pod: &str, to: SocketAddr) {
        self.desk.forwards.set(Key::new(namespace, pod), to);
    }

    /// Processes that are run in a pod run there, and find their programs in that folder; without this, there is none in it.
    pub fn exec(&self, namespace: &str, pod: &str, network: &Netns, programs: &Path) {
        let room = Room {
            network: network.clone(),
            programs: programs.to_owned(),
        };
        self.desk.rooms.set(Key::new(namespace, pod), room);
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
