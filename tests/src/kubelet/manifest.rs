//! The DaemonSet in a folder of manifests.

use super::volume;
use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Container, PodSpec};
use std::fs;
use std::path::{Path, PathBuf};

/// A pod as a manifest describes it.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(super) namespace: String,
    pub(super) pod: PodSpec,
    /// Where nodes keep profiles of their own.
    pub(super) profiles: PathBuf,
}

/// Which list of system calls a pod may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seccomp {
    /// As its manifest says.
    AsIs,
    /// The agent's own, as with the component for it.
    Own,
}

impl Manifest {
    /// What this repository would have installed.
    pub fn of_repository() -> Result<Self> {
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
        Self::read(&deploy.join("kustomize/base"), "netobs", &deploy.join("seccomp"))
    }

    /// The one DaemonSet among the files of a folder.
    pub fn read(folder: &Path, namespace: &str, profiles: &Path) -> Result<Self> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
            let path = entry?.path();
            let (documents, findings) = netobs_k8s::document::split(&path.display().to_string(), &fs::read(&path)?);
            ensure!(findings.is_empty(), "{findings:?}");
            let values = documents.into_iter().map(|document| document.value);
            found.extend(values.filter(|value| value["kind"] == "DaemonSet"));
        }
        ensure!(found.len() == 1, "{} DaemonSets in {}", found.len(), folder.display());
        let set: DaemonSet = serde_json::from_value(found.remove(0)).context("read the DaemonSet")?;
        Ok(Self {
            namespace: namespace.to_owned(),
            pod: set.spec.template.spec.context("a pod")?,
            profiles: profiles.to_owned(),
        })
    }

    /// The same under another list of system calls.
    #[must_use]
    pub fn under(mut self, seccomp: Seccomp) -> Self {
        if seccomp == Seccomp::Own {
            let profile = self.pod.security_context.get_or_insert_default();
            let profile = profile.seccomp_profile.get_or_insert_default();
            "Localhost".clone_into(&mut profile.type_);
            profile.localhost_profile = Some("netobs-agent.json".to_owned());
        }
        self
    }

    /// Where the files of a volume of this pod are, if it runs below that folder.
    pub fn volume(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        volume::place(&self.pod, folder, name)
    }

    pub(super) fn container(&self) -> Result<&Container> {
        ensure!(self.pod.containers.len() == 1, "a pod of more than one container");
        ensure!(
            self.pod.init_containers.as_ref().is_none_or(Vec::is_empty),
            "a pod with init containers"
        );
        Ok(&self.pod.containers[0])
    }
}
