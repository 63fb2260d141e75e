//! What only the app can answer, and how it is asked.
use std::collections::BTreeMap;

use netobs_api::{model::ExplainQuestion, v1};
use netobs_core::{cause, engine::Judgement, event::Count, time::Timestamp, unwatched::Unwatched};
use tokio::sync::oneshot;

use super::InventorySnapshot;

pub(crate) enum Question {
    Explain {
        question: ExplainQuestion,
        /// The answer goes outside.
        redacted: bool,
        reply: oneshot::Sender<Result<v1::ExplainResponse, NotFound>>,
    },
    Snapshot {
        reply: oneshot::Sender<Snapshot>,
    },
    Inventory {
        reply: oneshot::Sender<InventorySnapshot>,
    },
}

/// What was asked about is not known; says what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotFound(pub(crate) String);

/// What the app knows of itself at one time.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) node_name: String,
    pub(crate) kernel_release: String,
    pub(crate) started: Timestamp,
    pub(crate) now: Timestamp,
    /// When nobody watched before this agent did.
    pub(crate) unwatched: Option<Unwatched>,
    /// Why it is not ready; empty if it is.
    pub(crate) not_ready: Vec<String>,
    /// `tcx` or `clsact`.
    pub(crate) attach_by: &'static str,
    pub(crate) interfaces: u32,
    pub(crate) abilities: Vec<Ability>,
    /// Packets that the kernel programs could not tell apart, by where.
    pub(crate) losses: Vec<(&'static str, u64)>,
    /// Packets that are no connection's, by what they are.
    pub(crate) skipped: Vec<(&'static str, u64)>,
    /// `None` where there is no cluster to watch.
    pub(crate) cluster: Option<ClusterSnapshot>,
    pub(crate) flows_kept: u64,
    /// Connections that are not in the inventory, for neither end is the cluster's.
    pub(crate) foreign: u64,
    pub(crate) drops: BTreeMap<Judgement, Count>,
    pub(crate) causes: Vec<CauseCount>,
    /// Packets and connections of causes for which there was no room.
    pub(crate) causes_merged: u64,
    pub(crate) causes_not_kept: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Ability {
    pub(crate) name: &'static str,
    pub(crate) there: bool,
    pub(crate) remedy: String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CauseCount {
    pub(crate) kind: cause::Kind,
    /// `active`, `drifted` or `mended`.
    pub(crate) state: &'static str,
    pub(crate) causes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct ClusterSnapshot {
    pub(crate) server: String,
    pub(crate) watches: Vec<WatchSnapshot>,
}

#[derive(Clone, Debug)]
pub(crate) struct WatchSnapshot {
    pub(crate) kind: &'static str,
    pub(crate) listed: bool,
    pub(crate) objects: u64,
    pub(crate) heard: Option<Timestamp>,
    pub(crate) error: Option<String>,
    pub(crate) malformed: Option<MalformedSnapshot>,
    pub(crate) forbidden: bool,
}

/// An object that cannot be read, and how many there are besides.
#[derive(Clone, Debug)]
pub(crate) struct MalformedSnapshot {
    pub(crate) object: String,
    pub(crate) field: String,
    pub(crate) problem: String,
    pub(crate) more: usize,
}

impl WatchSnapshot {
    pub(in crate::serve) const fn is_failing(&self) -> bool {
        self.error.is_some() || self.malformed.is_some()
    }
}
