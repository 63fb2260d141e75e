//! The same questions to the double and, where there is one, to a real server: what the one answers, the other answers.

use super::scene::{namespace, pod};
use anyhow::{Context as _, Result};
use netobs_tests::apiserver::{ApiServer, Caller, Cluster, Real};
use netobs_tests::netns::Netns;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const PODS: &str = "/api/v1/namespaces/default/pods";
const EVENTS: &str = "/api/v1/namespaces/default/events";

/// The double first, and then a real server.
fn on_each(check: fn(&Caller) -> Result<()>) -> Result<()> {
    of::<ApiServer>(|_| Ok(()), check)?;
    of::<Real>(|_| Ok(()), check)
}

/// The same for somebody who shows another token than the one that is valid, or none.
fn on_each_with(user: fn(&mut Value), check: fn(&Caller) -> Result<()>) -> Result<()> {
    let as_user = |path: &Path| {
        let mut config: Value = serde_json::from_slice(&fs::read(path)?)?;
        user(&mut config["users"][0]["user"]);
        Ok(fs::write(path, config.to_string())?)
    };
    of::<ApiServer>(as_user, check)?;
    of::<Real>(as_user, check)
}

fn of<S: Cluster>(prepare: impl Fn(&Path) -> Result<()>, check: fn(&Caller) -> Result<()>) -> Result<()> {
    let place = Netns::create("alike")?;
    let Some(server) = S::begin(&place)? else { return Ok(()) };
    prepare(&server.kubeconfig())?;
    check(&Caller::new(place, server.kubeconfig())).with_context(|| std::any::type_name::<S>())
}

fn event(involved: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": involved})
}

/// What is sent: the type, and the object.
type Sent<'a> = Option<(&'a str, &'a Value)>;

fn is_refused(caller: &Caller, method: &str, path: &str, sent: Sent<'_>, (status, message): (u16, &str)) -> Result<()> {
    let (kind, content) = sent
        .map(|(kind, content)| (kind, content.to_string()))
        .unwrap_or_default();
    let reply = caller.ask(method, path, kind, &content)?;
    let told = (reply.status, &reply.json()?["message"]);
    assert_eq!(told, (status, &json!(message)), "{method} {path}");
    Ok(())
}

#[test]
fn what_is_not_there_or_does_not_fit_its_place_is_refused_in_the_same_words() -> Result<()> {
    on_each(|caller| {
        let (own, elsewhere) = (pod("default", "a", "10.0.0.1"), pod("kube-system", "a", "10.0.0.1"));
        caller.post(PODS, &own)?;
        let (a, b) = (format!("{PODS}/a"), format!("{PODS}/b"));
        let nowhere = json!({"metadata": {"name": "x"}, "spec": own["spec"]});
        let no_resource = "the server could not find the requested resource";
        let no_method = "the server does not allow this method on the requested resource";
        let other_place = "the namespace of the provided object does not match the namespace sent on the request";
        let other_name = "the name of the object (a) does not match the name on the URL (b)";
        let no_namespace = (404, "namespaces \"none\" not found");
        is_refused(caller, "GET", &b, None, (404, "pods \"b\" not found"))?;
        is_refused(caller, "GET", "/api/v1/things", None, (404, no_resource))?;
        is_refused(
            caller,
            "POST",
            PODS,
            Some((JSON, &own)),
            (409, "pods \"a\" already exists"),
        )?;
        is_refused(caller, "POST", &a, Some((JSON, &own)), (405, no_method))?;
        is_refused(caller, "POST", PODS, Some((JSON, &elsewhere)), (400, other_place))?;
        is_refused(
            caller,
            "POST",
            "/api/v1/namespaces/none/pods",
            Some((JSON, &nowhere)),
            no_namespace,
        )?;
        is_refused(caller, "PUT", &b, Some((JSON, &own)), (400, other_name))?;
        is_refused(
            caller,
            "PATCH",
            &b,
            Some((MERGE, &json!({}))),
            (404, "pods \"b\" not found"),
        )
    })
}

#[test]
fn what_cannot_be_understood_is_refused_in_the_same_words() -> Result<()> {
    on_each(|caller| {
        let of_dns = event(&json!({"kind": "Pod", "namespace": "kube-system", "name": "dns"}));
        let of_ops = event(&json!({"kind": "Namespace", "name": "ops"}));
        let own = pod("default", "a", "10.0.0.1");
        let no_manager =
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        let other_namespace = "Event \"e\" is invalid: involvedObject.namespace: Invalid value: \"kube-system\": does not match event.namespace";
        let (colour, limit) = (
            "/api/v1/pods?fieldSelector=spec.colour%3Dred",
            "/api/v1/pods?limit=some",
        );
        let no_number = "strconv.ParseInt: parsing \"some\": invalid syntax";
        caller.post(PODS, &own)?;
        let plain = Some(("text/plain", &json!({})));
        is_refused(
            caller,
            "PATCH",
            &format!("{PODS}/a"),
            plain,
            (415, "415: Unsupported Media Type"),
        )?;
        is_refused(
            caller,
            "PATCH",
            &format!("{EVENTS}/e"),
            Some((APPLY, &of_ops)),
            (422, no_manager),
        )?;
        is_refused(caller, "POST", EVENTS, Some((JSON, &of_dns)), (422, other_namespace))?;
        is_refused(
            caller,
            "GET",
            colour,
            None,
            (400, "field label not supported: spec.colour"),
        )?;
        is_refused(caller, "GET", limit, None, (400, no_number))?;
        let reply = caller.post(EVENTS, &own)?;
        let message = reply.json()?["message"].as_str().unwrap_or_default().to_owned();
        let begins = "Pod in version \"v1\" cannot be handled as a Event";
        assert!(message.starts_with(begins), "{message}");
        Ok(())
    })
}

