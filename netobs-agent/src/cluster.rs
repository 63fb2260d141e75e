//! The cluster room: what the API server says there is, and what we tell it.
mod access;
#[cfg(test)]
mod double;
mod error;
mod events;
mod fault;
mod follow;
mod news;
mod patience;
mod request;
mod resource;
mod standing;

pub(crate) use self::{
    error::ClusterError,
    events::EventWriter,
    standing::{NotUnderstood, Standing, Watch},
};

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use netobs_core::{change::Change, time::Timestamp};
use tokio::sync::mpsc;

use self::{access::Access, patience::Patience, standing::Board};

#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Without one, the service account of the pod we are in is used.
    pub(crate) kubeconfig: Option<PathBuf>,
    pub(crate) context: Option<String>,
    /// The node we are on.
    pub(crate) node_name: String,
    /// Whether causes are told to the cluster as Events.
    pub(crate) events: bool,
}

/// A change, and when we heard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) change: Change,
    pub(crate) at: Timestamp,
}

pub(crate) struct Cluster {
    access: Arc<Access>,
    board: Arc<Board>,
    node_name: String,
    events: bool,
}

impl Cluster {
    /// `None` if no kubeconfig was given and we are in no pod. The server need not be there yet.
    pub(crate) async fn connect(settings: &Settings) -> Result<Option<Self>, ClusterError> {
        let Some(access) = Access::open(settings.kubeconfig.as_deref(), settings.context.as_deref()).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            board: Arc::new(Board::new(access.server())),
            access: Arc::new(access),
            node_name: settings.node_name.clone(),
            events: settings.events,
        }))
    }

    /// Watches all kinds until the receiver is gone.
    pub(crate) fn watch(&self, changes: mpsc::Sender<Heard>) -> impl Future<Output = ()> + Send + use<> {
        follow::all(
            Arc::clone(&self.access),
            Arc::clone(&self.board),
            changes,
            Patience::default(),
        )
    }

    /// How well each kind is known now.
    pub(crate) fn standing(&self) -> Standing {
        self.board.standing()
    }

    /// The future writes Events until the writer is gone.
    pub(crate) fn events(&self) -> (EventWriter, impl Future<Output = ()> + Send + use<>) {
        events::start(Arc::clone(&self.access), self.node_name.clone(), self.events)
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::default().plus(since)
}
