//! Bytes as the real server sends them: refusals, discovery, single objects.

use super::raw::{get, plain};
use super::scene::pod;
use anyhow::Result;
use netobs_tests::apiserver::{Fault, On};
use serde_json::json;

#[test]
fn what_is_not_there_is_refused_by_name() -> Result<()> {
    let server = plain()?;
    let reply = get(&server, "/api/v1/namespaces/default/pods/web")?;
    let expected = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "pods \"web\" not found", "reason": "NotFound",
        "details": {"name": "web", "kind": "pods"}, "code": 404,
    });
    assert_eq!((reply.status, reply.json()?), (404, expected));
    let of_group = get(
        &server,
        "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies/deny",
    )?
    .json()?;
    assert_eq!(
        of_group["message"],
        "networkpolicies.networking.k8s.io \"deny\" not found"
    );
    let details = json!({"name": "deny", "group": "networking.k8s.io", "kind": "networkpolicies"});
    assert_eq!(of_group["details"], details);
    Ok(())
}

#[test]
fn what_is_not_served_is_told_from_what_is_not_known() -> Result<()> {
    let server = plain()?;
    assert_eq!(
        get(&server, "/apis/nothing.example/v1/things")?.body,
        "404 page not found\n"
    );
    let reply = get(&server, "/api/v1/things")?;
    assert_eq!(
        reply.json()?["message"],
        "the server could not find the requested resource"
    );
    assert_eq!(reply.status, 404);
    Ok(())
}

#[test]
fn a_right_that_is_missing_is_named() -> Result<()> {
    let server = plain()?;
    server.fault(Fault::Forbidden, On::any());
    let all = get(&server, "/apis/networking.k8s.io/v1/networkpolicies")?.json()?;
    assert_eq!(
        all["message"],
        "networkpolicies.networking.k8s.io is forbidden: User \"system:serviceaccount:netobs:netobs-agent\" cannot list resource \"networkpolicies\" in API group \"networking.k8s.io\" at the cluster scope"
    );
    assert_eq!((&all["reason"], &all["code"]), (&json!("Forbidden"), &json!(403)));
    let one = get(&server, "/api/v1/namespaces/default/pods/web")?.json()?;
    assert_eq!(
        one["message"],
        "pods \"web\" is forbidden: User \"system:serviceaccount:netobs:netobs-agent\" cannot get resource \"pods\" in API group \"\" in the namespace \"default\""
    );
    Ok(())
}

#[test]
fn a_server_with_too_much_to_do_says_when_to_come_again() -> Result<()> {
    let server = plain()?;
    let refused = server.fault(
        Fault::TooManyRequests { retry_after_seconds: 3 },
        On::kind("pods").times(1),
    );
    let reply = get(&server, "/api/v1/pods")?;
    assert_eq!(
        (reply.status, &*reply.body),
        (429, "Too many requests, please try again later.\n")
    );
    assert!(reply.head.contains("\r\nretry-after: 3"), "{}", reply.head);
    assert_eq!((get(&server, "/api/v1/pods")?.status, refused.met()), (200, 1));
    Ok(())
}

#[test]
fn items_of_a_list_have_no_kind_and_a_single_object_has() -> Result<()> {
    let server = plain()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    let list = get(&server, "/api/v1/pods")?.json()?;
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("PodList"), &json!("v1")));
    assert_eq!(list["items"][0].get("kind"), None);
    assert_eq!(
        list["metadata"],
        json!({"resourceVersion": server.version().to_string()})
    );
    let one = get(&server, "/api/v1/namespaces/default/pods/a")?.json()?;
    assert_eq!((&one["kind"], &one["apiVersion"]), (&json!("Pod"), &json!("v1")));
    Ok(())
}

#[test]
fn discovery_names_every_group_and_its_resources() -> Result<()> {
    let server = plain()?;
    assert_eq!(get(&server, "/version")?.json()?["major"], "1");
    assert_eq!(get(&server, "/api")?.json()?["versions"], json!(["v1"]));
    let groups = get(&server, "/apis")?.json()?;
    let names: Vec<_> = groups["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|group| &group["name"])
        .collect();
    assert!(
        names.contains(&&json!("networking.k8s.io")) && names.contains(&&json!("discovery.k8s.io")),
        "{names:?}"
    );
    let resources = get(&server, "/apis/networking.k8s.io/v1")?.json()?;
    assert_eq!(resources["groupVersion"], "networking.k8s.io/v1");
    assert_eq!(resources["resources"][0]["name"], "networkpolicies");
    Ok(())
}

#[test]
fn every_request_is_on_record() -> Result<()> {
    let server = plain()?;
    get(&server, "/api/v1/namespaces/default/pods/web?pretty=1")?;
    let requests = server.requests();
    let [asked] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!(
        (&*asked.kind, asked.name.as_deref(), asked.status),
        ("pods", Some("web"), Some(404))
    );
    assert_eq!(
        (asked.namespace.as_deref(), &*asked.query, &*asked.user_agent),
        (Some("default"), "pretty=1", "raw")
    );
    Ok(())
}
