//! One subscriber of flows: its place in the history, what it wants, and what it missed.
use bytes::Bytes;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use netobs_api::{encoded::Told as Encoded, v1, wire};
use netobs_core::{engine::ExplainedFlow, filter::Filters, time::Timestamp};
use prost::Message as _;
use tokio::{sync::watch, task::consume_budget};
use tonic::Status;

use super::{
    feed::{Cursor, Entry, Feed, Heard, PLACES, Start, Sums, Told},
    seats::Seat,
};

#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) filters: Filters,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) last: Option<u64>,
    pub(super) follow: bool,
}

struct Subscription {
    feed: Feed,
    wanted: Wanted,
    cursor: Cursor,
    /// It ends before the entry with this number, if it does not follow.
    end: u64,
    news: watch::Receiver<()>,
    seat: Seat,
    over: bool,
    /// What it asked for and was let go before it asked.
    too_late_for: Sums,
}

pub(super) type Answers = BoxStream<'static, Result<Encoded, Status>>;
type Batch = Vec<Result<Encoded, Status>>;

pub(super) async fn subscribe(feed: Feed, wanted: Wanted, seat: Seat) -> Answers {
    let news = feed.news();
    let site = feed.site();
    let passes = |flow: &ExplainedFlow| wanted.has_time(flow) && wanted.filters.pass(flow, site);
    let (cursor, end) = feed.read_from(wanted.start(), passes).await;
    let subscription = Subscription {
        end: if wanted.follow { u64::MAX } else { end },
        too_late_for: wanted.too_late_for(&feed, &cursor),
        feed,
        wanted,
        cursor,
        news,
        seat,
        over: false,
    };
    let batches = stream::unfold(subscription, |mut subscription| async {
        let batch = subscription.next().await?;
        Some((stream::iter(batch), subscription))
    });
    batches.flatten().boxed()
}

impl Wanted {
    const fn start(&self) -> Start {
        match (self.last, self.since, self.follow) {
            (Some(last), _, _) => Start::Last(last),
            (None, None, true) => Start::End,
            (None, Some(_), _) | (None, None, false) => Start::Oldest,
        }
    }

    /// What is not kept any more of what it asks for. Without a beginning, it asks for what is kept.
    fn too_late_for(&self, feed: &Feed, cursor: &Cursor) -> Sums {
        let Some(since) = self.since.filter(|_| self.start() == Start::Oldest) else {
            return Sums::default();
        };
        let wants_restart = feed.when_unwatched().is_some_and(|span| span.until >= since);
        Sums {
            flows: cursor.too_late_for(feed, since),
            restarts: if wants_restart { cursor.restarts() } else { 0 },
            ..Sums::default()
        }
    }

    /// Does not look at the flow unless it has to: in a long history each look costs.
    fn has_time(&self, flow: &ExplainedFlow) -> bool {
        let last = || flow.enriched.flow.last;
        self.since.is_none_or(|since| last() >= since) && self.until.is_none_or(|until| last() <= until)
    }
}

impl Subscription {
    async fn next(&mut self) -> Option<Batch> {
        while !self.over {
            consume_budget().await;
            self.news.mark_unchanged();
            let closed = self.feed.is_closed();
            let mut batch = self.tell_too_late();
            let read = self.read(&mut batch);
            if !batch.is_empty() {
                return Some(batch);
            }
            if read {
                continue;
            }
            if !self.wanted.follow {
                return None;
            }
            if closed {
                self.over = true;
                return Some(vec![Err(stopping())]);
            }
            self.news.changed().await.ok()?;
        }
        None
    }

    fn tell_too_late(&mut self) -> Batch {
        let sums = std::mem::take(&mut self.too_late_for);
        missed(&self.feed, sums).map(|message| Ok(Encoded(message))).collect()
    }

    /// Whether there was something, wanted or not.
    fn read(&mut self, batch: &mut Batch) -> bool {
        let Self {
            feed,
            wanted,
            cursor,
            seat,
            ..
        } = self;
        let mut bytes = 0;
        let read = cursor.read(feed, self.end, |heard| match heard {
            Heard::Entry(entry) => {
                if let Some(message) = wanted.message(feed, entry) {
                    bytes += message.len();
                    batch.push(Ok(Encoded(message)));
                }
            }
            Heard::Missed(sums) => {
                seat.lost(sums.flows);
                batch.extend(missed(feed, sums).map(|message| Ok(Encoded(message))));
            }
        });
        seat.sent(batch.len(), bytes);
        read
    }
}

impl Wanted {
    fn message(&self, feed: &Feed, entry: &Entry) -> Option<Bytes> {
        match &entry.told {
            Told::Flow(flow) => {
                let passes = self.has_time(flow) && self.filters.pass(flow, feed.site());
                passes.then(|| feed.encode(flow, entry))
            }
            Told::Lost { place, count } => Some(message(feed, wire::lost(*place, *count))),
            Told::Unwatched(span) => {
                let is_wanted = self.since.is_none_or(|since| span.until >= since);
                is_wanted.then(|| message(feed, wire::lost_unwatched(span)))
            }
        }
    }
}

/// What was told and is not kept any more, as the subscriber is told of it.
fn missed(feed: &Feed, sums: Sums) -> impl Iterator<Item = Bytes> {
    let own = (sums.flows > 0).then(|| v1::Lost {
        place: v1::LostPlace::Subscriber.into(),
        count: sums.flows,
        unwatched: None,
    });
    let restart = feed.when_unwatched().filter(|_| sums.restarts > 0);
    let restart = restart.map(|span| wire::lost_unwatched(&span));
    let earlier = PLACES.into_iter().map(move |place| (place, sums.lost.of(place)));
    let earlier = earlier.filter(|(_, count)| *count > 0);
    let earlier = earlier.map(|(place, count)| wire::lost(place, count));
    restart
        .into_iter()
        .chain(own)
        .chain(earlier)
        .map(|lost| message(feed, lost))
}

fn message(feed: &Feed, lost: v1::Lost) -> Bytes {
    let response = v1::SubscribeResponse {
        node_name: feed.node_name().to_owned(),
        message: Some(v1::subscribe_response::Message::Lost(lost)),
    };
    response.encode_to_vec().into()
}

pub(super) fn stopping() -> Status {
    Status::unavailable("the agent is stopping: subscribe again when it is back")
}
