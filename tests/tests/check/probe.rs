//! `netobs check --probe` of a cluster in the lab: what it says of its connections is what netfilter counted of them.

use super::image::Image;
use super::scene::{Scene, says};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::apiserver::{Fault, On};
use netobs_tests::demo::{Role, Scenario};
use serde_json::Value;
use std::process::Output;

fn name(role: Role) -> String {
    format!("{}/{}", role.namespace(), role.pod())
}

fn probe(from: Role, port: u16) -> String {
    format!("{}={}:{port}", name(from), name(Role::Api))
}

impl Scene {
    /// Processes can be run in that pod, with what is in the image.
    fn let_run(&self, role: Role, image: &Image) {
        let pod = self.stage.pod(role);
        self.stage
            .server()
            .exec(role.namespace(), &role.pod(), pod, image.programs());
    }

    fn probe(&self, probes: &[String], more: &[&str]) -> Result<Output> {
        let mut command = self.netobs(&["check", "-o", "json"])?;
        for probe in probes {
            command.args(["--probe", probe]);
        }
        Ok(command.args(more).output()?)
    }
}

fn findings(output: &Output) -> Result<Vec<Value>> {
    let error = String::from_utf8_lossy(&output.stderr);
    let answer: Value = serde_json::from_slice(&output.stdout).with_context(|| error.into_owned())?;
    Ok(answer["findings"].as_array().context("findings")?.clone())
}

#[test]
fn a_probe_that_policies_refuse_is_seen_refused_and_one_that_they_admit_comes_through() -> Result<()> {
    let scene = Scene::of(Scenario::MissingLabel, "calico-node")?;
    let image = Image::with(&["nc", "timeout"])?;
    for role in [Role::Web, Role::Backup] {
        scene.let_run(role, &image);
    }
    let output = scene.probe(&[probe(Role::Backup, 8080), probe(Role::Web, 8080)], &[])?;
    let said = String::from_utf8_lossy(&output.stderr);
    for role in [Role::Backup, Role::Web] {
        let announced = format!(
            "probing: a process in pod {} (container {})",
            name(role),
            role.deployment()
        );
        ensure!(said.contains(&announced), "{said}");
    }
    let findings = findings(&output)?;
    let probed: Vec<_> = findings.iter().filter(|one| one["topic"] == "probe").collect();
    assert_eq!(probed.len(), 2, "{findings:#?}");
    assert!(probed.iter().all(|one| one["level"] == "good"), "{probed:#?}");
    let sent = scene.stage.node().counted("before")?.packets;
    assert!((1..=3).contains(&sent), "{sent} packets of one connection");
    assert_eq!(scene.refused()?, sent, "none of it came out behind the enforcer");
    let all = serde_json::to_string(&probed)?;
    assert!(all.contains("agents saw it dropped, NETFILTER_DROP on node-1"), "{all}");
    assert!(all.contains("comes through, as policies admit"), "{all}");
    // The same is known of enforcement as a whole by now.
    assert!(says(&findings, "enforcement", "good")?.starts_with("NetworkPolicy is enforced"));
    scene.stage.strike()
}

#[test]
fn a_probe_finds_out_that_nobody_enforces() -> Result<()> {
    let scene = Scene::of(Scenario::NotEnforced, "kube-flannel-ds")?;
    let image = Image::with(&["bash", "timeout"])?;
    scene.let_run(Role::Backup, &image);
    let output = scene.probe(&[probe(Role::Backup, 8080)], &[])?;
    assert_eq!(output.status.code(), Some(1));
    let findings = findings(&output)?;
    let said = says(&findings, "probe", "mend")?;
    assert!(
        said.contains("comes through, and no rule of NetworkPolicy prod-a/"),
        "{said}"
    );
    assert!(scene.stage.node().counted("behind")?.packets > 0);

    // Nobody listens there, so that it fails whatever is enforced.
    let output = scene.probe(&[probe(Role::Backup, 9)], &[])?;
    let findings = self::findings(&output)?;
    let said = says(&findings, "probe", "note")?;
    assert!(said.contains("was turned away"), "{said}");
    scene.stage.strike()
}

#[test]
fn a_probe_that_cannot_be_made_says_why_and_sends_nothing() -> Result<()> {
    let scene = Scene::of(Scenario::MissingLabel, "calico-node")?;
    let asked = [probe(Role::Backup, 8080)];
    let output = scene.probe(&asked, &[])?;
    let said = findings(&output)?;
    let said = says(&said, "probe", "note")?.to_owned();
    assert!(said.contains("has none of nc, bash, python3, curl"), "{said}");

    let slow = Image::with(&["sleep"])?;
    slow.add("nc", "exec sleep 7")?;
    scene.let_run(Role::Backup, &slow);
    let output = scene.probe(&asked, &["--timeout", "1s"])?;
    let said = findings(&output)?;
    let said = says(&said, "probe", "note")?.to_owned();
    assert!(said.contains("did not end within 4 s"), "{said}");

    let forbidden = scene
        .stage
        .server()
        .fault(Fault::Forbidden, On::kind("pods").part("exec"));
    let refused = scene.probe(&asked, &[])?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    let grant = "kubectl create role netobs-probe -n ops-utils --verb=get,create --resource=pods/exec";
    assert!(said.contains(grant), "{said}");
    forbidden.lift();

    let unknown = [format!("ops-utils/nobody={}:8080", name(Role::Api))];
    let unknown = scene.probe(&unknown, &[])?;
    assert_eq!(
        unknown.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&unknown.stderr)
    );
    assert_eq!(scene.stage.node().counted("before")?.packets, 0);
    scene.stage.strike()
}
