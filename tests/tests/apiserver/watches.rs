//! Watches, as their lines.

use super::raw::{get, plain, plain_settings};
use super::scene::pod;
use anyhow::Result;
use netobs_tests::apiserver::{ApiServer, Fault, On, Settings, StreamingLists};
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

fn told(events: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |event: &Value| (text(&event["type"]), text(&event["object"]["metadata"]["name"]));
    events.iter().map(told).collect()
}

fn expected(told: &[(&str, &str)]) -> Vec<(String, String)> {
    told.iter()
        .map(|(what, name)| ((*what).to_owned(), (*name).to_owned()))
        .collect()
}

#[test]
fn a_watch_from_a_version_tells_what_happened_since() -> Result<()> {
    let server = plain()?;
    server.apply(&pod("default", "old", "10.0.0.1"))?;
    let version = server.version();
    server.apply(&pod("default", "new", "10.0.0.2"))?;
    server.label("pods", "default", "old", "tier", Some("web"))?;
    let last = server.delete("pods", "default", "new")?;
    let events = get(
        &server,
        &format!("/api/v1/pods?watch=1&timeoutSeconds=1&resourceVersion={version}"),
    )?
    .events()?;
    assert_eq!(
        told(&events),
        expected(&[("ADDED", "new"), ("MODIFIED", "old"), ("DELETED", "new")])
    );
    assert_eq!(events[2]["object"], last);
    assert_eq!(last["metadata"]["resourceVersion"], server.version().to_string());
    Ok(())
}

#[test]
fn a_watch_hears_what_happens_while_it_runs_and_what_leaves_its_selection() -> Result<()> {
    let server = plain()?;
    let events = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            get(
                &server,
                "/api/v1/pods?watch=1&timeoutSeconds=2&labelSelector=tier%3Dweb",
            )
        });
        thread::sleep(Duration::from_millis(700));
        server.apply(&pod("default", "a", "10.0.0.1"))?;
        server.label("pods", "default", "a", "tier", Some("web"))?;
        server.label("pods", "default", "a", "tier", Some("data"))?;
        watch
            .join()
            .map_err(|_| anyhow::anyhow!("the watch panicked"))??
            .events()
    })?;
    assert_eq!(told(&events), expected(&[("ADDED", "a"), ("DELETED", "a")]));
    Ok(())
}

#[test]
fn a_streaming_list_ends_with_a_marked_bookmark() -> Result<()> {
    const QUERY: &str =
        "watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let server = plain()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    server.apply(&pod("default", "b", "10.0.0.2"))?;
    let events = get(&server, &format!("/api/v1/pods?{QUERY}"))?.events()?;
    assert_eq!(
        told(&events[..3]),
        expected(&[("ADDED", "a"), ("ADDED", "b"), ("BOOKMARK", "")])
    );
    let metadata = &events[2]["object"]["metadata"];
    assert_eq!(metadata["annotations"], json!({"k8s.io/initial-events-end": "true"}));
    assert_eq!(metadata["resourceVersion"], server.version().to_string());
    Ok(())
}

#[test]
fn an_older_server_refuses_streaming_lists() -> Result<()> {
    let server = ApiServer::start_with(Settings {
        streaming_lists: StreamingLists::Refused,
        ..plain_settings()
    })?;
    let reply = get(
        &server,
        "/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    )?;
    let why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    let expected = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 422, "reason": "Invalid",
        "message": format!("ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: {why}"),
        "details": {
            "group": "meta.k8s.io", "kind": "ListOptions",
            "causes": [{"reason": "FieldValueForbidden", "message": format!("Forbidden: {why}"), "field": "sendInitialEvents"}],
        },
    });
    assert_eq!((reply.status, reply.json()?), (422, expected));
    Ok(())
}

