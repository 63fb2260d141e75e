//! The chart by itself: what it refuses, and what it calls things.

use super::pod::daemon_set;
use super::rendered::{chart, template};
use super::tools::{HELM, complaint, deploy, output, program};
use anyhow::{Context as _, Result, ensure};
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
