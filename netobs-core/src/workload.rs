//! Which workload a pod belongs to, told from the pod alone: its owner reference, its labels and its name.
use crate::labels::{Interner, Labels, Symbol};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    CronJob,
    Job,
    ReplicationController,
    /// A pod that the kubelet runs from a file on its node.
    StaticPod,
    /// A pod that nothing owns.
    Pod,
    /// An owner of a kind that is not Kubernetes' own, by its kind.
    Other(Symbol),
}

impl WorkloadKind {
    /// The kind that is written like this.
    pub fn named(kind: &str, interner: &mut Interner) -> Self {
        match kind {
            "Deployment" => Self::Deployment,
            "ReplicaSet" => Self::ReplicaSet,
            "StatefulSet" => Self::StatefulSet,
            "DaemonSet" => Self::DaemonSet,
            "CronJob" => Self::CronJob,
            "Job" => Self::Job,
            "ReplicationController" => Self::ReplicationController,
            "StaticPod" => Self::StaticPod,
            "Pod" => Self::Pod,
            other => Self::Other(interner.symbol(other)),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::CronJob => "CronJob",
            Self::Job => "Job",
            Self::ReplicationController => "ReplicationController",
            Self::StaticPod => "StaticPod",
            Self::Pod => "Pod",
            Self::Other(kind) => kind,
        }
    }
}

/// The owner of a pod in the pod's namespace, as far up as the pod lets it be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload {
    pub kind: WorkloadKind,
    pub name: Symbol,
}

/// The owner reference that is marked as controller, or the only one there is.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub kind: &'a str,
    pub name: &'a str,
}

/// What of a pod its workload is told from.
#[derive(Clone, Copy, Debug)]
pub struct Owned<'a> {
    pub pod: &'a str,
    pub labels: &'a Labels,
    pub owner: Option<Owner<'a>>,
}

impl Workload {
    /// ReplicaSets and Jobs are not watched: their names and the pod's labels tell what made them.
    pub fn of(pod: Owned<'_>, interner: &mut Interner) -> Self {
        let Some(owner) = pod.owner else {
            return Self {
                kind: WorkloadKind::Pod,
                name: interner.symbol(pod.pod),
            };
        };
        let (kind, name) = match owner.kind {
            "ReplicaSet" => maker_of_replica_set(owner.name, pod.labels),
            "ReplicationController" => maker_of_replication_controller(owner.name, pod.labels),
            "Job" => maker_of_job(owner.name),
            "StatefulSet" => (WorkloadKind::StatefulSet, owner.name),
            "DaemonSet" => (WorkloadKind::DaemonSet, owner.name),
            "Node" => (WorkloadKind::StaticPod, without_suffix(pod.pod, owner.name)),
            other => (WorkloadKind::Other(interner.symbol(other)), owner.name),
        };
        Self {
            kind,
            name: interner.symbol(name),
        }
    }
}

fn maker_of_replica_set<'a>(name: &'a str, labels: &Labels) -> (WorkloadKind, &'a str) {
    let made_by = |label| {
        let hash = labels.get(label)?;
        name.strip_suffix(hash.as_str())?.strip_suffix('-')
    };
    match (made_by("pod-template-hash"), made_by("rollouts-pod-template-hash")) {
        (Some(deployment), _) => (WorkloadKind::Deployment, deployment),
        (None, Some(rollout)) => (WorkloadKind::Other("Rollout".into()), rollout),
        (None, None) => (WorkloadKind::ReplicaSet, name),
    }
}

/// OpenShift's DeploymentConfig makes ReplicationControllers that are named after it and numbered.
fn maker_of_replication_controller<'a>(name: &'a str, labels: &Labels) -> (WorkloadKind, &'a str) {
    let config = labels
        .get("deploymentconfig")
        .and_then(|config| name.get(..config.len()).filter(|start| *start == config.as_str()));
    match config {
        Some(config) => (WorkloadKind::Other("DeploymentConfig".into()), config),
        None => (WorkloadKind::ReplicationController, name),
    }
}

