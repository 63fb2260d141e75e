//! Causes as Events of Kubernetes, on the objects that lack something.
use std::sync::Arc;

use netobs_core::{cause::Cause, suggest::Suggestion};
use tokio::sync::mpsc;

use super::access::Access;

/// Causes that wait to be taken note of.
const QUEUE: usize = 1_024;

/// Tells causes; what does not fit is told in its newest state when the cause is told again.
#[derive(Clone, Debug)]
pub(crate) struct EventWriter {
    told: Option<mpsc::Sender<Told>>,
}

#[derive(Debug)]
struct Told {
    cause: Arc<Cause>,
    suggestion: Option<Suggestion>,
}

impl EventWriter {
    /// Never waits.
    pub(crate) fn tell(&self, cause: &Arc<Cause>, suggestions: &[Suggestion]) {
        let Some(told) = &self.told else { return };
        if let Ok(place) = told.try_reserve() {
            place.send(Told {
                cause: Arc::clone(cause),
                suggestion: suggestions.first().cloned(),
            });
        }
    }
}

pub(super) fn start(
    _access: Arc<Access>,
    _node: String,
    wanted: bool,
) -> (EventWriter, impl Future<Output = ()> + Send + use<>) {
    let (told, mut causes) = mpsc::channel(QUEUE);
    let writer = EventWriter {
        told: wanted.then_some(told),
    };
    (writer, async move { while causes.recv().await.is_some() {} })
}
