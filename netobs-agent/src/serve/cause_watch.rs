//! One watcher of causes: all of them, then each that changes. It skips states that it was too slow for.
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use netobs_api::{v1, v1::watch_causes_response::Message, wire};
use netobs_core::filter::CauseFilter;
use prost::Message as _;
use tokio::sync::watch;
use tonic::Status;

use super::{
    feed::{Edition, Feed, Noted},
    seats::Seat,
    subscription::stopping,
};

struct CauseWatch {
    feed: Feed,
    wanted: CauseFilter,
    seen: Edition,
    news: watch::Receiver<()>,
    seat: Seat,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    CatchingUp,
    Following,
    Over,
}

type Answer = Result<v1::WatchCausesResponse, Status>;

pub(super) fn watch_causes(feed: Feed, wanted: CauseFilter, seat: Seat) -> BoxStream<'static, Answer> {
    let watch = CauseWatch {
        news: feed.news(),
        feed,
        wanted,
        seen: Edition::default(),
        seat,
        stage: Stage::CatchingUp,
    };
    let batches = stream::unfold(watch, |mut watch| async {
        let batch = watch.next().await?;
        Some((stream::iter(batch), watch))
    });
    batches.flatten().boxed()
}

impl CauseWatch {
    async fn next(&mut self) -> Option<Vec<Answer>> {
        loop {
            self.news.mark_unchanged();
            let closed = self.feed.is_closed();
            let mut batch = self.changed();
            match self.stage {
                Stage::CatchingUp => {
                    self.stage = Stage::Following;
                    batch.push(self.answer(Message::CaughtUp(v1::Caught {})));
                }
                Stage::Following if closed && batch.is_empty() => {
                    self.stage = Stage::Over;
                    return Some(vec![Err(stopping())]);
                }
                Stage::Following => {}
                Stage::Over => return None,
            }
            if !batch.is_empty() {
                let bytes = batch.iter().map(v1::WatchCausesResponse::encoded_len).sum();
                self.seat.sent(batch.len(), bytes);
                return Some(batch.into_iter().map(Ok).collect());
            }
            self.news.changed().await.ok()?;
        }
    }

    fn changed(&mut self) -> Vec<v1::WatchCausesResponse> {
        let (changed, seen) = self.feed.causes_since(self.seen);
        self.seen = seen;
        let wanted = changed.iter().filter(|noted| self.wanted.pass(&noted.cause));
        wanted.map(|noted| self.answer(Message::Cause(cause(noted)))).collect()
    }

    fn answer(&self, message: Message) -> v1::WatchCausesResponse {
        v1::WatchCausesResponse {
            node_name: self.feed.node_name().to_owned(),
            message: Some(message),
        }
    }
}

pub(super) fn cause(noted: &Noted) -> v1::Cause {
    wire::cause(&noted.cause, &noted.suggestions)
}
