//! Subscriptions: history, filters, following, and what a slow one misses.
use std::time::Duration;

use netobs_api::v1::{self, subscribe_response::Message};
use netobs_core::engine::Where;
use tokio::time::timeout;
use tonic::{Code, Streaming};

use super::scene::{Scene, dropped, flow};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    Flow(u64),
    Lost(v1::LostPlace, u64),
    Ended,
    Failed(Code),
}

struct Listener(Streaming<v1::SubscribeResponse>);

impl Listener {
    async fn of(scene: &Scene, request: v1::SubscribeRequest) -> Self {
        let subscribed = scene.client().await.subscribe(request).await;
        Self(subscribed.unwrap().into_inner())
    }

    async fn hear(&mut self) -> Heard {
        match timeout(Duration::from_secs(10), self.0.message()).await.unwrap() {
            Ok(Some(response)) => {
                assert_eq!(response.node_name, "node-1");
                match response.message.unwrap() {
                    Message::Flow(flow) => Heard::Flow(flow.id),
                    Message::Lost(lost) => Heard::Lost(lost.place(), lost.count),
                }
            }
            Ok(None) => Heard::Ended,
            Err(status) => Heard::Failed(status.code()),
        }
    }

    async fn hear_some(&mut self, count: usize) -> Vec<Heard> {
        let mut heard = Vec::new();
        for _ in 0..count {
            heard.push(self.hear().await);
        }
        heard
    }
}

fn history() -> v1::SubscribeRequest {
    v1::SubscribeRequest::default()
}

fn follow() -> v1::SubscribeRequest {
    v1::SubscribeRequest {
        follow: true,
        ..history()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_told_in_order_and_then_ends() {
    let scene = Scene::start().await;
    scene.tell([flow(3), flow(1), flow(2)]);
    scene.feed.lost(Where::Kernel, 7);
    let mut listener = Listener::of(&scene, history()).await;
    let expected = [
        Heard::Flow(3),
        Heard::Flow(1),
        Heard::Flow(2),
        Heard::Lost(v1::LostPlace::Kernel, 7),
        Heard::Ended,
    ];
    assert_eq!(listener.hear_some(5).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_without_history_hears_only_what_happens() {
    let scene = Scene::start().await;
    scene.tell([flow(1)]);
    let mut listener = Listener::of(&scene, follow()).await;
    scene.tell([flow(2), dropped(3)]);
    assert_eq!(listener.hear_some(2).await, [Heard::Flow(2), Heard::Flow(3)]);
}
