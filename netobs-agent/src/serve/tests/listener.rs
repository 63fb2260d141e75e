//! A subscriber, and what it hears.
use std::time::Duration;

use netobs_api::v1::{self, subscribe_response::Message};
use tokio::time::timeout;
use tonic::{Code, Streaming};

use super::scene::Scene;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Flow(u64),
    Lost(v1::LostPlace, u64),
    Ended,
    Failed(Code),
}

pub(super) struct Listener(Streaming<v1::SubscribeResponse>);

impl Listener {
    pub(super) async fn of(scene: &Scene, request: v1::SubscribeRequest) -> Self {
        let subscribed = scene.client().await.subscribe(request).await;
        Self::on(subscribed.unwrap().into_inner())
    }

    pub(super) const fn on(stream: Streaming<v1::SubscribeResponse>) -> Self {
        Self(stream)
    }

    pub(super) async fn hear(&mut self) -> Heard {
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

    pub(super) async fn hear_some(&mut self, count: usize) -> Vec<Heard> {
        let mut heard = Vec::new();
        for _ in 0..count {
            heard.push(self.hear().await);
        }
        heard
    }
}

pub(super) fn history() -> v1::SubscribeRequest {
    v1::SubscribeRequest::default()
}

pub(super) fn follow() -> v1::SubscribeRequest {
    v1::SubscribeRequest {
        follow: true,
        ..history()
    }
}

pub(super) fn flows(numbers: impl IntoIterator<Item = u64>) -> Vec<Heard> {
    numbers.into_iter().map(Heard::Flow).collect()
}
