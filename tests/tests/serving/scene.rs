//! A node with pods, and an agent that knows no cluster and serves everybody.

use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1;
use netobs_tests::netns::Netns;
use netobs_tests::node::Node;
use netobs_tests::pod::Pod;
use netobs_tests::process::Agent;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Each node has a loopback of its own.
pub(super) const HTTP: &str = "127.0.0.1:9450";

pub(super) struct Scene {
    pub(super) node: Node,
    pub(super) runtime: Runtime,
    pub(super) socket: PathBuf,
    agent: Agent,
}

impl Scene {
    pub(super) fn start(node: Node, arguments: &[&str]) -> Result<Self> {
        let socket = socket();
        let agent = start(&node, &socket, arguments)?;
        agent.wait_for_error(PATIENCE, "attached interfaces=")?;
        Ok(Self {
            node,
            runtime: Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
            socket,
            agent,
        })
    }

    pub(super) async fn connect(&self) -> Result<Connection> {
        connect(&self.socket).await
    }

    pub(super) fn status(&self) -> Result<v1::GetStatusResponse> {
        self.runtime.block_on(async {
            let mut connection = self.connect().await?;
            let answer = connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(answer.into_inner())
        })
    }

    pub(super) fn await_interface(&self, pod: &Pod) -> Result<()> {
        let text = format!("attached interface=\"{}\"", pod.host_interface());
        self.agent.wait_for_error(PATIENCE, &text)
    }

    pub(super) fn stop(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ensure!(!self.socket.exists(), "the socket was left behind");
        Ok(())
    }
}

pub(super) async fn connect(socket: &Path) -> Result<Connection> {
    let server: Server = format!("unix://{}", socket.display()).parse()?;
    Ok(Connection::open(&server, &Tls::default(), PATIENCE).await?)
}

pub(super) fn start(node: &Netns, socket: &Path, arguments: &[&str]) -> Result<Agent> {
    let mut command = command(node)?;
    command.args(["--no-cluster", "--socket"]).arg(socket).args(arguments);
    Agent::start(&mut command)
}

pub(super) fn command(node: &Netns) -> Result<Command> {
    let program =
        env::var("NETOBS_AGENT").context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")?;
    let mut command = node.command(&program)?;
    command.args(["--log", "info,netobs_agent=debug"]);
    Ok(command)
}

pub(super) fn socket() -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("netobs-serving-{}-{number}.sock", std::process::id()))
}
