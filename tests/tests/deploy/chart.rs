//! The chart by itself: what it refuses, and what it calls things.

use super::pod::daemon_set;
use super::rendered::{ODD, chart, template};
use super::tools::{HELM, complaint, deploy, output, program};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn values_it_does_not_know_and_values_that_contradict_each_other_are_refused() -> Result<()> {
    let digest = format!("image.digest=sha256:{}", "A".repeat(64));
    let refused = [
        ("metric.enabled=true", "'metric' not allowed"),
        ("tls.enable=true", "'enable' not allowed"),
        (digest.as_str(), "/image/digest"),
        ("grpc.port=0", "/grpc/port"),
        ("image.pullPolicy=Sometimes", "/image/pullPolicy"),
        ("resources.limits.memory=lots", "/resources/limits/memory"),
        ("extraArgs[0]=history", "/extraArgs/0"),
        ("podMonitor.enabled=true", "take metrics.enabled"),
        ("prometheusRule.enabled=true", "take metrics.enabled"),
        ("tls.certManager.enabled=true", "takes tls.enabled"),
        ("redact.what[0]=names", "/redact/what/0"),
        ("redact.keySecret=pseudonyms", "takes redact.what or redact.labels"),
        (
            "openshift.enabled=true,seccompProfile.type=Unconfined",
            "takes seccompProfile.type RuntimeDefault or Localhost",
        ),
    ];
    for (value, why) in refused {
        let said = complaint(template("netobs", "netobs", &[])?.args(["--set", value]))?;
        ensure!(said.contains(why), "{value}: {said}");
    }
    let said = complaint(template("netobs", "netobs", &[])?.args(["--kube-version", "1.24.0"]))?;
    ensure!(said.contains("incompatible with Kubernetes"), "{said}");
    Ok(())
}

#[test]
fn an_image_is_named_by_its_tag_and_by_its_digest_if_there_is_one() -> Result<()> {
    let image = |arguments: &[&str]| -> Result<String> {
        let objects = chart("netobs", "netobs", arguments)?;
        let container = &daemon_set(&objects)?["spec"]["template"]["spec"]["containers"][0];
        Ok(container["image"].as_str().context("an image")?.to_owned())
    };
    let elsewhere = "--set=image.repository=registry.example/team/netobs";
    assert_eq!(
        image(&[elsewhere, "--set=image.tag=1.2"])?,
        "registry.example/team/netobs:1.2"
    );
    let digest = format!("sha256:{}", "0a".repeat(32));
    let set = format!("--set=image.tag=1.2,image.digest={digest}");
    assert_eq!(
        image(&[elsewhere, &set])?,
        format!("registry.example/team/netobs@{digest}")
    );
    Ok(())
}

#[test]
fn releases_in_two_namespaces_share_no_object() -> Result<()> {
    let names = |release: &str, namespace: &str| -> Result<BTreeSet<String>> {
        let everything = [
            "--set=openshift.enabled=true,metrics.enabled=true,tls.enabled=true",
            "--set=tls.certManager.enabled=true,dashboard.enabled=true",
        ];
        let objects = chart(release, namespace, &everything)?;
        let all = objects.iter().map(|object| {
            let metadata = &object["metadata"];
            format!("{} {}/{}", object["kind"], metadata["namespace"], metadata["name"])
        });
        Ok(all.collect())
    };
    let first = names("netobs", "netobs")?;
    for (release, namespace) in [("netobs", "other"), ("watch", "netobs"), ("watch", "other")] {
        let shared: Vec<_> = first.intersection(&names(release, namespace)?).cloned().collect();
        assert_eq!(shared, [""; 0], "{release} in {namespace}");
    }
    Ok(())
}

#[test]
fn names_that_could_be_numbers_are_names() -> Result<()> {
    let objects = chart("123", "456", &ODD)?;
    ensure!(objects.len() > 20, "{}", objects.len());
    for object in &objects {
        check_names(object).with_context(|| format!("{object:#}"))?;
    }
    Ok(())
}

fn check_names(value: &Value) -> Result<()> {
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
            let is_name = name.ends_with("ame") || name == "namespace" || name.starts_with("app.kubernetes.io/");
            ensure!(!is_name || field.is_string(), "{name}: {field}");
            check_names(field)
        }),
        Value::Array(list) => list.iter().try_for_each(check_names),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[test]
fn what_is_redacted_and_with_which_secret_is_a_matter_of_values() -> Result<()> {
    let objects = chart("netobs", "netobs", &ODD)?;
    let pod = &daemon_set(&objects)?["spec"]["template"]["spec"];
    let told = pod["containers"][0]["args"].as_array().context("arguments")?;
    for argument in [
        "--redact=ips,pod-names",
        "--redact-label=owner",
        "--redact-label=example.com/*",
        "--redact-key=/etc/netobs/redact/key",
    ] {
        ensure!(told.iter().any(|one| one == argument), "{argument} is not in {told:?}");
    }
    let secrets = pod["volumes"].as_array().into_iter().flatten();
    let mut secrets = secrets.map(|volume| &volume["secret"]["secretName"]);
    ensure!(secrets.any(|name| name == "pseudonyms"), "{pod:#}");
    Ok(())
}

#[test]
fn helm_finds_nothing_amiss_and_the_notes_say_how_to_go_on() -> Result<()> {
    let mut lint = Command::new(program(HELM)?);
    output(
        lint.args(["lint", "--strict", "--namespace", "netobs"])
            .arg(deploy("chart/netobs")),
    )?;
    let mut install = Command::new(program(HELM)?);
    install.args(["install", "netobs", "--dry-run=client", "--namespace", "netobs"]);
    let said = output(install.arg(deploy("chart/netobs")))?;
    for part in [
        "kubectl exec -n netobs ds/netobs-agent -- netobs causes",
        "--role=netobs-user",
    ] {
        ensure!(said.contains(part), "{part} is not in {said}");
    }
    Ok(())
}
