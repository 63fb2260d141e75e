//! A node, and an agent on it that serves its socket and its loopback.

use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1;
use netobs_tests::node::Node;
use netobs_tests::process::{Agent, Usage};
use std::env;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Each node has a loopback of its own.
pub(super) const HTTP: &str = "127.0.0.1:9450";
pub(super) const GRPC: &str = "127.0.0.1:4250";

pub(super) struct Scene {
    pub(super) node: Node,
    pub(super) runtime: Runtime,
    socket: PathBuf,
    agent: Agent,
}

impl Scene {
    pub(super) fn start(node: Node) -> Result<Self> {
        let program = env::var("NETOBS_AGENT")
            .context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")?;
        let socket = env::temp_dir().join(format!("netobs-storm-{}.sock", std::process::id()));
        let mut command = node.command(&program)?;
        command.args(["--no-cluster", "--socket"]).arg(&socket);
        let agent = Agent::start(&mut command)?;
        agent.wait_for_error(PATIENCE, "attached interfaces=")?;
        Ok(Self {
            node,
            runtime: Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
            socket,
            agent,
        })
    }

    /// Over the socket.
    pub(super) async fn connect(&self) -> Result<Connection> {
        let server: Server = format!("unix://{}", self.socket.display()).parse()?;
        Ok(Connection::open(&server, &Tls::default(), PATIENCE).await?)
    }

    pub(super) fn status(&self) -> Result<v1::GetStatusResponse> {
        self.runtime.block_on(async {
            let mut connection = self.connect().await?;
            let answer = connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(answer.into_inner())
        })
    }

    pub(super) fn usage(&self) -> Result<Usage> {
        self.agent.usage()
    }

    pub(super) fn stop(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        Ok(())
    }
}