#[test]
fn bookmarks_carry_the_version_on_while_nothing_of_the_kind_happens() -> Result<()> {
    let server = ApiServer::start_with(Settings {
        bookmark_every: Duration::from_millis(300),
        ..plain_settings()
    })?;
    let version = server.version();
    server.advance(1_000);
    let path = format!("/api/v1/pods?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion={version}");
    let events = get(&server, &path)?.events()?;
    assert!(
        events.len() >= 3 && events.iter().all(|event| event["type"] == "BOOKMARK"),
        "{events:?}"
    );
    assert_eq!(
        events[0]["object"]["metadata"]["resourceVersion"],
        (version + 1_000).to_string()
    );
    assert_eq!(events[0]["object"]["kind"], "Pod");
    Ok(())
}

#[test]
fn a_watch_from_a_forgotten_version_is_told_so_in_the_stream() -> Result<()> {
    let server = plain()?;
    let version = server.version();
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    server.compact();
    let reply = get(
        &server,
        &format!("/api/v1/pods?watch=1&timeoutSeconds=5&resourceVersion={version}"),
    )?;
    let events = reply.events()?;
    assert_eq!((reply.status, events.len()), (200, 1));
    let object = &events[0]["object"];
    assert_eq!(
        (&events[0]["type"], &object["code"], &object["reason"]),
        (&json!("ERROR"), &json!(410), &json!("Expired"))
    );
    assert_eq!(
        object["message"],
        format!("too old resource version: {version} ({})", version + 1)
    );
    Ok(())
}

#[test]
fn a_compaction_does_not_touch_a_watch_that_is_up_to_date() -> Result<()> {
    let server = plain()?;
    let events = thread::scope(|scope| {
        let watch = scope.spawn(|| get(&server, "/api/v1/pods?watch=1&timeoutSeconds=2"));
        thread::sleep(Duration::from_millis(700));
        server.apply(&pod("default", "a", "10.0.0.1"))?;
        thread::sleep(Duration::from_millis(100));
        server.compact();
        server.apply(&pod("default", "b", "10.0.0.2"))?;
        watch
            .join()
            .map_err(|_| anyhow::anyhow!("the watch panicked"))??
            .events()
    })?;
    assert_eq!(told(&events), expected(&[("ADDED", "a"), ("ADDED", "b")]));
    Ok(())
}

#[test]
fn a_watch_is_cut_in_the_middle_of_an_object() -> Result<()> {
    let server = plain()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    server.fault(Fault::Cut, On::kind("pods").times(1));
    let cut = get(&server, "/api/v1/pods?watch=1&timeoutSeconds=5")?;
    assert!(
        cut.body.starts_with(r#"{"type":"ADDED","object":{"#) && !cut.body.contains('\n'),
        "{}",
        cut.body
    );
    server.fault(Fault::Cut, On::kind("pods").times(1));
    let cut = get(&server, "/api/v1/pods")?;
    assert!(
        cut.body.starts_with(r#"{"kind":"PodList""#) && cut.json().is_err(),
        "{}",
        cut.body
    );
    Ok(())
}

#[test]
fn a_damaged_object_is_the_only_one() -> Result<()> {
    let server = plain()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    server.apply(&pod("default", "b", "10.0.0.2"))?;
    server.fault(Fault::Malformed, On::kind("pods").times(2));
    let list = get(&server, "/api/v1/pods")?.json()?;
    assert!(list["items"][0]["metadata"]["labels"].is_array() && list["items"][1]["metadata"]["labels"].is_object());
    let events = get(&server, "/api/v1/pods?watch=1&timeoutSeconds=1")?.events()?;
    assert!(
        events[0]["object"]["metadata"]["labels"].is_array() && events[1]["object"]["metadata"]["labels"].is_object()
    );
    server.fault(Fault::Garbled, On::kind("pods").times(2));
    assert!(get(&server, "/api/v1/pods")?.json().is_err());
    let garbled = get(&server, "/api/v1/pods?watch=1&timeoutSeconds=1")?.body;
    let readable: Vec<bool> = garbled
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).is_ok())
        .collect();
    assert_eq!(readable, [false, true]);
    Ok(())
}
