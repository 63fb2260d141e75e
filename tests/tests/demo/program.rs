//! What the demo prints.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::Scenario;
use serde_json::Value;
use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> Result<Output> {
    let output = Command::new(env!("CARGO_BIN_EXE_netobs-demo"))
        .args(arguments)
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {error}");
    Ok(output)
}

fn text(scenario: Scenario) -> Result<String> {
    let output = demo(&["--scenario", scenario.name()])?;
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn each_label_scenario_names_the_label_mends_it_and_says_so() -> Result<()> {
    for scenario in [
        Scenario::MissingLabel,
        Scenario::Drift,
        Scenario::Typo,
        Scenario::Annotation,
    ] {
        let text = text(scenario)?;
        println!("{text}");
        let (before, after) = text
            .split_once("\n$ kubectl label namespace ops-utils env=prod\n")
            .with_context(|| format!("{scenario}: the label is not set"))?;
        assert!(before.contains("namespace ops-utils has no label env"), "{scenario}");
        assert!(!before.contains("mended"), "{scenario}");
        assert!(after.contains("mended"), "{scenario}");
    }
    Ok(())
}

#[test]
fn where_dns_is_not_admitted_a_policy_is_patched() -> Result<()> {
    let text = text(Scenario::NoDns)?;
    let (_, after) = text
        .split_once("\n$ kubectl patch networkpolicy -n prod-b ")
        .context("a patch")?;
    assert!(after.contains("mended"), "{text}");
    Ok(())
}

#[test]
fn where_nobody_enforces_no_label_is_suggested() -> Result<()> {
    let text = text(Scenario::NotEnforced)?;
    assert!(text.contains("nobody enforces"), "{text}");
    assert!(!text.contains("$ kubectl"), "{text}");
    Ok(())
}

#[test]
fn with_json_there_is_nothing_but_the_causes() -> Result<()> {
    let output = demo(&["--json"])?;
    let causes: Value = serde_json::from_slice(&output.stdout)?;
    println!("{causes:#}");
    assert!(causes.to_string().contains("ops-utils"), "{causes:#}");
    Ok(())
}

#[test]
fn without_root_it_says_what_to_do() -> Result<()> {
    let output = Command::new("unshare")
        .arg("--user")
        .arg(env!("CARGO_BIN_EXE_netobs-demo"))
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("sudo"), "{error}");
    Ok(())
}
