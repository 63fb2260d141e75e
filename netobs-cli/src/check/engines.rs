//! Who makes the network, and who enforces policies, as far as it can be told by what runs.
use super::facts::{ClusterFacts, DaemonSet};

/// Something that is known by the DaemonSet it runs as.
struct Known {
    name: &'static str,
    /// Names of DaemonSets, or values of their labels k8s-app, app, name or app.kubernetes.io/name.
    daemon_sets: &'static [&'static str],
    makes_network: bool,
    enforces: Enforces,
}

enum Enforces {
    Always,
    /// If it has one of these containers,
    With(&'static [&'static str]),
    /// one of these, and that has this argument,
    Switched {
        containers: &'static [&'static str],
        on: &'static str,
    },
    /// unless it has this argument,
    Unless(&'static str),
    /// or by its version.
    Perhaps(&'static str),
    Never,
}

/// In the order in which they are told.
const KNOWN: &[Known] = &[
    known("Calico", &["calico-node"], true, Enforces::Always),
    known("Canal", &["canal", "rke2-canal"], true, Enforces::Always),
    known("Cilium", &["cilium", "anetd"], true, Enforces::Always),
    known(
        "the AWS VPC CNI",
        &["aws-node"],
        true,
        Enforces::Switched {
            containers: &["aws-network-policy-agent", "aws-eks-nodeagent"],
            on: "--enable-network-policy=true",
        },
    ),
    known("OVN-Kubernetes", &["ovnkube-node"], true, Enforces::Always),
    known("Kube-OVN", &["kube-ovn-cni"], true, Enforces::Always),
    known("Antrea", &["antrea-agent", "antrea"], true, Enforces::Always),
    known(
        "kube-router",
        &["kube-router"],
        true,
        Enforces::Unless("--run-firewall=false"),
    ),
    known("Weave Net", &["weave-net"], true, Enforces::With(&["weave-npc"])),
    known("Terway", &["terway", "terway-eniip"], true, Enforces::With(&["policy"])),
    known("NSX", &["nsx-node-agent"], true, Enforces::Always),
    known(
        "kindnet",
        &["kindnet"],
        true,
        Enforces::Perhaps("that of kind 0.24 and later enforces them"),
    ),
    known(
        "flannel",
        &["kube-flannel-ds", "kube-flannel", "flannel"],
        true,
        Enforces::Never,
    ),
    known("the Azure CNI", &["azure-cns", "azure-cni"], true, Enforces::Never),
    known("Azure NPM", &["azure-npm"], false, Enforces::Always),
    known(
        "kube-network-policies",
        &["kube-network-policies"],
        false,
        Enforces::Always,
    ),
];

/// One of them, as it runs here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) name: &'static str,
    /// Such as DaemonSet kube-system/calico-node.
    pub(super) place: String,
    pub(super) makes_network: bool,
    pub(super) policies: Policies,
    /// Pods that are ready, and how many there should be.
    pub(super) ready: Option<(u64, u64)>,
}

/// Whether it is there to enforce policies. What it does is told by traffic alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Policies {
    Enforced,
    /// It could, and what would make it.
    Off(String),
    Perhaps(&'static str),
    NotEnforced,
}

pub(super) fn running(cluster: &ClusterFacts) -> Vec<Running> {
    let sets = cluster.daemon_sets.iter().flatten();
    let sets: Vec<_> = sets.collect();
    let mut running = Vec::new();
    for known in KNOWN {
        let called = |set: &&&DaemonSet| known.daemon_sets.iter().any(|name| set.is_called(name));
        running.extend(sets.iter().filter(called).map(|set| known.runs_as(set)));
    }
    running.extend(built_in(cluster));
    running
}

/// k3s runs both in its own process, with nothing to be seen of them in the API.
fn built_in(cluster: &ClusterFacts) -> Option<Running> {
    let mut nodes = cluster.nodes.iter().flatten();
    let node = nodes.find(|node| node.kubelet_version.contains("+k3s"))?;
    Some(Running {
        name: "k3s (flannel and kube-router within it, unless they are turned off)",
        place: format!("node {}", node.name),
        makes_network: true,
        policies: Policies::Perhaps("it does unless started with --disable-network-policy"),
        ready: None,
    })
}

impl Known {
    fn runs_as(&self, set: &DaemonSet) -> Running {
        Running {
            name: self.name,
            place: format!("DaemonSet {}/{}", set.namespace, set.name),
            makes_network: self.makes_network,
            policies: self.enforces.by(set),
            ready: Some((set.ready, set.wanted)),
        }
    }
}

impl Enforces {
    fn by(&self, set: &DaemonSet) -> Policies {
        let has = |argument: &str| {
            let words = set.containers.iter().flat_map(|container| &container.words);
            words.into_iter().any(|word| word == argument)
        };
        match self {
            Self::Always => Policies::Enforced,
            Self::With(containers) if set.container(containers).is_some() => Policies::Enforced,
            Self::With(containers) => Policies::Off(format!("it takes container {} in it", containers.join(" or "))),
            Self::Switched { containers, on } => match set.container(containers) {
                Some(_) if has(on) => Policies::Enforced,
                Some(container) => Policies::Off(format!("it takes {on} for its container {}", container.name)),
                None => Policies::Off(format!("it takes container {} in it", containers.join(" or "))),
            },
            Self::Unless(argument) if has(argument) => Policies::Off(format!("start it without {argument}")),
            Self::Unless(_) => Policies::Enforced,
            Self::Perhaps(when) => Policies::Perhaps(when),
            Self::Never => Policies::NotEnforced,
        }
    }
}

const fn known(
    name: &'static str,
    daemon_sets: &'static [&'static str],
    makes_network: bool,
    enforces: Enforces,
) -> Known {
    Known {
        name,
        daemon_sets,
        makes_network,
        enforces,
    }
}
