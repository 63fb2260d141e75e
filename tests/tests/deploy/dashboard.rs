//! The dashboard: what Grafana needs to load it, and what it shows.

use super::expression::named;
use super::rendered::{chart_like, find, overlay};
use super::scrape::documented;
use super::tools::deploy;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_none_lies_on_another() -> Result<()> {
    let dashboard = dashboard()?;
    ensure!(
        dashboard["schemaVersion"].as_u64() >= Some(36),
        "a version that Grafana knows"
    );
    ensure!(dashboard["uid"] == "netobs" && dashboard["id"].is_null());
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().context("a title")?;
        ensure!(ids.insert(panel["id"].to_string()), "{title}: its id is another's, too");
        for cell in cells_of(&panel["gridPos"])? {
            ensure!(cells.insert(cell), "{title} lies on another at {cell:?}");
        }
        if panel["type"] == "row" {
            continue;
        }
        ensure!(
            panel["description"].as_str().is_some_and(|text| text.len() > 15),
            "{title}: no description"
        );
        ensure!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}: no unit");
        ensure!(panel["datasource"]["uid"] == "${datasource}", "{title}: no data source");
        let targets = panel["targets"].as_array().context("targets")?;
        let letters: BTreeSet<_> = targets.iter().map(|target| target["refId"].to_string()).collect();
        ensure!(
            !targets.is_empty() && letters.len() == targets.len(),
            "{title}: {letters:?}"
        );
    }
    let variables = &dashboard["templating"]["list"];
    assert_eq!(
        (&variables[0]["type"], &variables[0]["query"]),
        (&"datasource".into(), &"prometheus".into())
    );
    assert_eq!(variables[1]["definition"], "label_values(netobs_build_info, instance)");
    Ok(())
}

#[test]
fn it_shows_metrics_that_agents_have_and_every_one_of_them_or_an_alert_does() -> Result<()> {
    let documented = documented()?;
    let mut shown = BTreeSet::new();
    for expression in expressions(&dashboard()?) {
        shown.extend(named(&expression).metrics);
    }
    let unknown: Vec<_> = shown.difference(&documented).collect();
    ensure!(unknown.is_empty(), "not in docs/metrics.md: {unknown:?}");
    for rule in super::alerts::rules_of(&super::alerts::groups()?) {
        shown.extend(named(rule["expr"].as_str().unwrap_or_default()).metrics);
    }
    let left_out: Vec<_> = documented.difference(&shown).collect();
    ensure!(left_out.is_empty(), "nobody looks at {left_out:?}");
    Ok(())
}

#[test]
fn the_sidecar_gets_the_same_dashboard() -> Result<()> {
    let dashboard = dashboard()?;
    for objects in [overlay("prometheus")?, chart_like("prometheus")?] {
        let map = find(&objects, "ConfigMap", "netobs-dashboard")?;
        let text = map["data"]["netobs.json"].as_str().context("netobs.json")?;
        assert_eq!(serde_json::from_str::<Value>(text)?, dashboard);
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    }
    Ok(())
}

pub(super) fn dashboard() -> Result<Value> {
    Ok(serde_json::from_str(&fs::read_to_string(deploy(
        "dashboards/netobs.json",
    ))?)?)
}

/// As Grafana asks for them, with all agents chosen.
pub(super) fn expressions(dashboard: &Value) -> Vec<String> {
    let targets = panels(dashboard).flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let annotations = dashboard["annotations"]["list"].as_array().cloned().unwrap_or_default();
    let asking = targets
        .chain(annotations)
        .filter_map(|one| one["expr"].as_str().map(ToOwned::to_owned));
    asking
        .map(|expression| expression.replace("$__rate_interval", "1m").replace("$instance", ".*"))
        .collect()
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().into_iter().flatten()
}

fn cells_of(place: &Value) -> Result<Vec<(u64, u64)>> {
    const COLUMNS: u64 = 24;
    let number = |name: &str| place[name].as_u64().with_context(|| format!("{name} in {place}"));
    let (x, y, w, h) = (number("x")?, number("y")?, number("w")?, number("h")?);
    ensure!(w > 0 && h > 0 && x + w <= COLUMNS, "{place}");
    Ok((x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))).collect())
}
