//! A cluster in the lab, and what is asked of it.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::{Programs, Role, Scenario, Stage};
use netobs_tests::node::Family;
use netobs_tests::rules::Hook;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

const A_WHILE: Duration = Duration::from_millis(1500);
/// Longer than it takes until what happened is told.
const WINDOW: &str = "6s";

pub(super) struct Scene {
    pub(super) stage: Stage,
    programs: Programs,
}

impl Scene {
    /// A cluster with this DaemonSet, and counters before and behind whoever enforces.
    pub(super) fn of(scenario: Scenario, daemon_set: &str) -> Result<Self> {
        let programs = Programs::find()?;
        let stage = Stage::set(scenario, programs.clone())?;
        let address = |role| stage.pod(role).address(Family::V4);
        let calls = format!("ip saddr {} ip daddr {}", address(Role::Backup), address(Role::Api));
        stage.node().count("before", Hook::Forward, &calls)?;
        stage.node().count("behind", Hook::Postrouting, &calls)?;
        stage.server().apply(&json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"namespace": "kube-system", "name": daemon_set},
            "spec": {"template": {"spec": {"containers": [{"name": "main"}]}}},
            "status": {"desiredNumberScheduled": 1, "numberReady": 1},
        }))?;
        Ok(Self { stage, programs })
    }

    pub(super) fn call_for_a_while(&mut self) {
        self.stage.begin_traffic();
        thread::sleep(A_WHILE);
        self.stage.end_traffic();
        // What ended is told within the second.
        thread::sleep(A_WHILE);
    }

    /// Packets that came to the enforcer and did not come out behind it.
    pub(super) fn refused(&self) -> Result<u64> {
        let packets = |name| Ok::<_, anyhow::Error>(self.stage.node().counted(name)?.packets);
        let behind = packets("behind")?;
        Ok(packets("before")? - behind)
    }

    /// On the node, where both the agent and the API server are to be reached.
    pub(super) fn netobs(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.stage.node().command(&self.programs.cli.to_string_lossy())?;
        command.args(arguments);
        command
            .arg("--server")
            .arg(format!("unix://{}", self.stage.socket().display()));
        command.arg("--kubeconfig").arg(self.stage.server().kubeconfig());
        Ok(command)
    }

    pub(super) fn check(&self, exit: i32) -> Result<Vec<Value>> {
        let answer = answer(&mut self.netobs(&["check", "-o", "json"])?, exit)?;
        ensure!(answer["version"] == 1, "{answer:#}");
        Ok(answer["findings"].as_array().context("findings")?.clone())
    }

    /// What the watch says at its end, when both clients called for a while in it.
    pub(super) fn watch(&mut self, policy: &str, exit: i32) -> Result<Value> {
        let mut command = self.netobs(&["preview", "--watch", policy, "--for", WINDOW, "-o", "json"])?;
        let watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        thread::sleep(A_WHILE);
        self.call_for_a_while();
        let output = watch.wait_with_output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(exit), "{output:?}: {error}");
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

pub(super) fn answer(command: &mut Command, exit: i32) -> Result<Value> {
    let output = command.output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(exit), "{:?}: {out}{error}", output.status);
    serde_json::from_str(&out).with_context(|| format!("{out}{error}"))
}

/// What is said of a topic, at which level.
pub(super) fn says<'a>(findings: &'a [Value], topic: &str, level: &str) -> Result<&'a str> {
    let mut said = findings.iter();
    let found = said.find(|one| one["topic"] == topic && one["level"] == level);
    let found = found.and_then(|one| one["says"].as_str());
    found.with_context(|| format!("no {level} of {topic}: {findings:#?}"))
}
