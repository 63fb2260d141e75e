//! Lists: pages that are consistent, selectors, versions that are too old or too new.

use super::raw::{Reply, get, plain};
use super::scene::{namespace, pod};
use anyhow::{Context as _, Result};
use netobs_tests::apiserver::ApiServer;
use serde_json::{Value, json};

fn ten_pods() -> Result<ApiServer> {
    let server = plain()?;
    for number in 0..10 {
        server.apply(&pod("default", &format!("pod-{number}"), &format!("10.0.0.{number}")))?;
    }
    Ok(server)
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| Some(item["metadata"]["name"].as_str()?.to_owned()))
        .collect()
}

fn next(list: &Value) -> Result<String> {
    Ok(list["metadata"]["continue"]
        .as_str()
        .context("there is another page")?
        .replace('=', "%3D"))
}

#[test]
fn pages_are_those_of_the_moment_the_first_was_asked_for() -> Result<()> {
    let server = ten_pods()?;
    let first = get(&server, "/api/v1/pods?limit=4")?.json()?;
    assert_eq!(first["metadata"]["remainingItemCount"], 6);
    server.delete("pods", "default", "pod-5")?;
    server.apply(&pod("default", "pod-55", "10.0.0.55"))?;
    server.label("pods", "default", "pod-9", "app", Some("changed"))?;
    let second = get(&server, &format!("/api/v1/pods?limit=4&continue={}", next(&first)?))?.json()?;
    let third = get(&server, &format!("/api/v1/pods?limit=4&continue={}", next(&second)?))?.json()?;
    let all: Vec<_> = [&first, &second, &third].into_iter().flat_map(names).collect();
    assert_eq!(all, (0..10).map(|number| format!("pod-{number}")).collect::<Vec<_>>());
    assert_eq!(third["items"][1]["metadata"]["labels"]["app"], "pod-9");
    assert_eq!(
        third["metadata"],
        json!({"resourceVersion": first["metadata"]["resourceVersion"]})
    );
    Ok(())
}

#[test]
fn a_page_of_a_forgotten_moment_is_gone_and_the_rest_may_be_had_as_it_is() -> Result<()> {
    let server = ten_pods()?;
    let first = get(&server, "/api/v1/pods?limit=4")?.json()?;
    server.delete("pods", "default", "pod-5")?;
    server.compact();
    let gone = get(&server, &format!("/api/v1/pods?limit=4&continue={}", next(&first)?))?;
    assert_eq!(gone.status, 410);
    let gone = gone.json()?;
    assert_eq!(gone["reason"], "Expired");
    let rest = get(&server, &format!("/api/v1/pods?continue={}", next(&gone)?))?.json()?;
    assert_eq!(names(&rest), ["pod-4", "pod-6", "pod-7", "pod-8", "pod-9"]);
    Ok(())
}

#[test]
fn a_version_that_is_still_to_come_cannot_be_listed() -> Result<()> {
    let server = ten_pods()?;
    let future = server.version() + 100;
    let Reply { status, body, head } = get(&server, &format!("/api/v1/pods?resourceVersion={future}"))?;
    assert_eq!(status, 504);
    assert!(head.contains("\r\nretry-after: 1"), "{head}");
    assert!(body.contains("Too large resource version"), "{body}");
    Ok(())
}

#[test]
fn an_earlier_version_can_be_listed_exactly() -> Result<()> {
    let server = ten_pods()?;
    let then = server.version();
    server.delete("pods", "default", "pod-3")?;
    let list = get(
        &server,
        &format!("/api/v1/pods?resourceVersion={then}&resourceVersionMatch=Exact"),
    )?
    .json()?;
    assert_eq!(names(&list).len(), 10);
    let list = get(
        &server,
        &format!("/api/v1/pods?resourceVersion={then}&resourceVersionMatch=NotOlderThan"),
    )?
    .json()?;
    assert_eq!(names(&list).len(), 9);
    Ok(())
}

#[test]
fn selectors_take_labels_fields_and_namespaces() -> Result<()> {
    let server = ten_pods()?;
    server.apply(&namespace("other", &json!({})))?;
    server.apply(&pod("other", "pod-7", "10.0.1.7"))?;
    for (query, expected) in [
        ("pods?labelSelector=app%3Dpod-7", 2),
        ("pods?labelSelector=app%20in%20(pod-1,pod-2)", 2),
        ("pods?labelSelector=app!%3Dpod-7", 9),
        ("pods?labelSelector=app,!tier", 11),
        ("pods?fieldSelector=metadata.name%3Dpod-7", 2),
        (
            "pods?fieldSelector=spec.nodeName%3Dnode-a,metadata.namespace%3Dother",
            1,
        ),
        ("pods?fieldSelector=status.podIP%3D10.0.0.4", 1),
        ("pods?fieldSelector=spec.nodeName%3Dnode-b", 0),
        ("namespaces/other/pods", 1),
    ] {
        let list = get(&server, &format!("/api/v1/{query}"))?.json()?;
        assert_eq!(names(&list).len(), expected, "{query}");
    }
    let unknown = get(&server, "/api/v1/pods?fieldSelector=spec.colour%3Dred")?;
    assert!(
        unknown.body.contains("field label not supported: spec.colour"),
        "{}",
        unknown.body
    );
    assert_eq!(unknown.status, 400);
    Ok(())
}