/// A CronJob names its Jobs after itself and the minute since 1970 they were due at; older ones after the second.
fn maker_of_job(name: &str) -> (WorkloadKind, &str) {
    match name.rsplit_once('-') {
        Some((cron_job, due)) if (8..=10).contains(&due.len()) && due.bytes().all(|byte| byte.is_ascii_digit()) => {
            (WorkloadKind::CronJob, cron_job)
        }
        _ => (WorkloadKind::Job, name),
    }
}

fn without_suffix<'a>(pod: &'a str, node: &str) -> &'a str {
    pod.strip_suffix(node)
        .and_then(|name| name.strip_suffix('-'))
        .unwrap_or(pod)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(pod: &str, labels: &[(&str, &str)], owner: Option<(&str, &str)>) -> String {
        let owned = Owned {
            pod,
            labels: &Labels::of(labels.iter().copied()),
            owner: owner.map(|(kind, name)| Owner { kind, name }),
        };
        let Workload { kind, name } = Workload::of(owned, &mut Interner::default());
        format!("{}/{name}", kind.as_str())
    }

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        let mut interner = Interner::default();
        let kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "CronJob", "Job"];
        let others = ["ReplicationController", "StaticPod", "Pod", "Rollout"];
        for kind in kinds.iter().chain(&others) {
            assert_eq!(WorkloadKind::named(kind, &mut interner).as_str(), *kind);
        }
        assert_eq!(WorkloadKind::named("Pod", &mut interner), WorkloadKind::Pod);
    }

    #[test]
    fn a_deployment_is_found_through_its_replica_set() {
        let hash = [("pod-template-hash", "6d4cf56db6")];
        assert_eq!(
            workload("web-6d4cf56db6-x", &hash, Some(("ReplicaSet", "web-6d4cf56db6"))),
            "Deployment/web"
        );
        assert_eq!(
            workload("web-abc-x", &hash, Some(("ReplicaSet", "web-abc"))),
            "ReplicaSet/web-abc"
        );
        assert_eq!(workload("web-x", &[], Some(("ReplicaSet", "web"))), "ReplicaSet/web");
    }

    #[test]
    fn a_cron_job_is_found_through_its_job_and_a_job_stays_itself() {
        assert_eq!(
            workload("backup-29051520-x", &[], Some(("Job", "backup-29051520"))),
            "CronJob/backup"
        );
        assert_eq!(
            workload("migrate-v2-x", &[], Some(("Job", "migrate-v2"))),
            "Job/migrate-v2"
        );
    }

    #[test]
    fn sets_of_named_and_of_node_pods_own_directly() {
        assert_eq!(workload("db-0", &[], Some(("StatefulSet", "db"))), "StatefulSet/db");
        assert_eq!(workload("logs-x", &[], Some(("DaemonSet", "logs"))), "DaemonSet/logs");
    }

    #[test]
    fn a_static_pod_loses_its_nodes_name_and_a_bare_pod_keeps_its_own() {
        assert_eq!(
            workload("kube-apiserver-cp-1", &[], Some(("Node", "cp-1"))),
            "StaticPod/kube-apiserver"
        );
        assert_eq!(workload("shell", &[], None), "Pod/shell");
    }

    #[test]
    fn an_owner_of_an_unknown_kind_keeps_its_kind_and_name() {
        assert_eq!(workload("ci-1", &[], Some(("PipelineRun", "ci"))), "PipelineRun/ci");
        let rollout = [("rollouts-pod-template-hash", "7f9")];
        assert_eq!(
            workload("api-7f9-x", &rollout, Some(("ReplicaSet", "api-7f9"))),
            "Rollout/api"
        );
        let config = [("deploymentconfig", "shop")];
        assert_eq!(
            workload("shop-3-x", &config, Some(("ReplicationController", "shop-3"))),
            "DeploymentConfig/shop"
        );
    }
}
