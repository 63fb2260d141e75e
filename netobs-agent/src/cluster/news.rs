//! What of a kind's troubles is said, where, and how often.
use std::{collections::HashSet, fmt::Display, sync::Arc, time::Duration};

use netobs_k8s::watched::Malformed;
use tokio::time::Instant;
use tracing::{info, warn};

use super::{fault::Fault, now, resource::Resource, standing::Board};

/// Troubles that come and go are not said more often than this.
const PAUSE: Duration = Duration::from_secs(60);
/// More objects that cannot be read are not named in the log.
const MOST_NAMED: usize = 256;

pub(super) struct News {
    resource: Resource,
    board: Arc<Board>,
    /// A trouble was said, and not yet that it is over.
    is_open: bool,
    said: Option<Instant>,
    forbidden: bool,
    named: HashSet<String>,
}

impl News {
    pub(super) fn new(resource: Resource, board: Arc<Board>) -> Self {
        Self {
            resource,
            board,
            is_open: false,
            said: None,
            forbidden: false,
            named: HashSet::new(),
        }
    }

    /// The server said something about this kind.
    pub(super) fn heard(&self) {
        self.board.heard(&self.resource, now());
    }

    /// Changes come in again, of which this is one that makes so many objects more.
    pub(super) fn well(&mut self, step: i64) {
        self.board.changed(&self.resource, step);
        if std::mem::take(&mut self.is_open) || std::mem::take(&mut self.forbidden) {
            info!(kind = self.resource.name, "the API server is followed again");
        }
    }

    pub(super) fn list_begins(&self) {
        self.board.list_begins(&self.resource);
    }

    pub(super) fn list_ends(&mut self, objects: u64) {
        self.board.list_ends(&self.resource, objects);
        self.well(0);
        tracing::debug!(kind = self.resource.name, objects, "listed");
    }

    pub(super) fn failed(&mut self, fault: &impl Display) {
        let is_news = self.board.failed(&self.resource, fault.to_string(), false);
        let is_pause_over = self.said.is_none_or(|said| said.elapsed() > PAUSE);
        if is_news && is_pause_over {
            self.said = Some(Instant::now());
            self.is_open = true;
            warn!(
                kind = self.resource.name,
                "{fault}; what is known stays in use, and it is tried again: see that the API server at {} is well and can be \
                 reached from this node",
                self.board.server()
            );
        }
    }

    pub(super) fn forbidden(&mut self, fault: &Fault) {
        let Resource { name, .. } = self.resource;
        let text = if fault.is_not_found() {
            format!(
                "{name} are not there: {fault}; see that this is the API server's address, of Kubernetes 1.21 or newer"
            )
        } else {
            format!("{name} may not be read: {fault}; {}", self.resource.permission())
        };
        self.board.failed(&self.resource, text.clone(), true);
        if !std::mem::replace(&mut self.forbidden, true) {
            warn!("{text}. netobs goes on without, and asks again every few minutes");
        }
    }

    pub(super) fn malformed(&mut self, malformed: &Malformed, consequence: &str) {
        self.board.malformed(&self.resource, malformed);
        let Malformed { object, field, problem } = malformed;
        let kind = self.resource.name;
        let named = match object.split_once('/') {
            Some((namespace, name)) => format!("-n {namespace} {name}"),
            None => object.clone(),
        };
        let text = format!(
            "{object}, {field}: {problem}; {consequence}; `kubectl get {kind} {named} -o yaml` shows it, and whoever \
             writes it has to mend it"
        );
        if self.named.len() < MOST_NAMED && !self.named.contains(&text) {
            warn!(kind, "{text}");
            self.named.insert(text);
        }
    }

    /// An object is as it should be, or gone. Its name is asked for only where another one was not.
    pub(super) fn understood(&self, name: impl FnOnce() -> Option<String>) {
        if self.board.has_malformed(&self.resource)
            && let Some(name) = name()
        {
            self.board.well(&self.resource, &name);
        }
    }
}
