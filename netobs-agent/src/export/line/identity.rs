//! Whose an address was, as a line tells it.
use std::collections::BTreeMap;

use netobs_core::{change::Scoped, directory::Owner, labels::Labels, workload::Workload};
use serde::Serialize;

/// Empty where nothing is known, as without a cluster.
#[derive(Default, Serialize)]
pub(super) struct IdentityLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<WorkloadLine<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    namespace_labels: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct WorkloadLine<'a> {
    kind: &'a str,
    name: &'a str,
}

impl<'a> IdentityLine<'a> {
    pub(super) fn of(owner: &'a Owner) -> Self {
        match owner {
            Owner::Pod { pod, namespace } => Self {
                workload: Some(WorkloadLine::of(&pod.workload)),
                labels: pairs(&pod.labels),
                namespace_labels: namespace
                    .as_ref()
                    .map(|namespace| pairs(&namespace.labels))
                    .unwrap_or_default(),
                ..Self::named("pod", Some(&pod.namespace), &pod.name)
            },
            Owner::Node { name, .. } => Self::named("node", None, name),
            Owner::Service(service) => Self::scoped("service", &service.name),
            Owner::World { .. } => Self {
                kind: Some("world"),
                ..Self::default()
            },
            Owner::Unknown(_) => Self::default(),
        }
    }

    fn scoped(kind: &'static str, name: &'a Scoped) -> Self {
        Self::named(kind, Some(&name.namespace), &name.name)
    }

    fn named(kind: &'static str, namespace: Option<&'a str>, name: &'a str) -> Self {
        Self {
            kind: Some(kind),
            namespace,
            name: Some(name),
            ..Self::default()
        }
    }
}

impl<'a> WorkloadLine<'a> {
    fn of(workload: &'a Workload) -> Self {
        Self {
            kind: workload.kind.as_str(),
            name: &workload.name,
        }
    }
}

fn pairs(labels: &Labels) -> BTreeMap<&str, &str> {
    labels
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}
