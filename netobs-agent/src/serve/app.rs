//! Asks the app, which may be busy or gone.
use std::time::Duration;

use netobs_api::v1;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tonic::Status;

use super::{ExplainQuestion, InventorySnapshot, Question, Snapshot};

/// The app looks at questions many times a second.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct App(pub(super) mpsc::Sender<Question>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("the agent is too busy to answer: ask again, and see its log if that stays so")]
    Busy,
    #[error("the agent is stopping: ask again when it is back")]
    Stopping,
}

impl App {
    pub(super) async fn snapshot(&self) -> Result<Snapshot, NoAnswer> {
        self.ask(|reply| Question::Snapshot { reply }).await
    }

    pub(super) async fn inventory(&self) -> Result<InventorySnapshot, NoAnswer> {
        self.ask(|reply| Question::Inventory { reply }).await
    }

    pub(super) async fn explain(
        &self,
        question: ExplainQuestion,
        redacted: bool,
    ) -> Result<v1::ExplainResponse, Status> {
        let ask = |reply| Question::Explain {
            question,
            redacted,
            reply,
        };
        let answer = self.ask(ask).await?;
        answer.map_err(|unknown| Status::not_found(unknown.0))
    }

    async fn ask<A>(&self, question: impl FnOnce(oneshot::Sender<A>) -> Question) -> Result<A, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            let sent = self.0.send(question(reply)).await;
            sent.map_err(|_| NoAnswer::Stopping)?;
            answer.await.map_err(|_| NoAnswer::Stopping)
        };
        timeout(PATIENCE, asked).await.unwrap_or(Err(NoAnswer::Busy))
    }
}

impl From<NoAnswer> for Status {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Busy => Self::deadline_exceeded(error.to_string()),
            NoAnswer::Stopping => Self::unavailable(error.to_string()),
        }
    }
}
