//! In another namespace than the usual one, chosen by a kustomization around an overlay or by helm.

use super::rendered::{OVERLAYS, chart_in, kustomize};
use super::tools::{deploy, output};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAMESPACE: &str = "obs";
/// What would speak of the usual one.
const LEFT: [&str; 4] = ["netobs.svc", "-n netobs", "namespace netobs", "namespace=netobs"];

#[test]
fn nothing_is_left_of_the_usual_namespace() -> Result<()> {
    for overlay in OVERLAYS {
        let folder = around(overlay)?;
        check(&kustomize(&folder)?).with_context(|| format!("overlay {overlay}"))?;
        fs::remove_dir_all(folder)?;
        check(&chart_in(NAMESPACE, overlay)?).with_context(|| format!("chart as {overlay}"))?;
    }
    Ok(())
}

fn check(objects: &[Value]) -> Result<()> {
    for object in objects {
        let whole = object.to_string();
        for left in LEFT {
            ensure!(!whole.contains(left), "{left} in {object:#}");
        }
        namespaces(object, &mut |namespace| {
            ensure!(namespace == NAMESPACE, "{namespace} in {object:#}");
            Ok(())
        })?;
        if object["kind"] == "Namespace" {
            assert_eq!(object["metadata"]["name"], NAMESPACE);
        }
        for subject in object["subjects"].as_array().into_iter().flatten() {
            assert_eq!(subject["namespace"], NAMESPACE, "{object:#}");
        }
        for name in object["spec"]["dnsNames"].as_array().into_iter().flatten() {
            ensure!(name.to_string().contains(".obs.svc"), "{name}");
        }
    }
    Ok(())
}

fn namespaces(value: &Value, found: &mut impl FnMut(&Value) -> Result<()>) -> Result<()> {
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
            if name == "namespace" {
                found(field)?;
            }
            namespaces(field, found)
        }),
        Value::Array(list) => list.iter().try_for_each(|one| namespaces(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// A kustomization as docs/install.md tells to write one, beside a copy of `deploy`.
fn around(overlay: &str) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("elsewhere-{overlay}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    output(Command::new("cp").arg("--recursive").arg(deploy("")).arg(&folder))?;
    let mut text = format!("namespace: {NAMESPACE}\nresources: [deploy/kustomize/overlays/{overlay}]\n");
    if overlay == "tls-cert-manager" {
        text += "replacements: [{path: deploy/kustomize/overlays/tls-cert-manager/names.yaml}]\n";
    }
    fs::write(folder.join("kustomization.yaml"), text)?;
    Ok(folder)
}
