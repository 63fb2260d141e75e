//! Causes as they come, change and are mended.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use netobs_api::v1::{
    Cause, CauseFilter, CauseState, WatchCausesRequest, WatchCausesResponse, watch_causes_response::Message,
};
use tonic::{Status, Streaming};

use super::{
    Arguments, Shape,
    joined::Joined,
    json,
    ledger::{Key, Ledger},
    rows, text,
};
use crate::{
    Verdict,
    agents::Agent,
    flows,
    listen::{Client, Listener, Question},
    notes::note,
    output::Output,
    show::{Table, View},
};

/// A cause whose counts alone move is told again so often.
const REPEAT: Duration = Duration::from_secs(10);

/// What was told of each cause, and when.
pub(super) struct Watch<'a> {
    ledger: Ledger,
    told: BTreeMap<Key, Told>,
    shape: Shape,
    all: bool,
    table: Option<Table>,
    view: &'a View,
}

struct Told {
    state: CauseState,
    at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    /// It is new, or in another state.
    Whole,
    Counts,
    Nothing,
}

pub(super) async fn run(
    arguments: &Arguments,
    agents: &[Agent],
    filter: CauseFilter,
    view: &View,
    out: &mut Output,
) -> Result<Verdict> {
    let request = WatchCausesRequest { filter: Some(filter) };
    let mut listener = Listener::new(agents, &request);
    let mut watch = Watch::new(arguments.output, arguments.all, view);
    let mut waiting = false;
    while let Some(answer) = out.next(listener.next(), true).await? {
        let caught_up = matches!(answer.message, Some(Message::CaughtUp(_)));
        out.text(&watch.tell(answer, Instant::now())?)?;
        if caught_up && watch.told.is_empty() && !waiting {
            waiting = true;
            note("no causes so far; waiting for some");
        }
    }
    out.flush()?;
    listener.finish(out.was_interrupted())
}

impl<'a> Watch<'a> {
    pub(super) fn new(shape: Shape, all: bool, view: &'a View) -> Self {
        Self {
            ledger: Ledger::default(),
            told: BTreeMap::new(),
            shape,
            all,
            table: None,
            view,
        }
    }

    /// What is to be written of it.
    pub(super) fn tell(&mut self, answer: WatchCausesResponse, now: Instant) -> Result<String> {
        match answer.message {
            Some(Message::Cause(cause)) => self.cause(&answer.node_name, cause, now),
            Some(Message::Lost(_)) if self.shape == Shape::Json => Ok(serde_json::to_string(&answer)? + "\n"),
            Some(Message::Lost(lost)) => Ok(flows::lost(&lost, &answer.node_name, self.view) + "\n"),
            Some(Message::CaughtUp(_)) | None => Ok(String::new()),
        }
    }

    fn cause(&mut self, node: &str, cause: Cause, now: Instant) -> Result<String> {
        let line = if self.shape == Shape::Json {
            json(node, &cause)? + "\n"
        } else {
            String::new()
        };
        let Some((key, joined)) = self.ledger.tell(node, cause) else {
            return Ok(line);
        };
        // What was mended before anybody watched is no news.
        if joined.is_mended() && !self.told.contains_key(&key) && !self.all {
            return Ok(String::new());
        }
        let news = self.news(key, &joined, now);
        Ok(match (self.shape, news) {
            (Shape::Json, _) => line,
            (_, News::Nothing) => String::new(),
            (Shape::Table, _) => self.row(&joined),
            (Shape::Text | Shape::Wide, News::Whole) => {
                text::cause(&joined, self.shape == Shape::Wide, self.view) + "\n"
            }
            (Shape::Text | Shape::Wide, News::Counts) => text::update(&joined, self.view) + "\n",
        })
    }

    fn news(&mut self, key: Key, joined: &Joined, now: Instant) -> News {
        let state = joined.cause.state();
        let news = match self.told.get(&key) {
            Some(told) if told.state == state && now < told.at + REPEAT => News::Nothing,
            Some(told) if told.state == state => News::Counts,
            Some(_) | None => News::Whole,
        };
        if news != News::Nothing {
            self.told.insert(key, Told { state, at: now });
        }
        news
    }

    fn row(&mut self, joined: &Joined) -> String {
        let row = rows::row(joined, self.view);
        let head = self.table.is_none();
        let table = self.table.get_or_insert_with(|| rows::following(self.view));
        table.widen(&row);
        let head = if head { table.head() + "\n" } else { String::new() };
        head + &table.row(&row) + "\n"
    }
}

impl Question for WatchCausesRequest {
    type Answer = WatchCausesResponse;

    fn follows(&self) -> bool {
        true
    }

    async fn ask(&self, mut client: Client) -> Result<Streaming<WatchCausesResponse>, Status> {
        client.watch_causes(self.clone()).await.map(tonic::Response::into_inner)
    }

    /// Each cause stands for itself; those of one agent come in its order.
    fn time(_: &WatchCausesResponse) -> Option<i64> {
        None
    }

    /// All causes are told anew.
    fn heard(&mut self, _: &WatchCausesResponse) {}
}
