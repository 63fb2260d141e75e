//! The alert rules: what they speak of, and when they fire.

use super::expression::named;
use super::rendered::{chart_like, find, overlay};
use super::scrape::documented;
use super::tools::{PROMTOOL, PYTHON, deploy, output, program};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What Prometheus knows of a target, and calls its labels.
pub(super) const OF_TARGETS: [&str; 3] = ["instance", "job", "node"];

#[test]
fn promtool_finds_nothing_amiss_and_they_fire_when_they_should() -> Result<()> {
    let rules = deploy("alerts/netobs.yaml");
    output(
        Command::new(program(PROMTOOL)?)
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .arg(&rules),
    )?;
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/alerts.yaml");
    output(Command::new(program(PROMTOOL)?).args(["test", "rules"]).arg(&test))?;
    let tests = fs::read_to_string(test)?;
    for rule in rules_of(&groups()?) {
        let name = rule["alert"].as_str().context("a name")?;
        ensure!(
            tests.contains(&format!("alertname: {name}\n")),
            "no test says when {name} fires"
        );
    }
    Ok(())
}

#[test]
fn every_metric_and_label_they_use_is_one_that_agents_have() -> Result<()> {
    let documented = documented()?;
    for rule in rules_of(&groups()?) {
        let expression = rule["expr"].as_str().context("an expression")?;
        let named = named(expression);
        ensure!(!named.metrics.is_empty(), "{expression}");
        for metric in named.metrics.iter().filter(|metric| *metric != "up") {
            ensure!(
                documented.contains(metric),
                "{metric} in {expression} is not in docs/metrics.md"
            );
        }
    }
    Ok(())
}

#[test]
fn they_are_told_how_grave_they_are_and_what_to_do() -> Result<()> {
    let mut names = std::collections::BTreeSet::new();
    for rule in rules_of(&groups()?) {
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        ensure!(["critical", "warning", "info"].contains(&severity), "{rule:#}");
        for text in ["summary", "description"] {
            ensure!(
                rule["annotations"][text].as_str().is_some_and(|text| text.len() > 20),
                "{rule:#}"
            );
        }
        ensure!(names.insert(rule["alert"].to_string()), "{rule:#} is there twice");
    }
    Ok(())
}

#[test]
fn the_operator_gets_the_same_rules() -> Result<()> {
    let groups = groups()?;
    for objects in [overlay("prometheus")?, chart_like("prometheus")?] {
        let rule = find(&objects, "PrometheusRule", "netobs-agent")?;
        assert_eq!(rule["spec"]["groups"], groups);
    }
    let (own, packed) = (deploy("alerts/netobs.yaml"), deploy("chart/netobs/files/alerts.yaml"));
    assert_eq!(fs::read_to_string(own)?, fs::read_to_string(packed)?);
    Ok(())
}

pub(super) fn groups() -> Result<Value> {
    const TO_JSON: &str = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))['groups']))";
    let mut python = Command::new(program(PYTHON)?);
    let printed = output(python.args(["-c", TO_JSON]).arg(deploy("alerts/netobs.yaml")))?;
    Ok(serde_json::from_str(&printed)?)
}

pub(super) fn rules_of(groups: &Value) -> Vec<Value> {
    let groups = groups.as_array().into_iter().flatten();
    let rules = groups.flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
    rules.collect()
}
