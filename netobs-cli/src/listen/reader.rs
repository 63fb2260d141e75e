//! Reads one agent's stream, and finds the agent again when it is lost.
use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use netobs_api::client::{Connection, Fault};
use tokio::{
    sync::mpsc::Sender,
    time::{sleep, timeout},
};
use tonic::Streaming;

use super::{Arrived, Question};
use crate::{agents::Agent, notes::note};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// Whether any agent was ever reached; until then it is no use to try again.
#[derive(Clone, Default)]
pub(super) struct Standing(Arc<AtomicBool>);

pub(super) struct Reader<Q> {
    agent: Agent,
    question: Q,
    standing: Standing,
    /// It was told that the agent is not there.
    told: bool,
    delay: Duration,
    /// When it was asked first, as long as nothing was heard.
    unheard_since: Option<i64>,
    heard: bool,
}

/// Nobody listens any more.
struct Unheard;

type Answers<T> = Sender<Result<Arrived<T>, Fault>>;

impl<Q: Question> Reader<Q> {
    pub(super) fn new(agent: Agent, question: Q, standing: Standing) -> Self {
        Self {
            agent,
            question,
            standing,
            told: false,
            delay: FIRST_DELAY,
            unheard_since: None,
            heard: false,
        }
    }

    pub(super) async fn read(mut self, to: Answers<Q::Answer>) {
        loop {
            let fault = match self.once(&to).await {
                Ok(Some(fault)) => fault,
                Ok(None) | Err(Unheard) => return,
            };
            let tries = self.question.follows() && !fault.is_input();
            if !(tries && self.may_come_back(&fault).await) {
                let _ = to.send(Err(fault)).await;
                return;
            }
        }
    }

    /// `None` if it said all that was asked for.
    async fn once(&mut self, to: &Answers<Q::Answer>) -> Result<Option<Fault>, Unheard> {
        let (connection, mut stream) = match self.ask().await {
            Ok(stream) => stream,
            Err(fault) => return Ok(Some(fault)),
        };
        if !self.heard {
            self.unheard_since.get_or_insert_with(now);
        }
        loop {
            let answer = match self.answer(&mut stream).await {
                Ok(Ok(Some(answer))) => answer,
                Ok(Ok(None)) if self.question.follows() => {
                    return Ok(Some(Fault::Lost {
                        server: self.agent.to_string(),
                        problem: "the agent ended it".to_owned(),
                    }));
                }
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(status)) => return Ok(Some(connection.fault(&status))),
                Err(fault) => return Ok(Some(fault)),
            };
            self.heard = true;
            self.question.heard(&answer);
            let at = Instant::now();
            to.send(Ok(Arrived { answer, at })).await.map_err(|_| Unheard)?;
        }
    }

    async fn ask(&mut self) -> Result<(Connection, Streaming<Q::Answer>), Fault> {
        let connection = self.agent.connect().await?;
        if let Some(at) = self.unheard_since.filter(|_| !self.heard) {
            self.question.unheard_since(at);
        }
        let asked = timeout(self.agent.patience(), self.question.ask(connection.client.clone())).await;
        let stream = asked
            .map_err(|_| self.late())?
            .map_err(|status| connection.fault(&status))?;
        self.standing.0.store(true, Ordering::Relaxed);
        if self.told {
            note(format_args!("{} is back", self.agent));
        }
        self.told = false;
        self.delay = FIRST_DELAY;
        Ok((connection, stream))
    }

    /// Who follows waits as long as nothing happens; history is there or it is not.
    async fn answer(
        &self,
        stream: &mut Streaming<Q::Answer>,
    ) -> Result<Result<Option<Q::Answer>, tonic::Status>, Fault> {
        if self.question.follows() {
            return Ok(stream.message().await);
        }
        let answer = timeout(self.agent.patience(), stream.message()).await;
        answer.map_err(|_| self.late())
    }

    async fn may_come_back(&mut self, fault: &Fault) -> bool {
        let first = !self.told && !self.standing.0.load(Ordering::Relaxed);
        if !first && !self.told {
            note(format_args!("{}: {fault}; trying again", self.agent));
            self.told = true;
        }
        sleep(self.delay + jitter(self.delay)).await;
        self.delay = (self.delay * 2).min(LONGEST_DELAY);
        if first && self.standing.0.load(Ordering::Relaxed) {
            note(format_args!("{}: {fault}; trying again", self.agent));
            self.told = true;
        }
        self.told
    }

    fn late(&self) -> Fault {
        Fault::Late {
            server: self.agent.to_string(),
            after: self.agent.patience(),
        }
    }
}

fn now() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// Up to half of it, so that many who lost the same agent do not come back all at once.
fn jitter(delay: Duration) -> Duration {
    let random = RandomState::new().hash_one(()) % 1000;
    delay.mul_f64(f64::from(u32::try_from(random).unwrap_or(0)) / 2000.0)
}
