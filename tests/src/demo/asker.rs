//! A client of the agent, for who cannot await.

use anyhow::{Context as _, Result, bail};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1::{self, subscribe_response::Message};
use std::fmt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// Long for a single question.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to an agent's socket.
pub struct Asker {
    connection: Connection,
    runtime: Runtime,
}

impl Asker {
    /// Waits until there is an agent that is ready.
    pub fn connect(socket: &Path, patience: Duration) -> Result<Self> {
        const PAUSE: Duration = Duration::from_millis(10);
        let deadline = Instant::now() + patience;
        loop {
            let not_yet = match Self::try_connect(socket).and_then(|asker| Ok((asker.status()?, asker))) {
                Ok((status, asker)) if status.ready => return Ok(asker),
                Ok((status, _)) => status.not_ready.join("; "),
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                bail!("the agent is not ready after {patience:?}: {not_yet}");
            }
            thread::sleep(PAUSE);
        }
    }

    pub fn status(&self) -> Result<v1::GetStatusResponse> {
        let mut client = self.connection.client.clone();
        let answer = self.runtime.block_on(client.get_status(v1::GetStatusRequest {}));
        Ok(answer.context("ask for the status")?.into_inner())
    }

    pub fn causes(&self) -> Result<Vec<v1::Cause>> {
        let mut client = self.connection.client.clone();
        let answer = self
            .runtime
            .block_on(client.list_causes(v1::ListCausesRequest::default()));
        Ok(answer.context("ask for causes")?.into_inner().causes)
    }

    /// What the history has; an error if something was lost while there was an agent.
    pub fn flows(&self) -> Result<Vec<v1::Flow>> {
        let mut client = self.connection.client.clone();
        self.runtime.block_on(async {
            let mut stream = client.subscribe(v1::SubscribeRequest::default()).await?.into_inner();
            let mut flows = Vec::new();
            while let Some(told) = stream.message().await? {
                match told.message {
                    Some(Message::Flow(flow)) => flows.push(flow),
                    Some(Message::Lost(lost)) if lost.place() == v1::LostPlace::Restart => {}
                    other => bail!("no flow, but {other:?}"),
                }
            }
            Ok(flows)
        })
    }

    fn try_connect(socket: &Path) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("start a runtime")?;
        let server = Server::Unix(socket.to_owned());
        let connection = runtime.block_on(Connection::open(&server, &Tls::default(), PATIENCE))?;
        Ok(Self { connection, runtime })
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connection.fmt(f)
    }
}
