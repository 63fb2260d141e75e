//! Starting the agent under test.

use anyhow::{Context as _, Result};
use netobs_tests::netns::Netns;
use netobs_tests::process::{Agent, EXPORT_ONLY, Ended};
use serde_json::Value;
use std::env;
use std::process::Command;
use std::time::Duration;

/// On a machine with little to spare, all but a hang is patience.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The path of the agent that `cargo xtask test` built.
pub(super) fn agent() -> Result<String> {
    env::var("NETOBS_AGENT").context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")
}

/// The agent's command line on a node.
pub(super) fn command(node: &Netns, arguments: &[&str]) -> Result<Command> {
    let mut command = node.command(&agent()?)?;
    command.args(EXPORT_ONLY).args(arguments);
    Ok(command)
}

/// The same, on a kernel without BTF: nothing is where it would be.
pub(super) fn command_without_btf(node: &Netns, arguments: &[&str]) -> Result<Command> {
    const HIDE: &str = r#"mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@""#;
    let mut command = node.command("unshare")?;
    command
        .args(["--mount", "--propagation", "private", "sh", "-c", HIDE])
        .arg(agent()?)
        .args(EXPORT_ONLY)
        .args(arguments);
    Ok(command)
}

/// An agent that has attached to all that is there.
pub(super) fn started(node: &Netns, arguments: &[&str]) -> Result<Agent> {
    await_attached(run(&mut command(node, arguments)?)?)
}

/// The agent of a command; of its flows only those are kept that its own taps saw.
pub(super) fn run(command: &mut Command) -> Result<Agent> {
    Agent::start_keeping(command, |line| line["type"] != "flow" || is_of_own_pod(line))
}

fn is_of_own_pod(line: &Value) -> bool {
    ["source", "destination"]
        .iter()
        .any(|end| line[*end]["interface"].is_object())
}

pub(super) fn await_attached(agent: Agent) -> Result<Agent> {
    agent.wait_for_error(PATIENCE, "attached interfaces=")?;
    Ok(agent)
}

/// SIGTERM, after which the agent must end well and must have said all.
pub(super) fn stopped(agent: Agent) -> Result<Ended> {
    let ended = agent.stop(PATIENCE)?;
    assert!(ended.status.success(), "{:?}: {}", ended.status, ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    Ok(ended)
}
