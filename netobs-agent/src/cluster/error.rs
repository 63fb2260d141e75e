//! Why the cluster cannot be reached with the configuration that was given.
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterError {
    #[error("kubeconfig {}: {field}: {problem}; {remedy}", file.display())]
    Kubeconfig {
        file: PathBuf,
        field: String,
        problem: String,
        remedy: String,
    },
    #[error(
        "this looks like a pod, and its service account cannot be used: {problem}; {remedy}, or give --kubeconfig, or \
         --no-cluster to run without the cluster's names"
    )]
    InCluster { problem: String, remedy: &'static str },
}
