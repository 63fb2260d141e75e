//! The policies in force, and the objects they are about: from files, or as the API server has them.
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use netobs_core::inventory::{Listing, Place};
use netobs_k8s::manifests::{Manifests, Reader};

use crate::{
    agents,
    apiserver::{ApiServer, Fault, Right},
    failure::Unreachable,
    global::Global,
    input,
};

/// Says that there are none.
const NONE: &str = "none";

#[derive(Args)]
pub(crate) struct InForce {
    /// The policies in force: a file, a folder, - for the standard input, or none if there are none; may be given again.
    /// Otherwise those of the cluster, as the API server has them.
    #[arg(long, value_name = "FILE|DIR|-|none")]
    current: Vec<PathBuf>,
}

/// A kind of object that a command looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Namespaces,
    NetworkPolicies,
    Pods,
}

impl InForce {
    pub(crate) fn reads_standard_input(&self) -> bool {
        self.current.iter().any(|file| file.as_os_str() == "-")
    }

    /// Whether the API server is asked, if anybody is.
    pub(crate) const fn is_asked(&self) -> bool {
        self.current.is_empty()
    }

    /// `None` if nothing says what is in force.
    ///
    /// A file that was written somewhere is not joined with whatever cluster this machine happens to have: that has to be named.
    pub(crate) async fn read(&self, kinds: &[Kind], is_of_file: bool, global: &Global) -> Result<Option<Manifests>> {
        if self.current.iter().any(|file| file.as_os_str() == NONE) {
            if self.current.len() > 1 {
                bail!(
                    "--current {NONE} says that there are no policies, and others are given; a file of that name is ./{NONE}"
                );
            }
            return Ok(Some(Manifests::default()));
        }
        if !self.current.is_empty() {
            return input::read(&self.current).map(Some);
        }
        let is_named = global.kubeconfig.is_some() || global.context.is_some();
        if is_of_file && !is_named {
            return Ok(None);
        }
        ask(kinds, global).await
    }
}

/// As the API server has them; `None` if no cluster is named anywhere.
pub(crate) async fn ask(kinds: &[Kind], global: &Global) -> Result<Option<Manifests>> {
    let Some(config) = agents::cluster(global).await? else {
        return Ok(None);
    };
    let address = config.cluster_url.to_string();
    let server = ApiServer::of(config, global.patience()).map_err(|fault| away(&address, &fault))?;
    let mut reader = Reader::default();
    for kind in kinds {
        let listed = server.list(kind.path()).await;
        for page in listed.map_err(|fault| refused(&address, *kind, kinds, &fault))? {
            reader.add(&format!("{address} ({})", kind.resource()), page.as_bytes());
        }
    }
    Ok(Some(reader.finish()))
}

/// Whether what was seen was seen in another cluster: of the namespaces in it, none is there.
pub(crate) fn is_of_another_cluster(there: &Manifests, seen: &Listing) -> bool {
    let ends = seen
        .edges
        .iter()
        .flat_map(|edge| [&edge.key.source, &edge.key.destination]);
    let mut own = ends
        .filter_map(Place::namespace)
        .filter(|name| !EVERYWHERE.contains(&name.as_str()))
        .peekable();
    let is_known = !there.snapshot.namespaces.is_empty();
    is_known && own.peek().is_some() && own.all(|name| !there.snapshot.namespaces.contains_key(name))
}

/// Namespaces that every cluster has.
const EVERYWHERE: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Kind {
    const fn path(self) -> &'static str {
        match self {
            Self::Namespaces => "/api/v1/namespaces",
            Self::NetworkPolicies => "/apis/networking.k8s.io/v1/networkpolicies",
            Self::Pods => "/api/v1/pods",
        }
    }

    /// As `kubectl` takes it.
    const fn resource(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::NetworkPolicies => "networkpolicies.networking.k8s.io",
            Self::Pods => "pods",
        }
    }
}

fn away(address: &str, why: &Fault) -> Unreachable {
    Unreachable(format!(
        "the API server {address} cannot be asked for the policies in force: {why}; see whether `kubectl get netpol -A` works with \
         this kubeconfig, or name them with --current or -f"
    ))
}

fn refused(address: &str, kind: Kind, all: &[Kind], fault: &Fault) -> Unreachable {
    match fault {
        Fault::Refused { code: 403, message } => {
            let resources: Vec<_> = all.iter().map(|kind| kind.resource()).collect();
            let right = Right {
                verb: "list",
                resources: &resources,
                role: "netobs-read",
            };
            Unreachable(format!(
                "this user may not list {} ({message}); {}",
                kind.resource(),
                right.commands(message)
            ))
        }
        Fault::Refused { message, .. } => Unreachable(format!(
            "the API server {address} does not list {}: {message}",
            kind.resource()
        )),
        Fault::Away(_) => away(address, fault),
    }
}
