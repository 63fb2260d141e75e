//! One watcher of causes: all of them, then each that changes. It skips states that it was too slow for, and nothing is kept
//! for it meanwhile.
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
    /// On what was there when the watch began.
    CatchingUp {
        until: Edition,
    },
    Following,
    Over,
}

type Answer = Result<v1::WatchCausesResponse, Status>;

pub(super) fn watch_causes(feed: Feed, wanted: CauseFilter, seat: Seat) -> BoxStream<'static, Answer> {
    let watch = CauseWatch {
        news: feed.news(),
        wanted,
        seen: Edition::default(),
        seat,
        stage: Stage::CatchingUp {
            until: feed.latest_cause(),
        },
        feed,
    };
    let answers = stream::unfold(watch, |mut watch| async {
        let answer = watch.next().await?;
        Some((answer, watch))
    });
    answers.boxed()
}

impl CauseWatch {
    async fn next(&mut self) -> Option<Answer> {
        loop {
            self.news.mark_unchanged();
            let closed = self.feed.is_closed();
            match (self.stage, self.changed()) {
                (Stage::Over, _) => return None,
                (Stage::CatchingUp { until }, noted) if noted.as_ref().is_none_or(|noted| noted.edition > until) => {
                    self.stage = Stage::Following;
                    return Some(Ok(self.answer(Message::CaughtUp(v1::Caught {}))));
                }
                (_, Some(noted)) => {
                    self.seen = noted.edition;
                    return Some(Ok(self.answer(Message::Cause(cause(&noted)))));
                }
                (_, None) if closed => {
                    self.stage = Stage::Over;
                    return Some(Err(stopping()));
                }
                (_, None) => self.news.changed().await.ok()?,
            }
        }
    }

    /// The next that is wanted.
    fn changed(&mut self) -> Option<Noted> {
        loop {
            let noted = self.feed.cause_after(self.seen)?;
            if self.wanted.pass(&noted.cause) {
                return Some(noted);
            }
            self.seen = noted.edition;
        }
    }

    fn answer(&self, message: Message) -> v1::WatchCausesResponse {
        let answer = v1::WatchCausesResponse {
            node_name: self.feed.node_name().to_owned(),
            message: Some(message),
        };
        self.seat.sent(1, answer.encoded_len());
        answer
    }
}

pub(super) fn cause(noted: &Noted) -> v1::Cause {
    wire::cause(&noted.cause, &noted.suggestions)
}
