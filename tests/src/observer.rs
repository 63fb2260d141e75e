//! The agent under test at work on a node, and the flows it told.

mod flow;

pub use flow::{Dropped, End, Flow};

use crate::node::Node;
use crate::process::{Agent, EXPORT_ONLY};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::net::IpAddr;
use std::process::Command;
use std::time::Duration;

/// How long the agent may take for anything; a busy machine is slow, and virtual ones are slower.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running agent that is attached to what its node had when it was started.
#[derive(Debug)]
pub struct Observer {
    agent: Agent,
}

/// All it told until it was stopped.
#[derive(Debug)]
pub struct Observed {
    flows: Vec<Flow>,
    /// What it wrote to standard error.
    pub log: String,
}

impl Observer {
    pub fn start(node: &Node) -> Result<Self> {
        Self::start_with(node, |_| {})
    }

    /// As [`Observer::start`], after something was done to the command.
    pub fn start_with(node: &Node, prepare: impl FnOnce(&mut Command)) -> Result<Self> {
        let mut command = node.command(&program()?.to_string_lossy())?;
        command.args(EXPORT_ONLY).args(["--log", "info,netobs_agent=debug"]);
        prepare(&mut command);
        let agent = Agent::start(&mut command)?;
        agent.wait_for_error(PATIENCE, "attached interfaces=")?;
        Ok(Self { agent })
    }

    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Waits until it has attached to an interface that is new.
    pub fn wait_for_interface(&self, name: &str) -> Result<()> {
        self.agent
            .wait_for_error(PATIENCE, &format!("attached interface=\"{name}\""))
    }

    /// Stops it; an error if it ended badly, lost something, or could not see drops.
    pub fn stop(self) -> Result<Observed> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ensure!(!ended.stderr.contains("drops are not seen"), "{}", ended.stderr);
        let lost = ended.lines.iter().find(|line| line["type"] == "loss");
        ensure!(lost.is_none(), "something was lost: {lost:?}");
        Ok(Observed {
            flows: last_words(ended.lines),
            log: ended.stderr,
        })
    }

    /// SIGKILL, as a crash would be.
    pub fn kill(self) -> Result<()> {
        self.agent.kill().map(drop)
    }
}

impl Observed {
    /// All flows of this protocol between two addresses, whoever began.
    pub fn between(&self, protocol: &str, one: IpAddr, other: IpAddr) -> Vec<&Flow> {
        let is_wanted = |flow: &&Flow| {
            let ends = (flow.source().ip, flow.destination().ip);
            flow.protocol() == protocol && (ends == (one, other) || ends == (other, one))
        };
        self.flows.iter().filter(is_wanted).collect()
    }

    /// The flow of which this is true; an error if there is none, or more than one.
    pub fn only(&self, is_wanted: impl Fn(&Flow) -> bool) -> Result<&Flow> {
        let found: Vec<&Flow> = self.flows.iter().filter(|flow| is_wanted(flow)).collect();
        match found.as_slice() {
            [flow] => Ok(flow),
            [] => bail!("no such flow among {:#?}\n{}", self.flows, self.log),
            _ => bail!("{} such flows: {found:#?}", found.len()),
        }
    }

    /// The one flow of this protocol that has this port at either end.
    pub fn of_port(&self, protocol: &str, ip: IpAddr, port: u16) -> Result<&Flow> {
        let has = |end: End| (end.ip, end.port) == (ip, Some(port));
        self.only(|flow| flow.protocol() == protocol && (has(flow.source()) || has(flow.destination())))
            .with_context(|| format!("{protocol} with {ip} port {port}"))
    }

    /// As [`Observed::of_port`], and the flow is the caller's.
    pub fn take_of_port(mut self, protocol: &str, ip: IpAddr, port: u16) -> Result<Flow> {
        let id = self.of_port(protocol, ip, port)?.id();
        self.flows.retain(|flow| flow.id() == id);
        self.flows.pop().context("it was there")
    }
}

/// Where the agent is: whoever runs the tests has built it.
fn program() -> Result<OsString> {
    env::var_os("NETOBS_AGENT")
        .context("NETOBS_AGENT must say where the agent is; `cargo xtask test lab` builds it and says so")
}

/// What was told last of each flow: totals since it was first seen.
fn last_words(lines: Vec<Value>) -> Vec<Flow> {
    let flows = lines.into_iter().filter(|line| line["type"] == "flow");
    let by_id: BTreeMap<u64, Value> = flows
        .map(|flow| (flow["id"].as_u64().unwrap_or_default(), flow))
        .collect();
    by_id.into_values().map(Flow::new).collect()
}
