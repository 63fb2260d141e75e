//! What is asked of the app, how many may ask, and what any gRPC client can find out by itself.
use netobs_api::v1::{self, endpoint_ref::Reference};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb;

use super::{
    listener::{Heard, Listener, follow},
    scene::{Scene, flow},
};
use crate::serve::{ClusterSnapshot, WatchSnapshot};

fn explain(port: u32) -> v1::ExplainRequest {
    let end = |address: &str| {
        Some(v1::EndpointRef {
            reference: Some(Reference::Address(address.to_owned())),
        })
    };
    v1::ExplainRequest {
        source: end("10.0.0.1"),
        destination: end("10.0.0.2"),
        protocol: 0,
        port,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_go_to_the_app_and_answers_come_back() {
    let scene = Scene::start().await;
    let mut client = scene.client().await;
    let answer = client.explain(explain(443)).await.unwrap().into_inner();
    assert!(answer.text.contains("443"), "{}", answer.text);
    let unknown = client.explain(explain(1)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(unknown.message(), "there is no pod a/b");
    let bad = client.explain(explain(65_536)).await.unwrap_err();
    assert_eq!(bad.code(), Code::InvalidArgument);
    assert!(bad.message().contains("port"), "{bad}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_gone_is_said_to_be() {
    let mut scene = Scene::start().await;
    scene.kill_app();
    let status = scene.client().await.get_status(v1::GetStatusRequest {}).await;
    assert_eq!(status.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_tells_what_app_and_room_know() {
    let scene = Scene::with(2, |_, _| {}).await;
    let watch = WatchSnapshot {
        kind: "Pod",
        listed: true,
        objects: 9,
        heard: None,
        error: Some("refused".to_owned()),
        malformed: None,
        forbidden: false,
    };
    scene.snapshot.lock().unwrap().cluster = Some(ClusterSnapshot {
        server: "https://10.96.0.1".to_owned(),
        watches: vec![watch],
    });
    scene.tell([flow(5), flow(6), flow(7)]);
    let _listener = Listener::of(&scene, follow()).await;
    let status = scene.client().await.get_status(v1::GetStatusRequest {}).await;
    let status = status.unwrap().into_inner();
    assert!(status.ready);
    let flows = status.flows.unwrap();
    assert_eq!((flows.told, flows.history, flows.history_capacity), (3, 2, 2));
    assert_eq!(flows.oldest_unix_nanos, Some(6_000_000_000));
    let serving = status.serving.unwrap();
    assert_eq!(serving.subscribers, 1);
    assert_eq!(serving.listeners, [format!("unix://{}", scene.socket().display())]);
    assert_eq!(status.cluster.unwrap().watches[0].error, "refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_only_so_many_places_and_they_become_free_again() {
    let scene = Scene::with(16, |settings, _| settings.most_subscribers = 2).await;
    let first = Listener::of(&scene, follow()).await;
    let _second = Listener::of(&scene, follow()).await;
    let refused = scene.client().await.subscribe(follow()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("--most-subscribers"), "{refused}");
    let refused = scene
        .client()
        .await
        .watch_causes(v1::WatchCausesRequest::default())
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::ResourceExhausted);
    drop(first);
    let mut third = loop {
        if let Ok(stream) = scene.client().await.subscribe(follow()).await {
            break Listener::on(stream.into_inner());
        }
    };
    scene.tell([flow(1)]);
    assert_eq!(third.hear().await, Heard::Flow(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_follows_readiness() {
    let scene = Scene::start().await;
    let mut client = HealthClient::new(scene.channel().await);
    for service in ["", "netobs.v1.FlowService"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let mut health = client.watch(request).await.unwrap().into_inner();
        let mut wait_for = async |wanted: ServingStatus| {
            while health.message().await.unwrap().unwrap().status() != wanted {}
        };
        wait_for(ServingStatus::Serving).await;
        scene.snapshot.lock().unwrap().not_ready = vec!["pods are not listed".to_owned()];
        wait_for(ServingStatus::NotServing).await;
        scene.snapshot.lock().unwrap().not_ready.clear();
    }
    let unknown = HealthCheckRequest {
        service: "no.such.Service".to_owned(),
    };
    assert_eq!(client.check(unknown).await.unwrap_err().code(), Code::NotFound);
}

const SERVICES: [&str; 4] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "netobs.v1.FlowService",
];

macro_rules! services_by_reflection {
    ($version:ident, $channel:expr) => {{
        use pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let requests = Request::new(tokio_stream::once(request));
        let mut client = ServerReflectionClient::new($channel);
        let answers = client.server_reflection_info(requests).await.unwrap();
        let answer = answers.into_inner().next().await.unwrap().unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("no list of services");
        };
        let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
        names.sort();
        names
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_of_reflection_list_all_services() {
    let scene = Scene::start().await;
    let mut known = SERVICES.map(str::to_owned).to_vec();
    known.retain(|name| name != "grpc.reflection.v1alpha.ServerReflection");
    assert_eq!(services_by_reflection!(v1, scene.channel().await), known);
    let mut known = SERVICES.map(str::to_owned).to_vec();
    known.retain(|name| name != "grpc.reflection.v1.ServerReflection");
    assert_eq!(services_by_reflection!(v1alpha, scene.channel().await), known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_that_is_not_there_is_unimplemented() {
    let scene = Scene::start().await;
    let mut client = tonic::client::Grpc::new(scene.channel().await);
    for path in ["/netobs.v1.FlowService/Nothing", "/no.such.Service/Nothing", "/"] {
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<v1::Caught, v1::Caught>::default();
        let asked = client.unary(Request::new(v1::Caught {}), path.parse().unwrap(), codec);
        assert_eq!(asked.await.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
}
