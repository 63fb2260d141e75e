//! The serving room: flows and causes over gRPC, metrics and health over HTTP.
mod answer;
mod app;
mod cause_watch;
mod connection;
mod error;
mod feed;
mod flow_service;
mod grpc;
mod http;
mod inventory;
mod listen;
mod metrics;
mod question;
mod seats;
mod server;
mod sides;
mod status;
mod subscription;
#[cfg(test)]
mod tests;
mod tls;
mod visitors;

use std::{net::SocketAddr, path::PathBuf};

pub(crate) use netobs_api::model::{EndRef, ExplainQuestion};

pub(crate) use self::{
    error::ServeError,
    feed::Feed,
    inventory::InventorySnapshot,
    question::{Ability, CauseCount, ClusterSnapshot, MalformedSnapshot, NotFound, Question, Snapshot, WatchSnapshot},
    server::Server,
    sides::{Screen, Sides},
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
    /// Loopback addresses without it in any case.
    pub(crate) plain: Vec<SocketAddr>,
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
