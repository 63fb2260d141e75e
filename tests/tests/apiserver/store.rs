//! What a test does to the objects without the network.

use super::raw::plain;
use super::scene::{namespace, pod};
use anyhow::{Context as _, Result};
use netobs_tests::apiserver::{Change, Kind};
use serde_json::{Value, json};

fn version(object: &Value) -> Result<u64> {
    let version = object["metadata"]["resourceVersion"].as_str();
    version
        .and_then(|version| version.parse().ok())
        .context("every object has a version")
}

#[test]
fn an_object_gets_a_uid_a_time_and_a_version_that_grows() -> Result<()> {
    let server = plain()?;
    let first = server.apply(&pod("default", "a", "10.0.0.1"))?;
    let second = server.apply(&pod("default", "b", "10.0.0.2"))?;
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert!(version(&second)? > version(&first)?);
    assert_eq!(server.version(), version(&second)?);
    let created = first["metadata"]["creationTimestamp"]
        .as_str()
        .context("it has a time")?;
    assert_eq!(created.len(), "2026-01-02T03:04:05Z".len());
    Ok(())
}

#[test]
fn a_replaced_object_keeps_its_uid_and_one_that_came_again_does_not() -> Result<()> {
    let server = plain()?;
    let first = server.apply(&pod("default", "a", "10.0.0.1"))?;
    let moved = server.apply(&pod("default", "a", "10.0.0.9"))?;
    assert_eq!(first["metadata"]["uid"], moved["metadata"]["uid"]);
    server.delete("pods", "default", "a")?;
    let again = server.apply(&pod("default", "a", "10.0.0.1"))?;
    assert_ne!(first["metadata"]["uid"], again["metadata"]["uid"]);
    Ok(())
}

#[test]
fn a_write_that_changes_nothing_is_no_new_version() -> Result<()> {
    let server = plain()?;
    let first = server.apply(&pod("default", "a", "10.0.0.1"))?;
    assert_eq!(first, server.apply(&pod("default", "a", "10.0.0.1"))?);
    Ok(())
}

#[test]
fn a_namespace_is_labelled_with_its_name_and_takes_its_pods_with_it() -> Result<()> {
    let server = plain()?;
    server.apply(&namespace("prod", &json!({"env": "prod"})))?;
    server.apply(&pod("prod", "a", "10.0.0.1"))?;
    let labels = &server.get("Namespace", "", "prod").context("it is there")?["metadata"]["labels"];
    assert_eq!(*labels, json!({"env": "prod", "kubernetes.io/metadata.name": "prod"}));
    server.delete("namespaces", "", "prod")?;
    assert_eq!(server.get("pods", "prod", "a"), None);
    Ok(())
}

#[test]
fn a_pod_of_no_namespace_is_refused() -> Result<()> {
    let refusal = plain()?.apply(&pod("nowhere", "a", "10.0.0.1")).map(drop);
    let text = refusal.map_err(|refusal| refusal.to_string());
    assert_eq!(text, Err("namespaces \"nowhere\" not found".to_owned()));
    Ok(())
}

#[test]
fn a_subscriber_hears_what_there_is_and_then_every_change() -> Result<()> {
    let server = plain()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    let changes = server.subscribe();
    server.label("pods", "default", "a", "tier", Some("web"))?;
    server.label("pods", "default", "a", "tier", None)?;
    server.delete("pods", "default", "a")?;
    let of_pods: Vec<_> = changes.try_iter().filter(is_of_pod).map(tier).collect();
    let expected = [
        ("applied", json!(null)),
        ("applied", json!("web")),
        ("applied", json!(null)),
        ("deleted", json!(null)),
    ];
    assert_eq!(of_pods, expected);
    Ok(())
}

fn is_of_pod(change: &Change) -> bool {
    matches!(change, Change::Applied(object) | Change::Deleted(object) if object["kind"] == "Pod")
}

fn tier(change: Change) -> (&'static str, Value) {
    match change {
        Change::Applied(object) => ("applied", object["metadata"]["labels"]["tier"].clone()),
        Change::Deleted(object) => ("deleted", object["metadata"]["labels"]["tier"].clone()),
    }
}

#[test]
fn an_unknown_kind_is_served_as_if_it_were_installed() -> Result<()> {
    let server = plain()?;
    server.apply(&json!({
        "apiVersion": "crd.example/v1alpha1", "kind": "FancyPolicy",
        "metadata": {"name": "a", "namespace": "default"}, "spec": {"order": 7},
    }))?;
    let list = super::raw::get(&server, "/apis/crd.example/v1alpha1/fancypolicies")?.json()?;
    assert_eq!(list["kind"], "FancyPolicyList");
    assert_eq!(list["items"][0]["spec"]["order"], 7);
    Ok(())
}

#[test]
fn a_kind_may_be_served_before_there_is_anything_of_it() -> Result<()> {
    let server = plain()?;
    let path = "/apis/crd.example/v1/sparepolicies";
    assert_eq!(super::raw::get(&server, path)?.status, 404);
    server.serve(Kind {
        group: "crd.example".to_owned(),
        version: "v1".to_owned(),
        kind: "SparePolicy".to_owned(),
        plural: "sparepolicies".to_owned(),
        namespaced: true,
        has_status: false,
    });
    assert_eq!(super::raw::get(&server, path)?.json()?["items"], json!([]));
    Ok(())
}
