//! A node with pods, and an agent that knows no cluster and serves its socket and its loopback.

use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tonic::Streaming;

use crate::netns::Netns;
use crate::node::Node;
use crate::pod::Pod;
use crate::process::{Agent, Usage};

pub const PATIENCE: Duration = Duration::from_secs(30);
/// Each node has a loopback of its own.
pub const HTTP: &str = "127.0.0.1:9450";
pub const GRPC: &str = "127.0.0.1:4250";
/// With it the agent tells of each interface that it attaches to.
pub const VERBOSE: [&str; 2] = ["--log", "info,netobs_agent=debug"];

pub struct Scene {
    pub node: Node,
    pub runtime: Runtime,
    pub socket: PathBuf,
    agent: Agent,
}

impl Scene {
    pub fn start(node: Node, arguments: &[&str]) -> Result<Self> {
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

    pub async fn connect(&self) -> Result<Connection> {
        connect(&self.socket).await
    }

    /// Over a connection of its own.
    pub async fn follow(&self) -> Result<Streaming<v1::SubscribeResponse>> {
        let mut connection = self.connect().await?;
        let request = v1::SubscribeRequest {
            follow: true,
            ..v1::SubscribeRequest::default()
        };
        Ok(connection.client.subscribe(request).await?.into_inner())
    }

    pub fn status(&self) -> Result<v1::GetStatusResponse> {
        self.runtime.block_on(async {
            let mut connection = self.connect().await?;
            let answer = connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(answer.into_inner())
        })
    }

    pub fn usage(&self) -> Result<Usage> {
        self.agent.usage()
    }

    /// Of an agent that is [`VERBOSE`].
    pub fn await_interface(&self, pod: &Pod) -> Result<()> {
        let text = format!("attached interface=\"{}\"", pod.host_interface());
        self.agent.wait_for_error(PATIENCE, &text)
    }

    pub fn stop(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ensure!(!self.socket.exists(), "the socket was left behind");
        Ok(())
    }
}

pub async fn connect(socket: &Path) -> Result<Connection> {
    let server: Server = format!("unix://{}", socket.display()).parse()?;
    Ok(Connection::open(&server, &Tls::default(), PATIENCE).await?)
}

pub fn start(node: &Netns, socket: &Path, arguments: &[&str]) -> Result<Agent> {
    let mut command = command(node)?;
    command.args(["--no-cluster", "--socket"]).arg(socket).args(arguments);
    Agent::start(&mut command)
}

pub fn command(node: &Netns) -> Result<Command> {
    let program =
        env::var("NETOBS_AGENT").context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")?;
    node.command(&program)
}

pub fn socket() -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("netobs-served-{}-{number}.sock", std::process::id()))
}
