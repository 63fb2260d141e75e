//! `netobs flows`: what agents saw, and see.
use std::collections::VecDeque;

use anyhow::Result;
use clap::{Args, ValueEnum};
use netobs_api::v1::{SubscribeRequest, SubscribeResponse, subscribe_response::Message};
use tonic::{Status, Streaming};

pub(crate) use self::{
    compact::{lost, unwatched},
    when::{Now, When},
};
use self::{filter::Filters, format::Format};
use crate::{
    Verdict, agents,
    global::Global,
    listen::{Client, Listener, Question},
    output::Output,
};

mod compact;
mod filter;
mod format;
mod not;
mod rows;
#[cfg(test)]
mod tests;
mod when;
mod why;

/// As many as fit a screen.
const LAST: u64 = 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Goes on with flows as they happen, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// The newest so many of the history, of each agent when following; 20 if nothing else is said.
    #[arg(long, value_name = "N", conflicts_with = "all")]
    last: Option<u64>,
    /// All of the history.
    #[arg(long)]
    all: bool,
    /// Seen since then: 5m (ago), 10:01:58, 2026-11-20T10:01:58 or the like with Z or +01:00.
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Seen until then.
    #[arg(long, value_name = "WHEN", conflicts_with = "follow")]
    until: Option<When>,
    /// compact: a line a flow; wide: all there is, in columns; json: SubscribeResponse of the contract, one a line.
    #[arg(short, long, value_enum, default_value_t = Shape::Compact)]
    output: Shape,
    // Last, for what follows would come under its heading.
    #[command(flatten)]
    filters: Filters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    Compact,
    Table,
    Wide,
    Json,
}

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    let view = global.view();
    let request = arguments.request(&Now::of(view.clock.zone()))?;
    let agents = agents::find(global).await?;
    // The newest of all are known only after all have told theirs.
    let collected = request.last.filter(|_| !request.follow && agents.len() > 1);
    let mut format = Format::new(arguments.output, view);
    let mut listener = Listener::new(&agents, &request);
    match collected {
        Some(last) => newest(last, &mut listener, &mut format, out).await?,
        None => {
            while let Some(answer) = out.next(listener.next(), request.follow).await? {
                format.write(&answer, out)?;
            }
        }
    }
    out.flush()?;
    listener.finish(out.was_interrupted())
}

impl Arguments {
    fn request(&self, now: &Now) -> Result<SubscribeRequest> {
        let since = self.since.as_ref().map(|when| when.nanos(now)).transpose()?;
        let until = self.until.as_ref().map(|when| when.nanos(now)).transpose()?;
        anyhow::ensure!(
            since.zip(until).is_none_or(|(since, until)| since <= until),
            "--since is after --until"
        );
        let unlimited = self.all || self.follow || since.is_some() || until.is_some();
        let everything = self.all && self.follow && since.is_none();
        let (include, exclude) = self.filters.filters()?;
        Ok(SubscribeRequest {
            // Who follows is told no history unless it is asked for.
            since_unix_nanos: if everything { Some(0) } else { since },
            until_unix_nanos: until,
            last: self.last.or((!unlimited).then_some(LAST)),
            follow: self.follow,
            include,
            exclude,
        })
    }
}

impl Question for SubscribeRequest {
    type Answer = SubscribeResponse;

    fn follows(&self) -> bool {
        self.follow
    }

    async fn ask(&self, mut client: Client) -> Result<Streaming<SubscribeResponse>, Status> {
        client.subscribe(self.clone()).await.map(tonic::Response::into_inner)
    }

    fn time(answer: &SubscribeResponse) -> Option<i64> {
        match &answer.message {
            Some(Message::Flow(flow)) => Some(flow.last_unix_nanos),
            Some(Message::Lost(lost)) => lost.unwatched.map(|span| span.until_unix_nanos),
            None => None,
        }
    }

    fn unheard_since(&mut self, at: i64) {
        self.since_unix_nanos = self.since_unix_nanos.or(Some(at));
    }

    fn heard(&mut self, answer: &SubscribeResponse) {
        self.last = None;
        if let Some(last) = Self::time(answer) {
            self.since_unix_nanos = self.since_unix_nanos.max(Some(last.saturating_add(1)));
        }
    }
}

async fn newest(
    last: u64,
    listener: &mut Listener<SubscribeRequest>,
    format: &mut Format,
    out: &mut Output,
) -> Result<()> {
    let last = usize::try_from(last).unwrap_or(usize::MAX);
    let mut newest = VecDeque::new();
    while let Some(answer) = out.next(listener.next(), false).await? {
        if newest.len() >= last {
            newest.pop_front();
        }
        newest.push_back(answer);
    }
    for answer in newest.iter().take(last) {
        format.write(answer, out)?;
    }
    Ok(())
}
