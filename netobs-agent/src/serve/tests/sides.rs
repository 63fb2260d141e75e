//! Who asks at the socket is told everything, and who asks elsewhere what goes outside.
use std::sync::Arc;

use netobs_api::v1::{self, flow_service_client::FlowServiceClient};
use netobs_core::{
    redact::{Hidden, Key, Redactor},
    unwatched::{LastSeen, Unwatched},
};
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};

use super::{
    listener::{Heard, Listener, flows, follow, history},
    scene::{Scene, at, flow},
};
use crate::serve::{ClusterSnapshot, MalformedSnapshot, Screen, WatchSnapshot};

fn redactor() -> Redactor {
    let hidden = Hidden {
        addresses: true,
        pod_names: true,
        labels: "env".parse().unwrap(),
    };
    Redactor::new(hidden, Key::of(b"a secret"))
}

/// A server with a door of each kind, behind which one flow was told.
async fn scene() -> Scene {
    let scene = Scene::behind(Some(Screen::new(redactor())), 16, |settings, _| {
        settings.listen = vec!["127.0.0.1:0".parse().unwrap()];
        settings.http = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    scene.tell([flow(1)]);
    scene.outside.flow(Arc::new(redactor().flow(&flow(1))));
    scene
}

async fn outside(scene: &Scene) -> FlowServiceClient<Channel> {
    let address = format!("http://{}", scene.address("http://"));
    let endpoint = Endpoint::from_shared(address).unwrap();
    FlowServiceClient::new(endpoint.connect().await.unwrap())
}

async fn told(client: &mut FlowServiceClient<Channel>, request: v1::SubscribeRequest) -> Vec<String> {
    let mut stream = client.subscribe(request).await.unwrap().into_inner();
    let mut names = Vec::new();
    while let Some(told) = stream.message().await.unwrap() {
        if let Some(v1::subscribe_response::Message::Flow(flow)) = told.message {
            let source = flow.source.unwrap();
            names.push(format!("{} {}", source.name, source.address));
        }
    }
    names
}

fn of_pod(name: &str) -> v1::SubscribeRequest {
    let end = v1::EndpointFilter {
        pods: vec![name.to_owned()],
        ..v1::EndpointFilter::default()
    };
    v1::SubscribeRequest {
        include: vec![v1::Filter {
            either: vec![end],
            ..v1::Filter::default()
        }],
        ..history()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_tells_names_and_a_port_tells_pseudonyms_by_which_may_be_asked() {
    let scene = scene().await;
    assert_eq!(told(&mut scene.client().await, of_pod("one")).await, ["one 10.0.0.1"]);
    let mut client = outside(&scene).await;
    let all = told(&mut client, history()).await;
    assert!(
        all.len() == 1 && all[0].starts_with("redacted:") && !all[0].contains("10.0.0.1"),
        "{all:?}"
    );
    let (pseudonym, _) = all[0].split_once(' ').unwrap();
    assert_eq!(told(&mut client, of_pod(pseudonym)).await, all);
    let refused = client.subscribe(of_pod("one")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("pod names are redacted here"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_nothing_is_explained_by_what_is_hidden() {
    let scene = scene().await;
    let pod = |name: &str| v1::EndpointRef {
        reference: Some(v1::endpoint_ref::Reference::Pod(v1::ObjectRef {
            namespace: "a".to_owned(),
            name: name.to_owned(),
        })),
    };
    let question = v1::ExplainRequest {
        source: Some(pod("one")),
        destination: Some(pod("two")),
        port: 443,
        ..v1::ExplainRequest::default()
    };
    assert!(scene.client().await.explain(question.clone()).await.is_ok());
    let refused = outside(&scene).await.explain(question).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("unix socket"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_inventory_and_the_status_are_redacted_too() {
    let scene = scene().await;
    scene.snapshot.lock().unwrap().cluster = Some(ClusterSnapshot {
        server: "https://10.96.0.1".to_owned(),
        watches: vec![WatchSnapshot {
            kind: "pods",
            listed: true,
            objects: 1,
            heard: None,
            error: Some("10.96.0.1:443 refused".to_owned()),
            malformed: Some(MalformedSnapshot {
                object: "shop/web-0".to_owned(),
                field: "status.podIP".to_owned(),
                problem: "qvalue-anna is no address".to_owned(),
                more: 1,
            }),
            forbidden: false,
        }],
    });
    let status = |mut client: FlowServiceClient<Channel>| async move {
        let status = client.get_status(v1::GetStatusRequest {}).await;
        status.unwrap().into_inner()
    };
    let (inside, beyond) = (status(scene.client().await).await, status(outside(&scene).await).await);
    assert_eq!(inside.redacted, [""; 0]);
    assert_eq!(beyond.redacted, ["ips", "pod-names", "label env"]);
    assert!(format!("{inside:?}").contains("10.96.0.1"));
    assert!(!format!("{beyond:?}").contains("10.96.0.1"), "{beyond:?}");
    let error = |status: &v1::GetStatusResponse| status.cluster.as_ref().unwrap().watches[0].error.clone();
    assert_eq!(
        error(&inside),
        "10.96.0.1:443 refused; not understood: shop/web-0: status.podIP: qvalue-anna is no address (and 1 more)"
    );
    let (fault, malformed) = error(&beyond)
        .split_once("; ")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert!(fault.ends_with(":443 refused"), "{fault}");
    assert!(malformed.starts_with("not understood: shop/redacted:"), "{malformed}");
    assert!(malformed.ends_with(": status.podIP (and 1 more)"), "{malformed}");

    let mut client = outside(&scene).await;
    let mut entries = client
        .get_inventory(v1::GetInventoryRequest::default())
        .await
        .unwrap()
        .into_inner();
    let mut count = 0;
    while let Some(entry) = entries.message().await.unwrap() {
        count += 1;
        assert!(!format!("{entry:?}").contains("10.0.0."), "{entry:?}");
    }
    assert!(count > 2);
}

fn restarted(scene: &Scene) {
    let last = LastSeen {
        at: at(50),
        ended: true,
    };
    scene.feed.unwatched(Unwatched::new(Some(last), at(60)));
}

const RESTART: Heard = Heard::Lost(v1::LostPlace::Restart, 0);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_how_long_nobody_watched_is_told_first_and_to_whoever_asks_for_that_time() {
    let scene = Scene::with(100, |_, _| {}).await;
    let mut early = Listener::of(&scene, follow()).await;
    restarted(&scene);
    scene.tell([flow(70)]);
    assert_eq!(early.hear_some(2).await, [RESTART, Heard::Flow(70)]);
    let since = |seconds: i64| v1::SubscribeRequest {
        since_unix_nanos: Some(seconds * 1_000_000_000),
        ..history()
    };
    let mut all = Listener::of(&scene, history()).await;
    assert_eq!(all.hear_some(2).await, [RESTART, Heard::Flow(70)]);
    let mut back = Listener::of(&scene, since(55)).await;
    assert_eq!(back.hear_some(2).await, [RESTART, Heard::Flow(70)]);
    let mut later = Listener::of(&scene, since(61)).await;
    assert_eq!(later.hear_some(2).await, [Heard::Flow(70), Heard::Ended]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_too_when_the_history_does_not_reach_back_so_far() {
    let scene = Scene::with(100, |_, _| {}).await;
    restarted(&scene);
    scene.tell((100..1_100).map(flow));
    let request = v1::SubscribeRequest {
        since_unix_nanos: Some(55_000_000_000),
        ..history()
    };
    let mut listener = Listener::of(&scene, request).await;
    assert_eq!(listener.hear().await, RESTART);
    assert_eq!(listener.hear().await, Heard::Lost(v1::LostPlace::Subscriber, 900));
    assert_eq!(listener.hear_some(100).await, flows(1_000..1_100));
}
