//! `netobs check` and `netobs preview --watch` of a cluster in the lab: what they say is what netfilter counted.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::{NODE, Programs, Role, Scenario, Stage};
use netobs_tests::node::Family;
use netobs_tests::rules::Hook;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

const A_WHILE: Duration = Duration::from_millis(1500);
/// Longer than it takes until what happened is told.
const WINDOW: &str = "6s";

struct Scene {
    stage: Stage,
    programs: Programs,
}

impl Scene {
    /// A cluster with this DaemonSet, and counters before and behind whoever enforces.
    fn of(scenario: Scenario, daemon_set: &str) -> Result<Self> {
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

    fn call_for_a_while(&mut self) {
        self.stage.begin_traffic();
        thread::sleep(A_WHILE);
        self.stage.end_traffic();
        // What ended is told within the second.
        thread::sleep(A_WHILE);
    }

    /// Packets that came to the enforcer and did not come out behind it.
    fn refused(&self) -> Result<u64> {
        let packets = |name| Ok::<_, anyhow::Error>(self.stage.node().counted(name)?.packets);
        let behind = packets("behind")?;
        Ok(packets("before")? - behind)
    }

    /// On the node, where both the agent and the API server are to be reached.
    fn netobs(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.stage.node().command(&self.programs.cli.to_string_lossy())?;
        command.args(arguments);
        command
            .arg("--server")
            .arg(format!("unix://{}", self.stage.socket().display()));
        command.arg("--kubeconfig").arg(self.stage.server().kubeconfig());
        Ok(command)
    }

    fn check(&self, exit: i32) -> Result<Vec<Value>> {
        let answer = answer(&mut self.netobs(&["check", "-o", "json"])?, exit)?;
        ensure!(answer["version"] == 1, "{answer:#}");
        Ok(answer["findings"].as_array().context("findings")?.clone())
    }

    /// What the watch says at its end, when both clients called for a while in it.
    fn watch(&mut self, policy: &str, exit: i32) -> Result<Value> {
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

fn answer(command: &mut Command, exit: i32) -> Result<Value> {
    let output = command.output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(exit), "{:?}: {out}{error}", output.status);
    serde_json::from_str(&out).with_context(|| format!("{out}{error}"))
}

/// What is said of a topic, at which level.
fn says<'a>(findings: &'a [Value], topic: &str, level: &str) -> Result<&'a str> {
    let mut said = findings.iter();
    let found = said.find(|one| one["topic"] == topic && one["level"] == level);
    let found = found.and_then(|one| one["says"].as_str());
    found.with_context(|| format!("no {level} of {topic}: {findings:#?}"))
}

#[test]
fn what_is_refused_is_found_enforced_and_rolls_the_policy_back() -> Result<()> {
    let mut scene = Scene::of(Scenario::MissingLabel, "calico-node")?;
    let findings = scene.check(1)?;
    assert!(says(&findings, "enforcement", "note")?.contains("nothing was seen yet that policies refuse"));
    assert!(says(&findings, "labels", "mend")?.contains("(env) are lacking on"));
    assert!(says(&findings, "labels", "mend")?.contains("ops-utils"));
    assert!(says(&findings, "policy-engine", "good")?.contains("Calico (DaemonSet kube-system/calico-node)"));
    assert!(says(&findings, "default-deny", "note")?.contains("ingress is denied by default in 1 (prod-a)"));

    let verdict = scene.watch("prod-a/allow-prod", 1)?;
    let refused = scene.refused()?;
    assert!(refused > 0, "the enforcer refuses calls");
    assert_eq!(verdict["verdict"], "roll-back", "{verdict:#}");
    assert_eq!(verdict["causes"][0]["droppedPackets"], refused, "{verdict:#}");
    assert_eq!(verdict["rollBack"], "kubectl delete networkpolicy -n prod-a allow-prod");
    assert!(verdict["cameThrough"].as_u64() > Some(0), "{verdict:#}");

    let findings = scene.check(1)?;
    let seen = format!("NetworkPolicy is enforced ({refused} packets refused by policies were seen dropped)");
    assert_eq!(says(&findings, "enforcement", "good")?, seen);
    scene.stage.strike()
}

#[test]
fn what_nobody_enforces_is_found_out_and_no_policy_goes() -> Result<()> {
    let mut scene = Scene::of(Scenario::NotEnforced, "kube-flannel-ds")?;
    let verdict = scene.watch("prod-a/allow-prod", 1)?;
    assert_eq!(scene.refused()?, 0);
    assert_eq!(verdict["verdict"], "not-enforced", "{verdict:#}");
    let passed = verdict["causes"][0]["passed"].as_u64().context("what passed")?;
    let findings = scene.check(1)?;
    let says_so =
        format!("NetworkPolicy is not enforced ({passed} connections passed that policies do not admit, on {NODE}");
    assert!(
        says(&findings, "enforcement", "mend")?.starts_with(&says_so),
        "{findings:#?}"
    );
    assert!(says(&findings, "policy-engine", "mend")?.contains("nothing here enforces NetworkPolicies"));
    scene.stage.strike()
}

#[test]
fn what_admits_all_that_is_called_goes() -> Result<()> {
    let mut scene = Scene::of(Scenario::Drift, "cilium")?;
    let verdict = scene.watch("prod-a/allow-prod", 0)?;
    assert_eq!(scene.refused()?, 0);
    assert_eq!((&verdict["verdict"], &verdict["causes"]), (&json!("go"), &json!([])));
    assert!(verdict["cameThrough"].as_u64() > Some(0), "{verdict:#}");

    let mut slip = scene.netobs(&["preview", "--watch", "prod-a/alow-prod"])?;
    let output = slip.output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("has no NetworkPolicy prod-a/alow-prod"), "{error}");

    scene.stage.server().apply(&json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": {"name": "all"},
    }))?;
    let findings = scene.check(0)?;
    assert!(
        says(&findings, "other-policies", "note")?.contains("AdminNetworkPolicy"),
        "{findings:#?}"
    );
    let mut alone = scene.stage.netobs(&["check", "-o", "json"]);
    alone.env_remove("KUBECONFIG").env("HOME", "/nonexistent");
    let alone = answer(&mut alone, 0)?;
    let findings = alone["findings"].as_array().context("findings")?;
    assert!(
        says(findings, "cluster", "note")?.contains("no cluster is named"),
        "{findings:#?}"
    );
    scene.stage.strike()
}
