//! What is sent to the API server, and what becomes of its answers.
use serde_json::{Value, json};
use tokio::time::timeout;

use super::*;
use crate::cluster::double::{Asked, Double, Reply};

const NODE: &str = "node-1";

/// Tells the causes one after another, each after the one before was answered, and returns what was asked.
async fn told(about: &'static str, replies: Vec<Reply>, causes: Vec<Arc<Cause>>) -> Vec<Asked> {
    let expected = replies.len();
    let double = Double::about(about, replies);
    let (writer, writing) = start(Arc::new(Access::given(double.client())), NODE.to_owned(), true);
    let writing = tokio::spawn(writing);
    for cause in causes {
        let before = double.asked().len();
        writer.tell(&cause, &[label_it()]);
        for _ in 0..100 {
            if double.asked().len() > before {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
    for _ in 0..500 {
        if double.asked().len() >= expected {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    drop(writer);
    timeout(Duration::from_secs(5), writing).await.unwrap().unwrap();
    double.asked()
}

fn created() -> Reply {
    Reply::json(&json!({}))
}

fn the_namespace() -> Reply {
    Reply::json(&json!({"kind": "Namespace", "metadata": {"name": "ops-utils", "uid": "uid-of-ops-utils"}}))
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_namespace_without_a_label_gets_an_event_that_says_what_to_do() {
    let asked = told(
        "/api",
        vec![the_namespace(), created()],
        vec![cause(&namespace_lacks("ops-utils"), 312)],
    )
    .await;
    assert_eq!(asked[0].path, "/api/v1/namespaces/ops-utils");
    let Asked { method, path, content } = &asked[1];
    assert_eq!(
        (method.as_str(), path.as_str()),
        ("POST", "/api/v1/namespaces/default/events")
    );
    assert_eq!(
        content["involvedObject"],
        json!({"apiVersion": "v1", "kind": "Namespace", "name": "ops-utils", "uid": "uid-of-ops-utils"})
    );
    assert_eq!(
        content["message"],
        "namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod (312 packets dropped); \
         to mend it: kubectl label namespace ops-utils env=prod"
    );
    assert_eq!(
        (text(content, "/reason"), text(content, "/type")),
        ("MissingLabel", "Warning")
    );
    assert_eq!(content["count"], 312);
    assert_eq!(
        (text(content, "/firstTimestamp"), text(content, "/lastTimestamp")),
        ("2026-03-01T10:01:58Z", "2026-03-01T10:02:58Z")
    );
    assert_eq!(text(content, "/source/host"), NODE);
    assert!(text(content, "/metadata/name").starts_with("ops-utils.netobs-"));
}

#[tokio::test]
async fn an_event_of_a_pod_lives_in_its_namespace_and_names_its_uid() {
    let of_pod = wants(Labelled::Workload {
        namespace: "ops-utils".into(),
        workload: workload(),
    });
    let of_dns = traffic(
        Kind::Dns,
        Party::Workload {
            namespace: "ops-utils".into(),
            workload: workload(),
        },
    );
    for (key, reason) in [(of_pod, "MissingLabel"), (of_dns, "DnsNotAdmitted")] {
        let asked = told("/events", vec![created()], vec![cause(&key, 1)]).await;
        assert_eq!(asked[0].path, "/api/v1/namespaces/ops-utils/events");
        let object = &asked[0].content["involvedObject"];
        assert_eq!(text(object, "/uid"), "uid-of-backup-0");
        assert_eq!((text(object, "/kind"), text(object, "/name")), ("Pod", "backup-0"));
        assert_eq!(text(&asked[0].content, "/reason"), reason);
    }
}

#[tokio::test]
async fn where_no_object_of_ours_is_at_fault_the_event_is_the_policys() {
    let key = traffic(Kind::NotEnforced, Party::World(None));
    let asked = told(
        "/api",
        vec![Reply::status(404, "NotFound"), created()],
        vec![cause(&key, 1)],
    )
    .await;
    assert_eq!(
        asked[0].path,
        "/apis/networking.k8s.io/v1/namespaces/prod-a/networkpolicies/allow-prod"
    );
    assert_eq!(asked[1].path, "/api/v1/namespaces/prod-a/events");
    let object = &asked[1].content["involvedObject"];
    assert_eq!(
        (text(object, "/kind"), text(object, "/name")),
        ("NetworkPolicy", "allow-prod")
    );
    assert_eq!(text(&asked[1].content, "/reason"), "PolicyNotEnforced");
}

#[tokio::test]
async fn an_event_from_before_our_start_is_brought_up_to_date() {
    let replies = vec![the_namespace(), Reply::status(409, "AlreadyExists"), created()];
    let asked = told("/api", replies, vec![cause(&namespace_lacks("ops-utils"), 7)]).await;
    let name = text(&asked[1].content, "/metadata/name");
    assert_eq!(
        (asked[2].method.as_str(), asked[2].path.as_str()),
        ("PATCH", format!("/api/v1/namespaces/default/events/{name}").as_str())
    );
    assert_eq!(asked[2].content["count"], 7);
}

#[tokio::test]
async fn a_mended_label_is_told_in_an_event_of_its_own() {
    let key = namespace_lacks("ops-utils");
    let replies = vec![the_namespace(), created(), the_namespace(), created()];
    let asked = told("/api", replies, vec![cause(&key, 7), mended(&key, 7)]).await;
    let content = &asked[3].content;
    assert_eq!(
        (text(content, "/reason"), text(content, "/type")),
        ("LabelMended", "Normal")
    );
    assert_eq!(
        text(content, "/message"),
        "namespace ops-utils has env=prod as NetworkPolicy prod-a/allow-prod wants (before: 7 packets dropped)"
    );
    assert_eq!(
        (&content["count"], text(content, "/firstTimestamp")),
        (&json!(1), "2026-03-01T10:03:58Z")
    );
    let name = text(&asked[1].content, "/metadata/name");
    assert_eq!(text(content, "/metadata/name"), format!("{name}-mended"));
}

#[tokio::test]
async fn without_permission_nothing_more_is_tried() {
    let keys: Vec<_> = ["a", "b", "c"].map(namespace_lacks).to_vec();
    let replies = vec![the_namespace(), Reply::status(403, "Forbidden")];
    let asked = told("/api", replies, causes(&keys, 1, 0)).await;
    assert_eq!(asked.len(), 2, "{asked:?}");
}

#[tokio::test]
async fn with_events_turned_off_nothing_is_written() {
    let double = Double::about("/api", vec![created()]);
    let (writer, writing) = start(Arc::new(Access::given(double.client())), NODE.to_owned(), false);
    writer.tell(&cause(&namespace_lacks("ops-utils"), 1), &[]);
    timeout(Duration::from_secs(5), writing).await.unwrap();
    assert!(double.asked().is_empty());
}

#[test]
fn telling_never_waits_however_much_there_is_to_tell() {
    let double = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = double.enter();
    let access = Arc::new(Access::given(Double::about("/api", vec![]).client()));
    let (writer, _writing) = start(access, NODE.to_owned(), true);
    let cause = cause(&namespace_lacks("ops-utils"), 1);
    for _ in 0..10 * QUEUE {
        writer.tell(&cause, &[label_it()]);
    }
}
