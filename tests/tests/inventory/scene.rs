//! A node with two pods that talk, and an agent that keeps its inventory in a directory.

use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1::{self, get_inventory_response::Entry};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::process::{Agent, Ended};
use netobs_tests::traffic::tcp;
use netobs_tests::traffic::udp::Sender;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, process};
use tokio::runtime::{Builder, Runtime};

/// On a busy machine, all but a hang is patience.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// What changed is on disk after this long: the agent writes every 5 seconds.
pub(super) const WRITTEN: Duration = Duration::from_secs(8);

pub(super) struct Scene {
    pub(super) node: Node,
    a: Pod,
    b: Pod,
    runtime: Runtime,
    folder: PathBuf,
}

#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) about: v1::InventoryAbout,
    pub(super) edges: Vec<v1::Edge>,
}

impl Listing {
    pub(super) fn at(&self, port: u16) -> impl Iterator<Item = &v1::Edge> {
        self.edges.iter().filter(move |edge| edge.port == Some(port.into()))
    }

    pub(super) fn connections(&self, port: u16) -> u64 {
        self.at(port).map(|edge| edge.connections).sum()
    }
}

impl Scene {
    pub(super) fn new() -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("netobs-inventory-{}-{number}", process::id()));
        fs::create_dir(&folder)?;
        let node = Node::routed()?;
        Ok(Self {
            a: node.pod("a")?,
            b: node.pod("b")?,
            node,
            runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
            folder,
        })
    }

    /// Where agents keep their inventory.
    pub(super) fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("netobs.sock")
    }

    /// The agent's command line, with its inventory in that directory.
    pub(super) fn arguments(&self, state: &Path) -> Vec<String> {
        let socket = self.socket().display().to_string();
        let state = state.display().to_string();
        let words = ["--no-cluster", "--listen", "none", "--http", "none"];
        let paths = ["--socket", &socket, "--state-dir", &state];
        words.iter().chain(&paths).map(|word| (*word).to_owned()).collect()
    }

    pub(super) fn start(&self, state: &Path) -> Result<Agent> {
        let mut command = self.node.command(&agent()?)?;
        command.args(self.arguments(state));
        started(&mut command)
    }

    /// One connection to that port.
    pub(super) fn connect(&self, port: u16) -> Result<()> {
        tcp::exchange(&self.a, &self.b, self.b.socket_address(Family::V4, port), 100, 100).map(drop)
    }

    /// A datagram to each of these ports: an edge for each.
    pub(super) fn scatter(&self, ports: impl Iterator<Item = u16>) -> Result<()> {
        for port in ports {
            Sender::unconnected(&self.a, self.b.socket_address(Family::V4, port))?.send(1, 10)?;
        }
        Ok(())
    }

    pub(super) fn listing(&self) -> Result<Listing> {
        self.runtime.block_on(async {
            let server: Server = format!("unix://{}", self.socket().display()).parse()?;
            let mut connection = Connection::open(&server, &Tls::default(), PATIENCE).await?;
            let request = v1::GetInventoryRequest::default();
            let mut answers = connection.client.get_inventory(request).await?.into_inner();
            let mut listing = Listing::default();
            while let Some(answer) = answers.message().await? {
                match answer.entry {
                    Some(Entry::About(about)) => listing.about = about,
                    Some(Entry::Edge(edge)) => listing.edges.push(edge),
                    Some(Entry::Portrait(_)) | None => {}
                }
            }
            Ok(listing)
        })
    }

    /// Waits until the agent has an edge for each of these ports.
    pub(super) fn await_ports(&self, ports: &[u16]) -> Result<Listing> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let listing = self.listing()?;
            if ports.iter().all(|port| listing.connections(*port) > 0) {
                return Ok(listing);
            }
            ensure!(Instant::now() < deadline, "not all of {ports:?} in {listing:#?}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The path of the agent that `cargo xtask test` built.
pub(super) fn agent() -> Result<String> {
    env::var("NETOBS_AGENT").context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")
}

pub(super) fn started(command: &mut Command) -> Result<Agent> {
    let agent = Agent::start(command)?;
    agent.wait_for_error(PATIENCE, "attached interfaces=")?;
    Ok(agent)
}

/// SIGTERM, after which the agent must end well.
pub(super) fn stopped(agent: Agent) -> Result<Ended> {
    let ended = agent.stop(PATIENCE)?;
    ensure!(ended.status.success(), "{:?}: {}", ended.status, ended.stderr);
    ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    Ok(ended)
}
