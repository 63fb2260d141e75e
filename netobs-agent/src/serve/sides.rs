//! What those are told who ask from the node itself, and what all others are.
use std::sync::{Mutex, MutexGuard, PoisonError};

use netobs_core::{
    filter::{Filters, WorkloadPattern},
    labels::Symbol,
    redact::{Hidden, Redactor},
};
use tonic::Status;

use super::{EndRef, ExplainQuestion};

/// The same of something for both.
#[derive(Clone, Debug)]
pub(crate) struct Sides<T> {
    pub(crate) inside: T,
    pub(crate) outside: T,
}

/// Stands between what the agent knows and who asks from outside.
#[derive(Debug)]
pub(crate) struct Screen {
    hidden: Hidden,
    redactor: Mutex<Redactor>,
}

impl Screen {
    pub(crate) fn new(redactor: Redactor) -> Self {
        Self {
            hidden: redactor.hidden().clone(),
            redactor: Mutex::new(redactor),
        }
    }

    pub(in crate::serve) fn words(&self) -> Vec<String> {
        self.hidden.words()
    }

    pub(in crate::serve) fn redactor(&self) -> MutexGuard<'_, Redactor> {
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::serve) fn text(&self, text: &str) -> String {
        self.redactor().text(text)
    }

    pub(in crate::serve) fn pod_name(&self, namespace: &str, name: &str) -> Symbol {
        self.redactor().pod_name(namespace, &name.into())
    }

    /// Filters that nothing which is told could pass are refused, so that nobody waits in vain.
    pub(in crate::serve) fn check(&self, filters: &Filters) -> Result<(), Status> {
        self.hidden.probe(filters).map_or(Ok(()), |probe| Err(refused(&probe)))
    }

    pub(in crate::serve) fn check_workloads(&self, workloads: &[WorkloadPattern]) -> Result<(), Status> {
        let probe = self.hidden.probe_workloads(workloads);
        probe.map_or(Ok(()), |probe| Err(refused(&probe)))
    }

    /// An answer would say whose an address is, or that there is such a pod.
    pub(in crate::serve) fn check_question(&self, question: &ExplainQuestion) -> Result<(), Status> {
        for end in [&question.source, &question.destination] {
            let what = match end {
                EndRef::Pod { .. } if self.hidden.pod_names => "pod names",
                EndRef::Address(_) if self.hidden.addresses => "addresses",
                EndRef::Pod { .. } | EndRef::Address(_) => continue,
            };
            return Err(refused(&format!(
                "{what} are redacted here, so nothing is explained by them; ask at the agent's unix socket, as with \
                 kubectl exec -n NAMESPACE ds/netobs-agent -- netobs explain"
            )));
        }
        Ok(())
    }
}

fn refused(why: &impl ToString) -> Status {
    Status::invalid_argument(why.to_string())
}
