//! Subscribers that do not keep up, and those beside them.
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use netobs_api::v1::{self, flow_service_client::FlowServiceClient};
use tokio::{sync::Barrier, task::JoinSet, time::timeout};
use tonic::transport::Endpoint;

use super::{
    listener::{Heard, Listener, follow},
    scene::{Scene, flow},
};

const FLOWS: u64 = 4_000;
/// The history has room for this many, so that all who read can be waited for in between.
const AT_ONCE: usize = 500;
const SUBSCRIBERS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_subscribers_only_the_one_that_stopped_loses_and_knows_how_much() {
    let scene = Scene::with(AT_ONCE, |_, _| {}).await;
    let mut stopped = narrow(&scene).await;
    let mut others = JoinSet::new();
    let barrier = Arc::new(Barrier::new(SUBSCRIBERS));
    for _ in 1..SUBSCRIBERS {
        let listener = Listener::of(&scene, follow()).await;
        others.spawn(hear_everything(listener, Arc::clone(&barrier)));
    }
    let mut told: Vec<Weak<_>> = Vec::new();
    for first in (0..FLOWS).step_by(AT_ONCE) {
        for number in (first..FLOWS).take(AT_ONCE) {
            let flow = Arc::new(flow(number));
            told.push(Arc::downgrade(&flow));
            scene.feed.flow(flow);
        }
        scene.feed.wake();
        timeout(Duration::from_secs(60), barrier.wait()).await.unwrap();
    }
    while let Some(heard) = others.join_next().await {
        heard.unwrap();
    }
    let kept = told.iter().filter(|flow| flow.strong_count() > 0).count();
    assert!(kept <= 2_000, "{kept} flows are kept for a history of {AT_ONCE}");
    let lost = hear_with_gaps(&mut stopped).await;
    let status = scene.client().await.get_status(v1::GetStatusRequest {}).await;
    assert_eq!(status.unwrap().into_inner().serving.unwrap().lost, lost);
}

/// Takes in little ahead of being read, so that what is told piles up at the server.
async fn narrow(scene: &Scene) -> Listener {
    const WINDOW: u32 = 65_535;
    let endpoint = Endpoint::from_shared(format!("unix://{}", scene.socket().display())).unwrap();
    let endpoint = endpoint.initial_stream_window_size(WINDOW);
    let mut client = FlowServiceClient::new(endpoint.connect().await.unwrap());
    Listener::on(client.subscribe(follow()).await.unwrap().into_inner())
}

async fn hear_everything(mut listener: Listener, barrier: Arc<Barrier>) {
    for number in 0..FLOWS {
        assert_eq!(listener.hear().await, Heard::Flow(number));
        if (number + 1).is_multiple_of(AT_ONCE as u64) {
            barrier.wait().await;
        }
    }
}

/// Each gap is as wide as it is told to be.
async fn hear_with_gaps(listener: &mut Listener) -> u64 {
    let (mut next, mut lost) = (0, 0);
    while next < FLOWS {
        match listener.hear().await {
            Heard::Flow(number) => {
                assert_eq!(number, next);
                next += 1;
            }
            Heard::Lost(place, count) => {
                assert_eq!(place, v1::LostPlace::Subscriber);
                next += count;
                lost += count;
            }
            other @ (Heard::Ended | Heard::Failed(_)) => panic!("{other:?} after {next} flows"),
        }
    }
    assert!(lost > 0, "nothing was lost, though nothing was read");
    lost
}
