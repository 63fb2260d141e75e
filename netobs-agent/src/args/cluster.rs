//! Arguments about the cluster.
use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// How to reach the API server; without it, as pods do. Where there is neither, flows carry no labels.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig, if not its current one.
    #[arg(long, requires = "kubeconfig")]
    pub(crate) context: Option<String>,

    /// Look for no cluster, even inside one.
    #[arg(long, conflicts_with = "kubeconfig")]
    pub(crate) no_cluster: bool,

    /// The name of the node we are on, as Kubernetes has it; the host's name if not given.
    #[arg(long, env = "NODE_NAME", value_name = "NAME")]
    pub(crate) node_name: Option<String>,

    /// Write no Kubernetes Events about missing labels.
    #[arg(long)]
    pub(crate) no_events: bool,

    /// Seconds that whoever enforces policies may take to follow a change before a disagreement is called one.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub(crate) lag: u64,
}
