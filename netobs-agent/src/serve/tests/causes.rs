//! Causes, listed and watched.
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::StreamExt as _;
use netobs_api::v1::{self, flow_service_client::FlowServiceClient, watch_causes_response::Message};
use netobs_core::{
    cause::{Affected, Cause, CauseId, CauseKey, Example, Kind, Mend, Party, State, Toll},
    event::{Count, Protocol},
    explain::{DirectionExplanation, Explanation, Ground},
    filter::CauseFilter,
    policy::Direction,
};
use tokio::time::timeout;
use tonic::{
    Code, Request, Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;

use super::scene::{Scene, at, feed, flow};
use crate::serve::{cause_watch::watch_causes, seats::Seats};

/// A cause of which so many packets were dropped.
fn cause(id: u64, kind: Kind, packets: u64) -> Arc<Cause> {
    let flow = flow(1).enriched;
    let direction = |direction| DirectionExplanation {
        direction,
        ground: Ground::NothingIsolates,
        policies: Vec::new(),
        attempts: Vec::new(),
        attempts_left_out: 0,
    };
    let explanation = Explanation {
        ingress: direction(Direction::Ingress),
        egress: direction(Direction::Egress),
        hints: Vec::new(),
    };
    Arc::new(Cause {
        id: CauseId(id),
        key: CauseKey {
            kind,
            direction: Direction::Ingress,
            mend: Mend::Traffic {
                subject: Party::Namespace("a".into()),
                peer: Party::World(None),
                protocol: Protocol::Tcp,
                port: Some(443),
            },
        },
        found: Vec::new(),
        policies: BTreeSet::new(),
        first: at(1),
        last: at(2),
        toll: Toll {
            dropped: Count { packets, bytes: 0 },
            ..Toll::default()
        },
        sources: Affected::default(),
        destinations: Affected::default(),
        ports: Affected::default(),
        state: State::Active,
        example: Example {
            source: flow.source,
            destination: flow.destination,
            tuple: flow.flow.tuple,
            explanation: Arc::new(explanation),
        },
    })
}

fn tell(scene: &Scene, causes: impl IntoIterator<Item = Arc<Cause>>) {
    for cause in causes {
        scene.feed.cause(cause, Arc::default());
    }
    scene.feed.wake();
}

fn of_kind(kind: v1::CauseKind) -> Option<v1::CauseFilter> {
    Some(v1::CauseFilter {
        kinds: vec![kind.into()],
        ..v1::CauseFilter::default()
    })
}

/// Id and packets of a cause; `None` once all that were there are told.
async fn next(watch: &mut Streaming<v1::WatchCausesResponse>) -> Option<(u64, u64)> {
    let answer = timeout(Duration::from_secs(10), watch.message()).await.unwrap();
    match answer.unwrap().unwrap().message.unwrap() {
        Message::Cause(cause) => Some((cause.id, cause.dropped.unwrap().packets)),
        Message::CaughtUp(_) => None,
        Message::Lost(lost) => panic!("{lost:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn causes_are_listed_as_they_were_told_last() {
    let scene = Scene::start().await;
    tell(
        &scene,
        [cause(1, Kind::Peer, 1), cause(2, Kind::Dns, 2), cause(1, Kind::Peer, 3)],
    );
    let answer = scene.client().await.list_causes(v1::ListCausesRequest::default()).await;
    let causes = answer.unwrap().into_inner().causes;
    let packets = |cause: &v1::Cause| (cause.id, cause.dropped.unwrap().packets);
    assert_eq!(causes.iter().map(packets).collect::<Vec<_>>(), [(1, 3), (2, 2)]);
    let request = v1::ListCausesRequest {
        filter: of_kind(v1::CauseKind::Dns),
    };
    let answer = scene.client().await.list_causes(request).await;
    let causes = answer.unwrap().into_inner().causes;
    assert_eq!(causes.iter().map(|cause| cause.id).collect::<Vec<_>>(), [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_tells_all_then_what_changes() {
    let scene = Scene::start().await;
    tell(&scene, [cause(1, Kind::Peer, 1), cause(2, Kind::Dns, 2)]);
    let request = v1::WatchCausesRequest {
        filter: of_kind(v1::CauseKind::Peer),
    };
    let watch = scene.client().await.watch_causes(request).await;
    let mut watch = watch.unwrap().into_inner();
    assert_eq!(next(&mut watch).await, Some((1, 1)));
    assert_eq!(next(&mut watch).await, None);
    tell(&scene, [cause(2, Kind::Dns, 5), cause(3, Kind::Peer, 6)]);
    assert_eq!(next(&mut watch).await, Some((3, 6)));
    tell(&scene, [cause(1, Kind::Peer, 7)]);
    assert_eq!(next(&mut watch).await, Some((1, 7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_filter_of_causes_is_refused() {
    let scene = Scene::start().await;
    let filter = Some(v1::CauseFilter {
        kinds: vec![99],
        ..v1::CauseFilter::default()
    });
    let mut client = scene.client().await;
    let listed = client
        .list_causes(v1::ListCausesRequest { filter: filter.clone() })
        .await;
    let watched = client.watch_causes(v1::WatchCausesRequest { filter }).await;
    for status in [listed.unwrap_err(), watched.unwrap_err()] {
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("kinds[0]"), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgotten_causes_are_not_listed() {
    let scene = Scene::start().await;
    tell(&scene, [cause(1, Kind::Peer, 1), cause(2, Kind::Dns, 2)]);
    scene.feed.retain_causes(|id| id.0 == 2);
    let answer = scene.client().await.list_causes(v1::ListCausesRequest::default()).await;
    let causes = answer.unwrap().into_inner().causes;
    assert_eq!(causes.iter().map(|cause| cause.id).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn nothing_is_kept_for_a_watcher_and_it_hears_of_each_cause_as_it_is_by_then() {
    let (feed, seats) = (feed(1), Seats::new(1));
    let causes: Vec<_> = (1..=50).map(|id| cause(id, Kind::Peer, 1)).collect();
    for cause in &causes {
        feed.cause(Arc::clone(cause), Arc::default());
    }
    let mut watch = watch_causes(feed.clone(), CauseFilter::default(), seats.take().unwrap());
    let heard = |answer: Option<Result<v1::WatchCausesResponse, Status>>| match answer.unwrap().unwrap().message {
        Some(Message::Cause(cause)) => Some((cause.id, cause.dropped.unwrap().packets)),
        _ => None,
    };
    assert_eq!(heard(watch.next().await), Some((1, 1)));
    assert!(
        causes.iter().all(|cause| Arc::strong_count(cause) == 2),
        "ours and the book's"
    );
    for packets in 2..=4 {
        feed.cause(cause(2, Kind::Peer, packets), Arc::default());
    }
    for id in 3..=50 {
        assert_eq!(heard(watch.next().await), Some((id, 1)));
    }
    assert_eq!(heard(watch.next().await), None, "all that were there, as they were");
    assert_eq!(heard(watch.next().await), Some((2, 4)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_answers_that_are_not_taken_only_so_many_are_held_for_one_side() {
    const HELD: usize = 4;
    let scene = Scene::with(16, |settings, _| settings.listen = vec!["127.0.0.1:0".parse().unwrap()]).await;
    // More than a stream's window, so that it is not sent until it is taken.
    tell(&scene, (1..=2_000).map(|id| cause(id, Kind::Peer, 1)));
    let mut held = Vec::new();
    for _ in 0..HELD {
        held.push(untaken(&scene).await);
    }
    let address = Endpoint::from_shared(format!("http://{}", scene.address("http://"))).unwrap();
    let (mut inside, mut outside) = (
        scene.client().await,
        FlowServiceClient::new(address.connect().await.unwrap()),
    );
    let soon = |answer| timeout(Duration::from_secs(1), answer);
    assert!(
        soon(inside.list_causes(v1::ListCausesRequest::default()))
            .await
            .is_err(),
        "it waits for its turn"
    );
    let listed = outside.list_causes(v1::ListCausesRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().causes.len(), 2_000);
    held.pop();
    let listed = inside.list_causes(v1::ListCausesRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().causes.len(), 2_000);
}

/// All causes, of which nothing is read.
async fn untaken(scene: &Scene) -> (Grpc<Channel>, Streaming<v1::ListCausesResponse>) {
    let endpoint = Endpoint::from_shared(format!("unix://{}", scene.socket().display())).unwrap();
    let endpoint = endpoint.initial_stream_window_size(65_535);
    let mut client = Grpc::new(endpoint.connect().await.unwrap());
    client.ready().await.unwrap();
    let codec: ProstCodec<v1::ListCausesRequest, v1::ListCausesResponse> = ProstCodec::default();
    let path = PathAndQuery::from_static("/netobs.v1.FlowService/ListCauses");
    let request = Request::new(v1::ListCausesRequest::default());
    let answer = client.server_streaming(request, path, codec).await.unwrap();
    (client, answer.into_inner())
}
