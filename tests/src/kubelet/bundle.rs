//! Image and manifest joined into what an OCI runtime runs.

use super::defaults;
use super::image::Image;
use super::manifest::Manifest;
use super::security::Security;
use super::volume::Volumes;
use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::core::v1::{EnvVar, ResourceRequirements};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;

pub(super) struct Bundle<'a> {
    pub(super) image: &'a Image,
    pub(super) manifest: &'a Manifest,
    pub(super) node_name: &'a str,
    pub(super) api_server: SocketAddr,
    pub(super) volumes: Volumes<'a>,
    /// Where its processes are counted.
    pub(super) cgroup: &'a str,
}

impl Bundle<'_> {
    /// The `config.json`; the network is that of whoever runs it.
    pub(super) fn config(&self) -> Result<Value> {
        let pod = &self.manifest.pod;
        ensure!(pod.host_network == Some(true), "a pod with a network of its own");
        let security = Security::of(self.manifest)?;
        let mut mounts = defaults::mounts();
        mounts.extend(self.volumes.mounts()?);
        let mut config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": security.user(self.image)?,
                "args": self.arguments()?,
                "env": self.environment()?,
                "cwd": "/",
                "capabilities": security.capabilities(),
                "noNewPrivileges": security.no_new_privileges(),
            },
            "root": {"path": self.image.root, "readonly": security.is_root_read_only()},
            "mounts": mounts,
            "linux": {
                "cgroupsPath": self.cgroup,
                "namespaces": self.namespaces(),
                "maskedPaths": defaults::MASKED,
                "readonlyPaths": defaults::READ_ONLY,
                "resources": self.resources()?,
            },
        });
        if let Some(seccomp) = security.seccomp(&self.manifest.profiles)? {
            config["linux"]["seccomp"] = seccomp;
        }
        Ok(config)
    }

    /// Of a pod on the node's network; it has the node's name, too.
    fn namespaces(&self) -> Vec<Value> {
        let pod = &self.manifest.pod;
        let mut kinds = vec!["mount"];
        kinds.extend((pod.host_pid != Some(true)).then_some("pid"));
        kinds.extend((pod.host_ipc != Some(true)).then_some("ipc"));
        kinds.into_iter().map(|kind| json!({"type": kind})).collect()
    }

    fn arguments(&self) -> Result<Vec<String>> {
        let container = self.manifest.container()?;
        let mut words = container
            .command
            .clone()
            .unwrap_or_else(|| self.image.words("Entrypoint"));
        words.extend(container.args.clone().unwrap_or_else(|| self.image.words("Cmd")));
        ensure!(
            !words.iter().any(|word| word.contains("$(")),
            "nobody has taught this kubelet variables in arguments: {words:?}"
        );
        Ok(words)
    }

    fn environment(&self) -> Result<Vec<String>> {
        let mut environment = self.image.words("Env");
        environment.push(format!("KUBERNETES_SERVICE_HOST={}", self.api_server.ip()));
        environment.push(format!("KUBERNETES_SERVICE_PORT={}", self.api_server.port()));
        for variable in self.manifest.container()?.env.iter().flatten() {
            environment.push(format!("{}={}", variable.name, self.value(variable)?));
        }
        Ok(environment)
    }

    fn value(&self, variable: &EnvVar) -> Result<String> {
        let Some(source) = &variable.value_from else {
            return Ok(variable.value.clone().unwrap_or_default());
        };
        let field = source
            .field_ref
            .as_ref()
            .context("a value from something but a field")?;
        Ok(match field.field_path.as_str() {
            "spec.nodeName" => self.node_name.to_owned(),
            "metadata.namespace" => self.manifest.namespace.clone(),
            other => bail!("nobody has taught this kubelet the field {other}"),
        })
    }

    fn resources(&self) -> Result<Value> {
        let asked = self.manifest.container()?.resources.clone();
        let ResourceRequirements { limits, .. } = asked.unwrap_or_default();
        let limits = limits.unwrap_or_default();
        ensure!(
            limits.keys().all(|name| name == "memory"),
            "limits other than of memory: {limits:?}"
        );
        let mut resources = json!({"devices": [{"allow": false, "access": "rwm"}]});
        if let Some(memory) = limits.get("memory") {
            resources["memory"] = json!({"limit": bytes(&memory.0)?});
        }
        Ok(resources)
    }
}

fn bytes(quantity: &str) -> Result<u64> {
    let (number, unit) = match quantity.strip_suffix("Mi") {
        Some(number) => (number, 1 << 20),
        None => (quantity.strip_suffix("Gi").context("memory in Mi or Gi")?, 1 << 30),
    };
    Ok(number.parse::<u64>()? * unit)
}

/// For who looks into the folder of a container that failed.
pub(super) fn write(config: &Value, folder: &Path) -> Result<()> {
    let path = folder.join("config.json");
    std::fs::write(&path, format!("{config:#}\n")).with_context(|| format!("write {}", path.display()))
}
