//! `netobs check` and `netobs preview --watch` of a cluster in the lab: what they say is what netfilter counted.

use super::scene::{Scene, answer, says};
use anyhow::{Context as _, Result};
use netobs_tests::demo::{NODE, Scenario};
use serde_json::json;

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
