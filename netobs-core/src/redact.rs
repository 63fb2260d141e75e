//! What is not to be told outside of the node, told otherwise: by pseudonyms that cannot be taken for what they stand for.
//!
//! Everything is redacted in the model, before it becomes a message, a line or a sentence, so that there is no text to search
//! through and no filter that could see what is hidden.
use std::{net::IpAddr, sync::Arc};

pub use self::{
    inventory::is_redacted,
    keys::{BadKeys, Keys},
    probe::Probe,
    pseudonym::{Key, MARK, is_pseudonym},
};
use self::{objects::Objects, pseudonym::Domain};
use crate::{
    cause::Cause,
    engine::ExplainedFlow,
    enrich::EnrichedFlow,
    event::Tuple,
    explain::Explanation,
    flow::Flow,
    labels::{Labels, Symbol},
    policy::Cidr,
    workload::{Workload, WorkloadKind},
};

mod cause;
mod explanation;
mod inventory;
mod keys;
mod objects;
mod probe;
mod pseudonym;
mod suggestion;
#[cfg(test)]
mod tests;
mod text;

/// It has the pod's name as its value.
const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// With the workload's name it makes the pod's.
const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";

/// What is told by pseudonyms only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// All addresses and blocks of addresses.
    pub addresses: bool,
    pub pod_names: bool,
    /// The values of these labels.
    pub labels: Keys,
}

/// Gives the same thing the same pseudonym for as long as the key is the same.
#[derive(Debug)]
pub struct Redactor {
    hidden: Hidden,
    key: Key,
    objects: Objects,
}

impl Hidden {
    pub fn is_nothing(&self) -> bool {
        !self.addresses && !self.pod_names && self.labels.is_empty()
    }

    /// As the command line has it, a word each.
    pub fn words(&self) -> Vec<String> {
        let kinds = [(self.addresses, "ips"), (self.pod_names, "pod-names")];
        let kinds = kinds.iter().filter(|(hidden, _)| *hidden);
        let kinds = kinds.map(|(_, word)| (*word).to_owned());
        kinds
            .chain(self.labels.words().map(|key| format!("label {key}")))
            .collect()
    }

    /// Whether the values of this label are hidden.
    pub(crate) fn hides(&self, key: &str) -> bool {
        self.labels.have(key) || self.pod_names && (key == POD_NAME_LABEL || key == POD_INDEX_LABEL)
    }
}

impl Redactor {
    pub fn new(hidden: Hidden, key: Key) -> Self {
        Self {
            hidden,
            key,
            objects: Objects::default(),
        }
    }

    pub const fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    pub fn flow(&mut self, explained: &ExplainedFlow) -> ExplainedFlow {
        let EnrichedFlow {
            flow,
            source,
            destination,
            service,
            twin,
        } = &explained.enriched;
        ExplainedFlow {
            phase: explained.phase,
            enriched: EnrichedFlow {
                flow: Flow {
                    tuple: self.tuple(flow.tuple),
                    drops: flow.drops.clone(),
                    ..*flow
                },
                source: self.owner(source),
                destination: self.owner(destination),
                service: service.as_ref().map(|service| self.service(service)),
                twin: *twin,
            },
            outcome: explained.outcome,
            judgement: explained.judgement,
            explanation: explained.explanation.as_ref().map(|one| self.explanation(one)),
            causes: explained.causes.clone(),
        }
    }

    pub fn explanation(&mut self, explanation: &Arc<Explanation>) -> Arc<Explanation> {
        if let Some(known) = self.objects.explanations.get(explanation) {
            return known;
        }
        let redacted = Arc::new(self.explanation_anew(explanation));
        self.objects.explanations.keep(explanation, &redacted);
        redacted
    }

    pub fn cause(&mut self, cause: &Cause) -> Cause {
        self.cause_anew(cause)
    }

    pub fn address(&self, address: IpAddr) -> IpAddr {
        if self.hidden.addresses {
            self.key.address(address)
        } else {
            address
        }
    }

    fn tuple(&self, tuple: Tuple) -> Tuple {
        Tuple {
            source: self.address(tuple.source),
            destination: self.address(tuple.destination),
            ..tuple
        }
    }

    fn block(&self, block: Cidr) -> Cidr {
        if self.hidden.addresses {
            self.key.block(block)
        } else {
            block
        }
    }

    pub fn pod_name(&self, namespace: &str, name: &Symbol) -> Symbol {
        if self.hidden.pod_names {
            self.key.word(Domain::PodName, &[namespace, name])
        } else {
            name.clone()
        }
    }

    fn label_value(&self, key: &str, value: &Symbol) -> Symbol {
        if self.hidden.pod_names && key == POD_INDEX_LABEL {
            // All the same: the one that every StatefulSet has would be the first.
            self.key.word(Domain::Label, &[key])
        } else if self.hidden.hides(key) {
            self.key.word(Domain::Label, &[key, value])
        } else {
            value.clone()
        }
    }

    fn labels(&self, labels: &Labels) -> Labels {
        if !labels.iter().any(|(key, _)| self.hidden.hides(key)) {
            return labels.clone();
        }
        let redacted = labels
            .iter()
            .map(|(key, value)| (key.clone(), self.label_value(key, value)));
        redacted.collect()
    }

    /// A pod that nothing owns is a workload of its own name.
    fn workload(&self, namespace: &str, workload: &Workload) -> Workload {
        let name = if workload.kind == WorkloadKind::Pod {
            self.pod_name(namespace, &workload.name)
        } else {
            workload.name.clone()
        };
        Workload {
            kind: workload.kind.clone(),
            name,
        }
    }
}
