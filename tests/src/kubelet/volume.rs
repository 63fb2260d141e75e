//! What is mounted into a container from outside.

use super::manifest::Manifest;
use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::core::v1::PodSpec;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Where a pod finds what it needs to call the API server.
pub(super) const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The node's own files, and what the kubelet makes for a pod, below a folder.
pub(super) struct Volumes<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) folder: &'a Path,
    pub(super) account: &'a Path,
}

impl Volumes<'_> {
    pub(super) fn mounts(&self) -> Result<Vec<Value>> {
        let mut mounts = Vec::new();
        for mount in self.manifest.container()?.volume_mounts.iter().flatten() {
            ensure!(
                mount.sub_path.is_none() && mount.mount_propagation.is_none(),
                "nobody has taught this kubelet subPath and mountPropagation"
            );
            let source = place(&self.manifest.pod, self.folder, &mount.name)?;
            fs::create_dir_all(&source).with_context(|| format!("make the folder {}", source.display()))?;
            mounts.push(bind(&source, &mount.mount_path, mount.read_only == Some(true)));
        }
        if self.manifest.pod.automount_service_account_token != Some(false) {
            mounts.push(bind(self.account, ACCOUNT, true));
        }
        Ok(mounts)
    }
}

/// Where the files of a pod's volume are.
pub(super) fn place(pod: &PodSpec, folder: &Path, name: &str) -> Result<PathBuf> {
    let mut all = pod.volumes.iter().flatten();
    let volume = all.find(|volume| volume.name == name);
    let volume = volume.with_context(|| format!("there is no volume {name}"))?;
    if volume.empty_dir.is_some() {
        return Ok(folder.join("volumes").join(name));
    }
    let Some(host) = &volume.host_path else {
        bail!("nobody has taught this kubelet the volume {volume:?}");
    };
    ensure!(
        host.type_.as_deref() == Some("DirectoryOrCreate"),
        "this node has no {}",
        host.path
    );
    Ok(folder.join("node").join(host.path.trim_start_matches('/')))
}

fn bind(source: &Path, place: &str, read_only: bool) -> Value {
    let access = if read_only { "ro" } else { "rw" };
    json!({"destination": place, "type": "bind", "source": source, "options": ["rbind", "rprivate", access]})
}
