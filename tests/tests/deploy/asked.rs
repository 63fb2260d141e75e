//! The agent's ClusterRole and what the agent, and `netobs` in its pod, ask the API server for: neither is more than the other.

use super::scene::{AGENT, Twin, findings, in_pod, rights_of_agent, run, said, stage, wait_until};
use anyhow::{Result, ensure};
use netobs_tests::apiserver::{Asked, Verb};
use netobs_tests::demo::{Programs, Stage};
use serde_json::json;

#[test]
fn all_that_is_asked_for_is_given_and_all_that_is_given_is_asked_for() -> Result<()> {
    let (rights, programs) = (rights_of_agent()?, Programs::find()?);
    let mut stage = stage(&rights, &programs)?;
    stage.server().apply(&json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"namespace": "kube-system", "name": "calico-node"},
        "spec": {"template": {"spec": {"containers": [{"name": "main"}]}}},
    }))?;
    stage.begin_traffic();
    let written = |verb: Verb| move |asked: &Asked| asked.kind == "events" && asked.verb == verb;
    wait_until("an Event is created", || Ok(answered(&stage, written(Verb::Create))))?;
    // It finds the Event of the first, which is what an agent finds that was started again.
    let twin = Twin::start(&stage, &programs, &stage.server().kubeconfig(), &[])?;
    wait_until("an Event is brought up to date", || {
        Ok(answered(&stage, written(Verb::Patch)))
    })?;
    twin.stop()?;
    ask_everything(&stage, &programs)?;

    let asked = stage.server().requests();
    let refused: Vec<_> = asked.iter().filter(|asked| asked.status == Some(403)).collect();
    ensure!(refused.is_empty(), "not given: {refused:#?}");
    ensure!(asked.iter().all(|asked| asked.user == AGENT), "somebody else asked");
    let needless = rights
        .grants()
        .filter(|grant| !asked.iter().any(|asked| grant.is_for(asked)));
    let needless: Vec<_> = needless.map(ToString::to_string).collect();
    assert_eq!(needless, [""; 0], "nobody asks for it");
    stage.strike()
}

/// Every command that asks an agent or the cluster, in the pod.
fn ask_everything(stage: &Stage, programs: &Programs) -> Result<()> {
    let kubeconfig = stage.server().kubeconfig();
    let commands = [
        "causes",
        "flows --last 5",
        "status",
        "inventory",
        "explain --from ops-utils/backup-6f7d8b5c9b-9mzfd --to prod-a/api-7d4b9c6f58-k2x8p --port 8080/tcp",
        "preview --watch prod-a/allow-prod --for 1s",
    ];
    for command in commands {
        let words: Vec<_> = command.split(' ').collect();
        let output = run(&mut in_pod(stage, programs, &kubeconfig, &words)?, &[0, 1])?;
        ensure!(!said(&output).contains("forbidden"), "{command}: {}", said(&output));
    }
    let output = run(
        &mut in_pod(stage, programs, &kubeconfig, &["check", "-o", "json"])?,
        &[0, 1],
    )?;
    assert_eq!(findings(&output, "cluster")?, [""; 0], "{}", said(&output));
    ensure!(
        said(&output).contains("Calico (DaemonSet kube-system/calico-node)"),
        "{}",
        said(&output)
    );
    Ok(())
}

/// Whether such a request was made and granted.
fn answered(stage: &Stage, is_it: impl Fn(&Asked) -> bool) -> bool {
    let asked = stage.server().requests();
    asked
        .iter()
        .any(|asked| is_it(asked) && asked.status.is_some_and(|status| status < 300))
}
