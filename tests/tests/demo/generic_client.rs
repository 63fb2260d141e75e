//! A client that is not ours and has no files of ours: Python's gRPC, by reflection alone.

use super::play::{Play, dropped};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::Scenario;
use serde_json::{Value, json};
use std::env;
use std::process::Command;
use std::thread;
use std::time::Duration;

const SCRIPT: &str = include_str!("generic_client.py");

#[test]
fn a_generic_client_lists_calls_and_follows_by_reflection_alone() -> Result<()> {
    let mut play = Play::of(Scenario::MissingLabel)?;
    play.stage.begin_traffic();
    play.cause(|cause| dropped(cause) > 0)?;
    thread::sleep(Duration::from_millis(500));
    let python = env::var_os("NETOBS_PYTHON")
        .context("NETOBS_PYTHON names no Python with gRPC: run these tests with `cargo xtask test lab`")?;
    let socket = format!("unix:{}", play.stage.socket().display());
    let output = Command::new(python).args(["-c", SCRIPT, &socket]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let services = told["services"].as_array().context("services")?;
    for service in [
        "netobs.v1.FlowService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ] {
        assert!(
            services.contains(&service.into()),
            "{service} is not among {services:?}"
        );
    }
    let methods = ["Explain", "GetStatus", "ListCauses", "Subscribe", "WatchCauses"];
    assert!(
        methods.iter().all(|method| told["methods"]
            .as_array()
            .is_some_and(|all| all.contains(&json!(method)))),
        "{told}"
    );
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
    Ok(())
}
