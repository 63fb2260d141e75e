//! What agents and the API server told, before anything is made of it.
use std::collections::BTreeSet;

use netobs_api::v1::{Cause, GetStatusResponse, InventoryAbout};
use netobs_k8s::manifests::Manifests;

#[derive(Default)]
pub(super) struct Facts {
    pub(super) agents: Vec<AgentFacts>,
    /// Why nobody could be asked for what agents know, or the agents that did not answer.
    pub(super) silent: Vec<String>,
    pub(super) cluster: Cluster,
}

#[derive(Default)]
pub(super) struct AgentFacts {
    pub(super) status: GetStatusResponse,
    pub(super) causes: Vec<Cause>,
    /// `None` where the agent keeps none.
    pub(super) inventory: Option<InventoryAbout>,
}

#[derive(Default)]
pub(super) enum Cluster {
    /// No kubeconfig is at hand.
    #[default]
    NotNamed,
    /// The kubeconfig's cluster is not the one of the agents.
    Another {
        server: String,
    },
    Unreachable(String),
    Known(Box<ClusterFacts>),
}

/// `None` stands for what this user may not list.
#[derive(Default)]
pub(super) struct ClusterFacts {
    pub(super) nodes: Option<Vec<NodeFacts>>,
    pub(super) daemon_sets: Option<Vec<DaemonSet>>,
    pub(super) services: Option<Vec<Service>>,
    /// Namespaces, pods and policies.
    pub(super) objects: Option<Manifests>,
    pub(super) dialects: Vec<Dialect>,
    /// What could not be asked, and why.
    pub(super) refused: BTreeSet<String>,
}

pub(super) struct NodeFacts {
    pub(super) name: String,
    pub(super) kubelet_version: String,
}

#[derive(Default)]
pub(super) struct DaemonSet {
    pub(super) namespace: String,
    pub(super) name: String,
    /// The values of the labels by which workloads are named.
    pub(super) called: Vec<String>,
    pub(super) containers: Vec<Container>,
    pub(super) wanted: u64,
    pub(super) ready: u64,
}

#[derive(Default)]
pub(super) struct Container {
    pub(super) name: String,
    /// Its command and its arguments.
    pub(super) words: Vec<String>,
}

pub(super) struct Service {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) address: String,
    /// Ports of UDP, and where they lead.
    pub(super) udp: Vec<(u64, String)>,
    pub(super) is_dns: bool,
}

/// A kind of policy beside NetworkPolicy that the API server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) kind: String,
    pub(super) group: String,
    /// `None` if they may not be listed.
    pub(super) objects: Option<u64>,
}

impl DaemonSet {
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.called.iter().any(|called| called == name)
    }

    pub(super) fn container(&self, names: &[&str]) -> Option<&Container> {
        let wanted = |container: &&Container| names.contains(&container.name.as_str());
        self.containers.iter().find(wanted)
    }
}
