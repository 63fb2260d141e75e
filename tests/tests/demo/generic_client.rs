//! A client that is not ours and has no files of ours: Python's gRPC, by reflection alone.

use super::play::{Play, dropped};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::{LISTEN, Scenario};
use serde_json::Value;
use std::env;

const SCRIPT: &str = include_str!("generic_client.py");

#[test]
fn a_generic_client_lists_calls_and_follows_by_reflection_alone() -> Result<()> {
    let mut play = Play::of(Scenario::MissingLabel)?;
    play.stage.begin_traffic();
    play.cause(|cause| dropped(cause) > 0)?;
    let socket = format!("unix:{}", play.stage.socket().display());
    for target in [LISTEN, &socket] {
        let told = ask(&play, target)?;
        knows_the_services(&told)?;
        assert_eq!(told["status"]["ready"], true, "{told}");
        assert_eq!(told["status"]["node_name"], "node-1", "{told}");
        assert_eq!(told["causes"][0]["kind"], "CAUSE_KIND_LABEL", "{told}");
        assert_eq!(told["causes"][0]["labels"][0]["object"]["name"], "ops-utils", "{told}");
        let flows = told["flows"].as_array().context("flows")?;
        assert_eq!(flows.len(), 5, "{told}");
        assert!(
            flows.iter().all(|flow| flow["source"]["labels"]["app"].is_string()),
            "{told}"
        );
    }
    Ok(())
}

/// Runs the client in the node's namespace.
fn ask(play: &Play, target: &str) -> Result<Value> {
    let python = env::var("NETOBS_PYTHON")
        .context("NETOBS_PYTHON names no Python with gRPC: run these tests with `cargo xtask test lab`")?;
    let printed = play.stage.node().output(&python, &["-c", SCRIPT, target], "")?;
    Ok(serde_json::from_str(&printed)?)
}

fn knows_the_services(told: &Value) -> Result<()> {
    let has = |list: &str, name: &str| told[list].as_array().is_some_and(|all| all.contains(&name.into()));
    for service in [
        "netobs.v1.FlowService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ] {
        ensure!(has("services", service), "{service} is missing: {told}");
    }
    for method in ["Explain", "GetStatus", "ListCauses", "Subscribe", "WatchCauses"] {
        ensure!(has("methods", method), "{method} is missing: {told}");
    }
    Ok(())
}
