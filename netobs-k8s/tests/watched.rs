//! What the API server sends, whole and in pieces, becomes changes; what is wrong with one object stays with it.
use netobs_core::{
    change::{Key, Kind, Object},
    labels::Interner,
};
use netobs_k8s::{
    network_policy,
    watched::{self, Line, Malformed},
};
use serde_json::json;

fn read(kind: Kind, text: &str) -> Result<(Object, Vec<Malformed>), Malformed> {
    watched::object(kind, text.as_bytes(), &mut Interner::default())
}

#[test]
fn every_kind_is_read_and_known_by_what_it_is_deleted_by() {
    let text = json!({"metadata": {"namespace": "shop", "name": "x", "uid": "u", "resourceVersion": "7"},
                      "addressType": "IPv4", "endpoints": []})
    .to_string();
    let kinds = [
        Kind::Namespace,
        Kind::Pod,
        Kind::Node,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::Policy(network_policy::KIND),
    ];
    for kind in kinds {
        let (object, problems) = read(kind, &text).unwrap();
        let key = watched::key(kind, text.as_bytes(), &mut Interner::default()).unwrap();
        let same = match (&object, &key) {
            (Object::Namespace(namespace), Key::Namespace(name)) => namespace.name == *name,
            (Object::Pod(pod), Key::Pod(uid)) => pod.uid == *uid && uid.0.as_str() == "u",
            (Object::Node(node), Key::Node(name)) => node.name == *name,
            (Object::Service(service), Key::Service(name)) => service.name == *name,
            (Object::EndpointSlice(slice), Key::EndpointSlice(name)) => slice.name == *name,
            (Object::Policy(policy), Key::Policy(id)) => policy.id == *id,
            _ => false,
        };
        assert!(same && problems.is_empty(), "{object:?} {key:?}");
    }
    assert_eq!(watched::version(text.as_bytes()).as_deref(), Some("7"));
}

#[test]
fn a_pod_without_a_uid_is_known_by_its_name_both_times() {
    let text = json!({"metadata": {"name": "x"}}).to_string();
    let Ok((Object::Pod(pod), _)) = read(Kind::Pod, &text) else {
        panic!("it can be read")
    };
    let key = watched::key(Kind::Pod, text.as_bytes(), &mut Interner::default());
    assert_eq!(key, Some(Key::Pod(pod.uid.clone())));
}

#[test]
fn what_is_wrong_is_told_with_the_object_and_the_field() {
    let text = r#"{"metadata":{"namespace":"shop","name":"x"},"spec":{"containers":[{"name":"c","ports":[{"containerPort":"eighty"}]}]}}"#;
    let malformed = read(Kind::Pod, text).unwrap_err();
    assert_eq!(malformed.object, "shop/x");
    assert_eq!(malformed.field, "spec.containers[0].ports[0].containerPort");
    assert_eq!(malformed.problem, "invalid type: string \"eighty\", expected i32");
    let nameless = read(Kind::Pod, r#"{"metadata":{}}"#).unwrap_err();
    assert_eq!(nameless.field, "metadata.name");
    let other = read(Kind::Pod, r#"{"kind":"Node","metadata":{"name":"x"}}"#).unwrap_err();
    assert!(other.problem.contains("Node"), "{other:?}");
}

#[test]
fn a_policy_that_is_partly_wrong_is_kept_and_the_part_is_told() {
    let text = json!({"metadata": {"namespace": "shop", "name": "x"},
                      "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/99"}}]}]}});
    let (object, problems) = read(Kind::Policy(network_policy::KIND), &text.to_string()).unwrap();
    assert!(matches!(object, Object::Policy(policy) if policy.ingress.is_some()));
    assert_eq!(
        (problems[0].object.as_str(), problems[0].field.as_str()),
        ("shop/x", "spec.ingress[0].from[0].ipBlock.cidr")
    );
}

#[test]
fn a_page_gives_its_objects_unread_and_where_to_go_on() {
    let text =
        br#"{"kind":"PodList","items":[{"a":1},{"b":nonsense}],"metadata":{"resourceVersion":"5","continue":"c"}}"#;
    let page = watched::page(text).unwrap();
    assert_eq!((page.objects.len(), page.version.as_str()), (2, "5"));
    assert_eq!(page.next.as_deref(), Some("c"));
    let last = watched::page(br#"{"metadata":{"resourceVersion":"5","continue":""},"items":null}"#).unwrap();
    assert_eq!((last.objects.len(), last.next), (0, None));
    for end in 0..text.len() - 1 {
        let whole = watched::page(&text[..end]).is_some_and(|page| page.objects.len() != 2 || page.version != "5");
        assert!(!whole, "{}", String::from_utf8_lossy(&text[..end]));
    }
    assert_eq!(watched::page(br#"{"kind":"Status","metadata":{}}"#), None);
}

#[test]
fn lines_are_told_apart() {
    assert_eq!(
        watched::line(br#"{"type":"DELETED","object":{"a":1}}"#),
        Some(Line::Deleted(br#"{"a":1}"#))
    );
    assert_eq!(
        watched::line(br#"{"object":{"a":1},"type":"ADDED"}"#),
        Some(Line::Added(br#"{"a":1}"#))
    );
    let refused = watched::line(
        br#"{"type":"ERROR","object":{"code":429,"reason":"TooManyRequests","message":"later","details":{"retryAfterSeconds":3}}}"#,
    );
    let Some(Line::Refused(refusal)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((refusal.code, refusal.message.as_str()), (429, "later"));
    assert_eq!(refusal.retry_after, Some(std::time::Duration::from_secs(3)));
    for garbage in [
        &b""[..],
        b"<html>",
        br#"{"type":"OTHER","object":{}}"#,
        br#"{"type":"ADDED","object":{"a""#,
    ] {
        assert_eq!(watched::line(garbage), None);
    }
}

#[test]
fn only_the_bookmark_that_says_so_ends_a_list() {
    let bookmark = |annotations: &str| {
        let text = format!(
            r#"{{"type":"BOOKMARK","object":{{"metadata":{{"resourceVersion":"9","annotations":{annotations}}}}}}}"#
        );
        matches!(watched::line(text.as_bytes()), Some(Line::Bookmark { version, all_told }) if version == "9" && all_told)
    };
    assert!(bookmark(r#"{"k8s.io/initial-events-end":"true"}"#));
    assert!(!bookmark(r#"{"k8s.io/initial-events-end":"false"}"#) && !bookmark("null") && !bookmark("{}"));
}
