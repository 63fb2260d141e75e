//! The chart and the overlays are two ways to the same objects.

use super::rendered::{OVERLAYS, chart, chart_like, overlay};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;

type Name = (String, String, String);

#[test]
fn the_chart_renders_what_each_overlay_renders() -> Result<()> {
    for name in OVERLAYS {
        let (overlay, chart) = (by_name(overlay(name)?)?, by_name(chart_like(name)?)?);
        assert_eq!(
            overlay.keys().collect::<Vec<_>>(),
            chart.keys().collect::<Vec<_>>(),
            "{name}"
        );
        for (which, object) in &overlay {
            assert_eq!(object, &chart[which], "{name}: {which:?}");
        }
    }
    Ok(())
}

#[test]
fn with_its_defaults_the_chart_leaves_the_namespace_to_whoever_installs_it() -> Result<()> {
    let mut overlay = by_name(overlay("default")?)?;
    let namespace = overlay.remove(&("Namespace".to_owned(), String::new(), "netobs".to_owned()));
    ensure!(namespace.is_some(), "the overlay has the namespace");
    assert_eq!(overlay, by_name(chart("netobs", "netobs", &[])?)?);
    Ok(())
}

fn by_name(objects: Vec<Value>) -> Result<BTreeMap<Name, Value>> {
    let mut all = BTreeMap::new();
    for mut object in objects {
        in_order(&mut object);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let name = (
            text(&object["kind"]),
            text(&metadata["namespace"]),
            text(&metadata["name"]),
        );
        let twice = all.insert(name.clone(), object);
        ensure!(twice.is_none(), "{name:?} is there twice");
    }
    Ok(all)
}

/// Lists that Kubernetes takes for maps have no order of their own.
fn in_order(value: &mut Value) {
    const KEYS: [(&str, &str); 4] = [
        ("env", "name"),
        ("ports", "name"),
        ("volumeMounts", "mountPath"),
        ("volumes", "name"),
    ];
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let key = KEYS.iter().find(|(list, _)| list == name);
                if let (Some((_, key)), Value::Array(list)) = (key, &mut *field) {
                    list.sort_by_key(|one| one[key].to_string());
                }
                in_order(field);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(in_order),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
