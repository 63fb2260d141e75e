//! Manifests as kubectl and helm render them, each once.

use super::tools::{HELM, KUBECTL, PYTHON, deploy, output, output_of, program};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Each has a file of values of the same name, but the default.
pub(super) const OVERLAYS: [&str; 6] = [
    "default",
    "kind",
    "openshift",
    "prometheus",
    "tls-cert-manager",
    "tls-secret",
];

/// What may be added to an overlay.
const COMPONENTS: [&str; 5] = [
    "kustomize/components/metrics",
    "kustomize/components/prometheus",
    "kustomize/components/resource-quota",
    "kustomize/components/seccomp",
    "dashboards",
];

/// More than any overlay turns on, and other names.
pub(super) const ODD: [&str; 15] = [
    "--set=openshift.enabled=true,metrics.enabled=true,podMonitor.enabled=true,prometheusRule.enabled=true",
    "--set=dashboard.enabled=true,tls.enabled=true,tls.certManager.enabled=true,resourceQuota.create=true",
    "--set=seccompProfile.type=Localhost,events=false,grpc.port=14250,http.port=19450",
    "--set=image.repository=registry.example/netobs,imagePullSecrets[0].name=registry",
    "--set=podMonitor.labels.release=prometheus,prometheusRule.labels.release=prometheus",
    "--set=tls.certManager.dnsNames[0]=netobs.example",
    "--set=serviceAccount.annotations.owner=network",
    "--set-string=podAnnotations.owner=network,podLabels.owner=network",
    "--set-json=tolerations=[{\"key\":\"a\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}]",
    "--set-json=affinity={\"nodeAffinity\":{}}",
    "--set=extraArgs[0]=--history=65536",
    "--set=state.hostPath=/srv/netobs",
    "--set=resources.limits.cpu=1500m",
    "--set=tls.plainLoopback=true,seLinuxOptions.level=s0,redact.keySecret=pseudonyms",
    "--set=redact.what={ips,pod-names},redact.labels={owner,example.com/*}",
];

const TO_JSON: &str = "import json, sys, yaml; \
     json.dump([one for one in yaml.safe_load_all(sys.stdin) if one], sys.stdout)";

pub(super) fn overlay(name: &str) -> Result<Vec<Value>> {
    kustomize(&deploy("kustomize/overlays").join(name))
}

/// The default overlay with all that may be added to it.
pub(super) fn all_components() -> Result<Vec<Value>> {
    static FOLDER: Mutex<()> = Mutex::new(());
    let _alone = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("components-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    // Only relative paths are taken.
    let up = "../".repeat(folder.components().count() - 1);
    let at = |path: &str| format!("{up}{}", deploy(path).display().to_string().trim_start_matches('/'));
    let components = COMPONENTS.map(|path| format!("  - {}\n", at(path))).concat();
    let text = format!(
        "resources:\n  - {}\ncomponents:\n{components}",
        at("kustomize/overlays/default")
    );
    fs::write(folder.join("kustomization.yaml"), text)?;
    let rendered = kustomize(&folder);
    fs::remove_dir_all(folder)?;
    rendered
}

/// As release `netobs` in namespace `netobs`, which is part of it.
pub(super) fn chart_like(overlay: &str) -> Result<Vec<Value>> {
    chart_in("netobs", overlay)
}

pub(super) fn chart_in(namespace: &str, overlay: &str) -> Result<Vec<Value>> {
    let values = deploy("chart/values").join(overlay).with_extension("yaml");
    let values = values.display().to_string();
    let mut arguments = vec!["--set=namespace.create=true"];
    if overlay != "default" {
        arguments.extend(["--values", &values]);
    }
    chart("netobs", namespace, &arguments)
}

pub(super) fn odd_chart() -> Result<Vec<Value>> {
    chart("watch", "observability", &ODD)
}

pub(super) fn chart(release: &str, namespace: &str, arguments: &[&str]) -> Result<Vec<Value>> {
    objects(&mut template(release, namespace, arguments)?)
}

/// `helm template` of the chart.
pub(super) fn template(release: &str, namespace: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(program(HELM)?);
    command.args(["template", release]).arg(deploy("chart/netobs"));
    command.args(["--namespace", namespace]).args(arguments);
    Ok(command)
}

/// All of them, by where they are from.
pub(super) fn everything() -> Result<BTreeMap<String, Vec<Value>>> {
    let mut all = BTreeMap::new();
    for name in OVERLAYS {
        all.insert(format!("overlay {name}"), overlay(name)?);
        all.insert(format!("chart as {name}"), chart_like(name)?);
    }
    all.insert("all components".to_owned(), all_components()?);
    all.insert("odd chart".to_owned(), odd_chart()?);
    Ok(all)
}

/// The only object of a kind and name.
pub(super) fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    let mut found = objects
        .iter()
        .filter(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => bail!("there are two of {kind} {name}"),
        (None, _) => bail!("there is no {kind} {name}"),
    }
}

pub(super) fn kustomize(folder: &Path) -> Result<Vec<Value>> {
    objects(Command::new(program(KUBECTL)?).arg("kustomize").arg(folder))
}

/// What a command prints in YAML; the same command prints the same.
fn objects(command: &mut Command) -> Result<Vec<Value>> {
    static KNOWN: Mutex<BTreeMap<String, Vec<Value>>> = Mutex::new(BTreeMap::new());
    let name = format!("{command:?}");
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&name) {
        return Ok(known.clone());
    }
    let yaml = output(command)?;
    let json = output_of(Command::new(program(PYTHON)?).args(["-c", TO_JSON]), &yaml)?;
    let objects: Vec<Value> = serde_json::from_str(&json).context("a list of objects")?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(name, objects.clone());
    Ok(objects)
}
