//! The serving room: flows and causes over gRPC, metrics and health over HTTP.
mod feed;
mod question;

use std::{future::Future, net::SocketAddr, path::PathBuf};

use tokio::sync::mpsc;

pub(crate) use self::{
    feed::Feed,
    question::{
        Ability, CauseCount, ClusterSnapshot, EndRef, ExplainQuestion, NotFound, Question, Snapshot, WatchSnapshot,
    },
};

/// Where and to how many is served.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) socket: Option<PathBuf>,
    /// Who may use the socket beside its owner, by name or number.
    pub(crate) socket_group: Option<String>,
    pub(crate) listen: Vec<SocketAddr>,
    /// For all addresses of `listen`; without it they have to be loopback addresses.
    pub(crate) tls: Option<Tls>,
    pub(crate) http: Option<SocketAddr>,
    pub(crate) most_subscribers: usize,
}

/// PEM files, read again when they change.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    /// Clients must have a certificate from one of these.
    pub(crate) client_ca: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {}

/// Everything bound, nothing served yet.
pub(crate) struct Server {
    addresses: Vec<String>,
}

impl Server {
    pub(crate) async fn bind(
        settings: &Settings,
        feed: Feed,
        questions: mpsc::Sender<Question>,
    ) -> Result<Self, ServeError> {
        let _ = (settings, feed, questions);
        Ok(Self { addresses: Vec::new() })
    }

    /// What is listened on, as a client would name it.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.addresses.clone()
    }

    /// Serves until `stop`, then lets streams end for a while and leaves nothing behind.
    pub(crate) fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        stop
    }
}
