//! Causes as Events of Kubernetes, on the objects that lack something.
use std::{pin::Pin, sync::Arc, time::Duration};

use netobs_core::{cause::Cause, suggest::Suggestion};
use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep},
};

use self::{
    ledger::{Job, Ledger, Next},
    scribe::Scribe,
};
use super::{access::Access, fault::Fault};

mod draft;
mod ledger;
mod scribe;
#[cfg(test)]
mod tests;

/// Causes that wait to be taken note of.
const QUEUE: usize = 1_024;

/// Tells causes; what does not fit is told in its newest state when the cause is told again.
#[derive(Clone, Debug)]
pub(crate) struct EventWriter {
    told: Option<mpsc::Sender<Told>>,
}

#[derive(Clone, Debug)]
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
    access: Arc<Access>,
    node: String,
    wanted: bool,
) -> (EventWriter, impl Future<Output = ()> + Send + use<>) {
    let (told, causes) = mpsc::channel(QUEUE);
    let writer = EventWriter {
        told: wanted.then_some(told),
    };
    (writer, write(Scribe::new(access, node), causes))
}

/// Causes are taken note of while an Event is being written: what is written next is their newest state.
async fn write(scribe: Scribe, mut causes: mpsc::Receiver<Told>) {
    const NOTHING_TO_DO: Duration = Duration::from_secs(3_600);
    let scribe = Arc::new(scribe);
    let began = Instant::now();
    let mut ledger = Ledger::default();
    let mut writing: Option<Writing> = None;
    loop {
        let mut wait = NOTHING_TO_DO;
        if writing.is_none() {
            match ledger.next(began.elapsed()) {
                Next::Write(job) => writing = Some(Box::pin(carry_out(Arc::clone(&scribe), *job))),
                Next::Wait(due) => wait = due,
                Next::Nothing => {}
            }
        }
        select! {
            told = causes.recv() => match told {
                Some(Told { cause, suggestion }) => ledger.hear(cause, suggestion),
                None => return,
            },
            (job, result) = in_progress(&mut writing) => {
                writing = None;
                scribe.tell_trouble(&result);
                ledger.done(&job, &result, began.elapsed());
            }
            () = sleep(wait) => {}
        }
    }
}

type Writing = Pin<Box<dyn Future<Output = (Job, Result<(), Fault>)> + Send>>;

async fn carry_out(scribe: Arc<Scribe>, job: Job) -> (Job, Result<(), Fault>) {
    let result = scribe.write(&job).await;
    (job, result)
}

async fn in_progress(writing: &mut Option<Writing>) -> (Job, Result<(), Fault>) {
    match writing {
        Some(writing) => writing.await,
        None => futures::future::pending().await,
    }
}
