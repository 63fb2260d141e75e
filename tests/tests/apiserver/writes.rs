//! Writes over the network.

use super::raw::{Reply, ask, plain};
use super::scene::pod;
use anyhow::{Context as _, Result};
use netobs_tests::apiserver::ApiServer;
use serde_json::{Value, json};

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const PODS: &str = "/api/v1/namespaces/default/pods";
const EVENTS: &str = "/api/v1/namespaces/default/events";

fn post(server: &ApiServer, path: &str, object: &Value) -> Result<Reply> {
    ask(server, "POST", path, JSON, &object.to_string())
}

#[test]
fn what_is_there_is_not_created_twice() -> Result<()> {
    let server = plain()?;
    assert_eq!(post(&server, PODS, &pod("default", "a", "10.0.0.1"))?.status, 201);
    let again = post(&server, PODS, &pod("default", "a", "10.0.0.1"))?;
    let status = again.json()?;
    assert_eq!((again.status, &status["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(status["message"], "pods \"a\" already exists");
    Ok(())
}

#[test]
fn a_write_on_top_of_an_older_version_is_a_conflict() -> Result<()> {
    let server = plain()?;
    let mut old = server.apply(&pod("default", "a", "10.0.0.1"))?;
    server.label("pods", "default", "a", "tier", Some("web"))?;
    old["metadata"]["labels"]["tier"] = json!("data");
    let path = format!("{PODS}/a");
    let conflict = ask(&server, "PUT", &path, JSON, &old.to_string())?;
    assert_eq!(
        (conflict.status, &conflict.json()?["reason"]),
        (409, &json!("Conflict"))
    );
    old["metadata"]
        .as_object_mut()
        .context("it is a map")?
        .remove("resourceVersion");
    assert_eq!(ask(&server, "PUT", &path, JSON, &old.to_string())?.status, 200);
    let stored = server.get("pods", "default", "a").context("it is there")?;
    assert_eq!(stored["metadata"]["labels"]["tier"], "data");
    Ok(())
}

#[test]
fn the_status_is_written_by_itself() -> Result<()> {
    let server = plain()?;
    let created = post(&server, PODS, &pod("default", "a", "10.0.0.1"))?.json()?;
    assert_eq!(created.get("status"), None);
    let patch = json!({"status": {"podIP": "10.0.0.1"}, "metadata": {"labels": {"app": "other"}}});
    let patched = ask(&server, "PATCH", &format!("{PODS}/a/status"), MERGE, &patch.to_string())?.json()?;
    assert_eq!(patched["status"]["podIP"], "10.0.0.1");
    assert_eq!(patched["metadata"]["labels"]["app"], "a");
    Ok(())
}

#[test]
fn a_label_is_set_and_removed_by_a_patch() -> Result<()> {
    let server = plain()?;
    let patch = |labels: Value| {
        let patch = json!({"metadata": {"labels": labels}});
        ask(
            &server,
            "PATCH",
            "/api/v1/namespaces/default",
            MERGE,
            &patch.to_string(),
        )?
        .json()
    };
    assert_eq!(patch(json!({"env": "prod"}))?["metadata"]["labels"]["env"], "prod");
    assert_eq!(patch(json!({"env": null}))?["metadata"]["labels"].get("env"), None);
    Ok(())
}

#[test]
fn an_applied_event_is_created_once_and_then_changed() -> Result<()> {
    let server = plain()?;
    let event = |count: u32| {
        let involved = json!({"apiVersion": "v1", "kind": "Namespace", "name": "ops"});
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "ops.1"}, "involvedObject": involved, "count": count})
    };
    let path = format!("{EVENTS}/ops.1?fieldManager=netobs&force=true");
    assert_eq!(ask(&server, "PATCH", &path, APPLY, &event(1).to_string())?.status, 201);
    assert_eq!(ask(&server, "PATCH", &path, APPLY, &event(2).to_string())?.status, 200);
    let stored = server.get("events", "default", "ops.1").context("it is there")?;
    assert_eq!(stored["count"], 2);
    let query = "fieldSelector=involvedObject.kind%3DNamespace,involvedObject.name%3Dops";
    let found = super::raw::get(&server, &format!("/api/v1/events?{query}"))?.json()?;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    let anonymous = ask(
        &server,
        "PATCH",
        &format!("{EVENTS}/ops.1"),
        APPLY,
        &event(3).to_string(),
    )?;
    assert!(
        anonymous.body.contains("fieldManager: Required value"),
        "{}",
        anonymous.body
    );
    Ok(())
}

#[test]
fn an_event_lives_where_its_object_does() -> Result<()> {
    let server = plain()?;
    let involved = json!({"apiVersion": "v1", "kind": "Pod", "namespace": "kube-system", "name": "dns"});
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "dns.1"}, "involvedObject": involved});
    let refused = post(&server, EVENTS, &event)?;
    assert_eq!((refused.status, &refused.json()?["reason"]), (422, &json!("Invalid")));
    let path = "/api/v1/namespaces/kube-system/events";
    assert_eq!(post(&server, path, &event)?.status, 201);
    Ok(())
}

#[test]
fn what_is_no_json_or_belongs_elsewhere_is_refused() -> Result<()> {
    let server = plain()?;
    assert_eq!(ask(&server, "POST", PODS, JSON, "{nonsense")?.status, 400);
    assert_eq!(post(&server, PODS, &pod("kube-system", "a", "10.0.0.1"))?.status, 400);
    assert_eq!(post(&server, EVENTS, &pod("default", "a", "10.0.0.1"))?.status, 400);
    assert_eq!(
        post(&server, &format!("{PODS}/a"), &pod("default", "a", "10.0.0.1"))?.status,
        405
    );
    assert_eq!(
        ask(&server, "PATCH", &format!("{PODS}/a"), "text/plain", "{}")?.status,
        415
    );
    assert_eq!(ask(&server, "DELETE", &format!("{PODS}/a"), "", "")?.status, 404);
    Ok(())
}

#[test]
fn what_is_deleted_is_told_as_the_real_server_tells_it() -> Result<()> {
    let server = plain()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    server
        .apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}))?;
    assert_eq!(
        ask(&server, "DELETE", &format!("{PODS}/a"), "", "")?.json()?["kind"],
        "Pod"
    );
    let status = ask(&server, "DELETE", "/api/v1/namespaces/default/configmaps/c", "", "")?.json()?;
    assert_eq!(
        (&status["kind"], &status["status"]),
        (&json!("Status"), &json!("Success"))
    );
    Ok(())
}
