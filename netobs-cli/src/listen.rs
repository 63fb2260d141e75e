//! Streams of several agents as one, by time.
use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use jiff::Timestamp;
use netobs_api::{client::Fault, v1};
use tokio::{sync::mpsc, task::JoinSet, time::timeout_at};
use tonic::{Status, Streaming, transport::Channel};

use self::reader::{Reader, Standing};
use crate::{
    Verdict,
    agents::{Agent, Newcomers},
    failure::Unreachable,
    merge::Merge,
    notes::note,
};

mod reader;

/// How long the others' flows are waited for when following, and when reading history.
const LIVE_WINDOW: Duration = Duration::from_millis(200);
const HISTORY_WINDOW: Duration = Duration::from_secs(2);
/// What one agent may be ahead of the others.
const AHEAD: usize = 4096;

pub(crate) type Client = v1::flow_service_client::FlowServiceClient<Channel>;

/// What is asked of each agent.
pub(crate) trait Question: Clone + Send + Sync + 'static {
    type Answer: Send + 'static;

    fn follows(&self) -> bool;

    fn ask(&self, client: Client) -> impl Future<Output = Result<Streaming<Self::Answer>, Status>> + Send;

    /// When it happened.
    fn time(answer: &Self::Answer) -> Option<i64>;

    /// It was asked at that time and nothing was heard; asked again, it is answered with what came since.
    fn unheard_since(&mut self, _at: i64) {}

    /// So that, asked again, it is answered with what came since.
    fn heard(&mut self, answer: &Self::Answer);
}

pub(crate) struct Listener<Q: Question> {
    sources: Vec<Source<Q::Answer>>,
    merge: Merge<Q::Answer>,
    question: Q,
    standing: Standing,
    several: bool,
    /// Agents that joined since; nobody looks for them unless it is followed.
    newcomers: mpsc::Receiver<Agent>,
    /// Ends the readers when it is dropped.
    readers: JoinSet<()>,
}

struct Source<T> {
    agent: Agent,
    answers: mpsc::Receiver<Result<Arrived<T>, Fault>>,
    fault: Option<Fault>,
    named: bool,
}

struct Arrived<T> {
    answer: T,
    at: Instant,
}

impl<Q: Question> Listener<Q> {
    pub(crate) fn new(agents: &[Agent], question: &Q) -> Self {
        let window = if question.follows() {
            LIVE_WINDOW
        } else {
            HISTORY_WINDOW
        };
        let (joined, newcomers) = mpsc::channel(1);
        let mut listener = Self {
            sources: Vec::new(),
            merge: Merge::new(0, window, Instant::now()),
            question: question.clone(),
            standing: Standing::default(),
            several: false,
            newcomers,
            readers: JoinSet::new(),
        };
        for agent in agents {
            listener.read(agent.clone());
        }
        if question.follows()
            && let Some(newcomers) = Newcomers::beside(agents)
        {
            listener.readers.spawn(look_for(newcomers, joined));
        }
        listener
    }

    fn read(&mut self, agent: Agent) {
        let (to, answers) = mpsc::channel(AHEAD);
        let reader = Reader::new(agent.clone(), self.question.clone(), self.standing.clone());
        self.readers.spawn(reader.read(to));
        self.sources.push(Source {
            agent,
            answers,
            fault: None,
            named: false,
        });
        self.merge.add(Instant::now());
        self.several = self.sources.len() > 1;
    }

    /// `None` when all have ended. Nothing is lost if it is not waited for to the end.
    pub(crate) async fn next(&mut self) -> Option<Q::Answer> {
        loop {
            let now = Instant::now();
            let wall = i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
            if let Some(answer) = self.merge.take(now, wall) {
                self.name_slow();
                return Some(answer);
            }
            if self.merge.is_done() {
                return None;
            }
            let wake = self.merge.ready_at(now, wall);
            let fill = poll_fn(|context| self.poll_fill(context));
            match wake {
                Some(wake) => drop(timeout_at(wake.into(), fill).await),
                None => fill.await,
            }
        }
    }

    /// Whether all agents said all they had to say; an error if none could be asked.
    pub(crate) fn finish(self, interrupted: bool) -> Result<Verdict> {
        if interrupted {
            return Ok(Verdict::Good);
        }
        let asked = self.sources.len();
        let mut faults: Vec<_> = self.sources.into_iter().filter_map(|source| source.fault).collect();
        if asked == 1
            && let Some(fault) = faults.pop()
        {
            return Err(fault.into());
        }
        if asked > 0 && faults.len() == asked {
            bail!(Unreachable("none of the agents answered".to_owned()));
        }
        Ok(if faults.is_empty() {
            Verdict::Good
        } else {
            Verdict::Unreachable
        })
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut filled = Poll::Pending;
        while let Poll::Ready(Some(agent)) = self.newcomers.poll_recv(context) {
            note(format_args!("{agent} joined"));
            self.read(agent);
            filled = Poll::Ready(());
        }
        let wanting: Vec<_> = self.merge.wanting().collect();
        for index in wanting {
            let Some(source) = self.sources.get_mut(index) else {
                continue;
            };
            let Poll::Ready(answer) = source.answers.poll_recv(context) else {
                continue;
            };
            filled = Poll::Ready(());
            match answer {
                Some(Ok(Arrived { answer, at })) => self.merge.put(index, Q::time(&answer), answer, at),
                Some(Err(fault)) => {
                    // Of a single one it is the command's own failure.
                    if self.several {
                        note(format_args!("{}: {fault}", source.agent));
                    }
                    source.fault = Some(fault);
                }
                None => self.merge.end(index),
            }
        }
        filled
    }

    /// Who follows is silent whenever nothing happens.
    fn name_slow(&mut self) {
        if self.question.follows() {
            return;
        }
        for index in self.merge.passed_over() {
            if let Some(source) = self.sources.get_mut(index)
                && !source.named
            {
                source.named = true;
                note(format_args!(
                    "{} is slow; not waiting for it, so it may be out of order",
                    source.agent
                ));
            }
        }
    }
}

async fn look_for(mut newcomers: Newcomers, to: mpsc::Sender<Agent>) {
    loop {
        for agent in newcomers.next().await {
            if to.send(agent).await.is_err() {
                return;
            }
        }
    }
}
