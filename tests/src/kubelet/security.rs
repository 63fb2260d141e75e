//! The security context of a container: user, capabilities, system calls.

use super::defaults;
use super::image::Image;
use super::manifest::Manifest;
use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::core::v1::{PodSecurityContext, SeccompProfile, SecurityContext};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What container and pod ask for, of which the container's word counts more.
pub(super) struct Security {
    container: SecurityContext,
    pod: PodSecurityContext,
}

impl Security {
    pub(super) fn of(manifest: &Manifest) -> Result<Self> {
        let container = manifest.container()?.security_context.clone().unwrap_or_default();
        let pod = manifest.pod.security_context.clone().unwrap_or_default();
        ensure!(container.privileged != Some(true), "a privileged container");
        ensure!(
            pod.fs_group.is_none() && pod.sysctls.is_none() && pod.supplemental_groups.is_none(),
            "nobody has taught this kubelet fsGroup, sysctls or supplementalGroups"
        );
        Ok(Self { container, pod })
    }

    pub(super) fn is_root_read_only(&self) -> bool {
        self.container.read_only_root_filesystem == Some(true)
    }

    pub(super) fn no_new_privileges(&self) -> bool {
        self.container.allow_privilege_escalation == Some(false)
    }

    pub(super) fn user(&self, image: &Image) -> Result<Value> {
        let named = image.config["User"].as_str().unwrap_or_default();
        let (user, group) = named.split_once(':').unwrap_or((named, ""));
        let user = self
            .container
            .run_as_user
            .or(self.pod.run_as_user)
            .map_or_else(|| number(user), Ok)?;
        let group = self
            .container
            .run_as_group
            .or(self.pod.run_as_group)
            .map_or_else(|| number(group), Ok)?;
        let non_root = self.container.run_as_non_root.or(self.pod.run_as_non_root);
        ensure!(
            user != 0 || non_root != Some(true),
            "root, where runAsNonRoot is asked for"
        );
        Ok(json!({"uid": user, "gid": group}))
    }

    /// The same in all sets that a process without file capabilities has.
    pub(super) fn capabilities(&self) -> Value {
        let asked = self.container.capabilities.clone().unwrap_or_default();
        let (drop, add) = (asked.drop.unwrap_or_default(), asked.add.unwrap_or_default());
        let mut held: BTreeSet<String> = defaults::CAPABILITIES.map(str::to_owned).into();
        if drop.iter().any(|name| name == "ALL") {
            held.clear();
        }
        for name in &drop {
            held.remove(&format!("CAP_{name}"));
        }
        held.extend(add.iter().map(|name| format!("CAP_{name}")));
        json!({"bounding": held, "effective": held, "permitted": held})
    }

    /// None where the runtime's own list is asked for, which is not to be had without the runtime.
    pub(super) fn seccomp(&self, profiles: &Path) -> Result<Option<Value>> {
        let of_container = self.container.seccomp_profile.as_ref();
        let Some(profile) = of_container.or(self.pod.seccomp_profile.as_ref()) else {
            return Ok(None);
        };
        match profile.type_.as_str() {
            "RuntimeDefault" => Ok(None),
            "Localhost" => local(profile, profiles).map(Some),
            other => bail!("seccomp profile {other}"),
        }
    }
}

/// Root where an image names nobody.
fn number(named: &str) -> Result<i64> {
    if named.is_empty() {
        return Ok(0);
    }
    named
        .parse()
        .with_context(|| format!("the image's user or group {named} is no number"))
}

fn local(profile: &SeccompProfile, profiles: &Path) -> Result<Value> {
    let name = profile.localhost_profile.as_deref().context("which profile")?;
    let path = profiles.join(name);
    let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display()))
}