#[test]
fn what_is_wrong_is_told_to_programs_in_the_same_details() -> Result<()> {
    on_each(|caller| {
        let of_dns = event(&json!({"kind": "Pod", "namespace": "kube-system", "name": "dns"}));
        let why = "Invalid value: \"kube-system\": does not match event.namespace";
        let causes = json!([{"reason": "FieldValueInvalid", "message": why, "field": "involvedObject.namespace"}]);
        assert_eq!(
            caller.post(EVENTS, &of_dns)?.json()?["details"],
            json!({"name": "e", "kind": "Event", "causes": causes})
        );
        for (query, field) in [
            ("watch=1&resourceVersionMatch=NotOlderThan", "resourceVersionMatch"),
            ("watch=1&sendInitialEvents=true", "resourceVersionMatch"),
            ("resourceVersionMatch=Exact", "resourceVersionMatch"),
            ("sendInitialEvents=true", "sendInitialEvents"),
        ] {
            let refused = caller.get(&format!("/api/v1/pods?{query}"))?;
            let details = refused.json()?["details"].clone();
            assert_eq!(
                (refused.status, &details["causes"][0]["field"]),
                (422, &json!(field)),
                "{query}"
            );
        }
        Ok(())
    })
}

#[test]
fn who_shows_no_token_is_a_stranger_and_who_shows_a_wrong_one_is_nobody() -> Result<()> {
    on_each_with(
        |user| *user = json!({}),
        |caller| {
            let reply = caller.get("/api/v1/pods")?;
            let message = "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
            assert_eq!((reply.status, &reply.json()?["message"]), (403, &json!(message)));
            let reply = caller.get("/api/v1/namespaces/default")?;
            let message = "namespaces \"default\" is forbidden: User \"system:anonymous\" cannot get resource \"namespaces\" in API group \"\" in the namespace \"default\"";
            assert_eq!((reply.status, &reply.json()?["message"]), (403, &json!(message)));
            assert_eq!(caller.get("/version")?.status, 200);
            assert_eq!(caller.get("/healthz")?.body, "ok");
            Ok(())
        },
    )?;
    on_each_with(
        |user| *user = json!({"token": "nobody's"}),
        |caller| {
            let reply = caller.get("/api/v1/pods")?;
            assert_eq!((reply.status, &reply.json()?["message"]), (401, &json!("Unauthorized")));
            Ok(())
        },
    )
}

#[test]
fn what_is_made_and_deleted_is_answered_alike() -> Result<()> {
    on_each(|caller| {
        let made = caller.post("/api/v1/namespaces", &namespace("ops", &json!({"env": "prod"})))?;
        let object = made.json()?;
        assert_eq!((made.status, &object["status"]), (201, &json!({"phase": "Active"})));
        assert_eq!(object["spec"], json!({"finalizers": ["kubernetes"]}));
        let labels = json!({"env": "prod", "kubernetes.io/metadata.name": "ops"});
        assert_eq!(object["metadata"]["labels"], labels);
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
        let uid = caller.post("/api/v1/namespaces/default/configmaps", &map)?.json()?["metadata"]["uid"].clone();
        let gone = caller
            .ask("DELETE", "/api/v1/namespaces/default/configmaps/c", "", "")?
            .json()?;
        assert_eq!(gone["details"], json!({"name": "c", "kind": "configmaps", "uid": uid}));
        caller.post(PODS, &pod("default", "a", "10.0.0.1"))?;
        let gone = caller
            .ask("DELETE", &format!("{PODS}/a?gracePeriodSeconds=0"), "", "")?
            .json()?;
        assert_eq!((&gone["kind"], &gone["metadata"]["name"]), (&json!("Pod"), &json!("a")));
        Ok(())
    })
}

#[test]
fn lists_in_parts_and_as_a_stream_are_alike() -> Result<()> {
    on_each(|caller| {
        let first = caller.get("/api/v1/namespaces?limit=3")?.json()?;
        assert_eq!(first["metadata"]["remainingItemCount"], 1);
        let next = first["metadata"]["continue"]
            .as_str()
            .context("there is another page")?
            .replace('=', "%3D");
        let second = caller
            .get(&format!("/api/v1/namespaces?limit=3&continue={next}"))?
            .json()?;
        assert_eq!(second["items"][0]["metadata"]["name"], "kube-system");
        assert_eq!(
            second["metadata"]["resourceVersion"],
            first["metadata"]["resourceVersion"]
        );
        let query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=2";
        let events = caller.get(&format!("/api/v1/namespaces?{query}"))?.events()?;
        let kinds: Vec<_> = events.iter().map(|event| event["type"].clone()).collect();
        assert_eq!(kinds[..5], ["ADDED", "ADDED", "ADDED", "ADDED", "BOOKMARK"]);
        let metadata = &events[4]["object"]["metadata"];
        assert_eq!(metadata["annotations"], json!({"k8s.io/initial-events-end": "true"}));
        assert_eq!(metadata.as_object().map(serde_json::Map::len), Some(2), "{metadata}");
        Ok(())
    })
}
