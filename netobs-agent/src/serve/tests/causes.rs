//! Causes, listed and watched.
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use netobs_api::v1::{self, watch_causes_response::Message};
use netobs_core::{
    cause::{Affected, Cause, CauseId, CauseKey, Example, Kind, Mend, Party, State, Toll},
    event::{Count, Protocol},
    explain::{DirectionExplanation, Explanation, Ground},
    policy::Direction,
};
use tokio::time::timeout;
use tonic::{Code, Streaming};

use super::scene::{Scene, at, flow};

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
