//! Questions for what is hidden, which nothing that is told could ever answer.
use std::{
    error::Error,
    fmt::{self, Display, Formatter},
};

use super::{Hidden, MARK, is_pseudonym, pseudonym::may_be_told};
use crate::{
    filter::{EndFilter, Filters, NamePattern, WorkloadPattern},
    labels::Selector,
};

/// Filters see what is told and no more, so that they are no way around it; who asks for more is told so at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    Address(String),
    PodName(String),
    Label { key: String, value: String },
}

impl Hidden {
    /// What of the filters asks for something hidden by its own name.
    pub fn probe(&self, filters: &Filters) -> Option<Probe> {
        let flows = filters.include.iter().chain(&filters.exclude);
        let mut ends = flows.flat_map(|flow| flow.either.iter().chain(&flow.source).chain(&flow.destination));
        ends.find_map(|end| self.probe_end(end))
    }

    /// The same of workloads, among which are pods that nothing owns.
    pub fn probe_workloads(&self, workloads: &[WorkloadPattern]) -> Option<Probe> {
        let is_pod = |pattern: &&WorkloadPattern| {
            let kind = pattern.kind.as_ref();
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case("pod")) && !is_pseudonym(&pattern.name)
        };
        let found = workloads.iter().find(is_pod).filter(|_| self.pod_names);
        found.map(|pattern| Probe::PodName(pattern.name.to_string()))
    }

    fn probe_end(&self, end: &EndFilter) -> Option<Probe> {
        let address = end.addresses.iter().find(|block| !may_be_told(**block));
        let address = address.filter(|_| self.addresses);
        let pod = end.pods.iter().find_map(|pod| untold_name(&pod.name));
        let pod = pod.filter(|_| self.pod_names);
        let labels = || [&end.labels, &end.namespace_labels].into_iter();
        address
            .map(|block| Probe::Address(block.to_string()))
            .or_else(|| pod.map(|name| Probe::PodName(name.to_owned())))
            .or_else(|| self.probe_workloads(&end.workloads))
            .or_else(|| labels().find_map(|selector| self.probe_labels(selector)))
    }

    fn probe_labels(&self, selector: &Selector) -> Option<Probe> {
        let mut hidden = selector.requirements.iter().filter(|one| self.hides(&one.key));
        hidden.find_map(|requirement| {
            let value = requirement.values.first()?;
            Some(Probe::Label {
                key: requirement.key.to_string(),
                value: value.to_string(),
            })
        })
    }
}

fn untold_name(pattern: &NamePattern) -> Option<&str> {
    match pattern {
        NamePattern::Whole(name) => (!is_pseudonym(name)).then_some(name.as_str()),
        NamePattern::Beginning(beginning) => {
            let may_be = is_pseudonym(beginning) || MARK.starts_with(beginning.as_str());
            (!may_be).then_some(beginning.as_str())
        }
    }
}

impl Error for Probe {}

impl Display for Probe {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(block) => write!(
                out,
                "addresses are redacted here, and {block} is asked for; ask for one as it is told"
            )?,
            Self::PodName(name) => write!(
                out,
                "pod names are redacted here, and {name:?} is asked for; ask for one as it is told, or for its workload"
            )?,
            Self::Label { key, value } => write!(
                out,
                "values of the label {key} are redacted here, and {value:?} is asked for; ask for {key} alone"
            )?,
        }
        out.write_str(", or ask at the agent's unix socket, where nothing is redacted")
    }
}
