//! The agent under measurement, in a node, and its programs.

use std::env;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use aya::programs::{SchedClassifier, TcAttachType};
use netobs_tests::netns::Netns;
use netobs_tests::pod::Pod;
use netobs_tests::process::{EXPORT_ONLY, Process};

use crate::programs::ProgramId;

/// The name of the tap, at most as long as the kernel keeps it.
const TAPS: [(TcAttachType, &str); 2] = [
    (TcAttachType::Ingress, "netobs_from_pod"),
    (TcAttachType::Egress, "netobs_to_pod"),
];
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts the agent with its default settings, exporting to there, and waits until it has attached to all pods.
pub(crate) fn start(node: &Netns, pods: &[&Pod], export: Stdio) -> Result<Process> {
    let program =
        env::var_os("NETOBS_AGENT").context("NETOBS_AGENT must say where the agent is; `cargo xtask bench` sets it")?;
    let mut command = node.command(&program.to_string_lossy())?;
    command
        .args(EXPORT_ONLY)
        .args(["--log", "warn"])
        .stdin(Stdio::null())
        .stdout(export);
    let mut agent = Process::start(&mut command)?;
    for pod in pods {
        wait_for_taps(node, pod.host_interface(), &mut agent)?;
    }
    Ok(agent)
}

pub(crate) fn stop(mut agent: Process) -> Result<()> {
    let status = agent.stop(PATIENCE)?;
    ensure!(status.success(), "the agent ended with {status}");
    Ok(())
}

/// The agent's program at an interface, asked for inside the node.
pub(crate) fn tap(interface: &str, direction: TcAttachType) -> Option<ProgramId> {
    let (_, name) = TAPS.into_iter().find(|(of, _)| *of == direction)?;
    let (_, programs) = SchedClassifier::query_tcx(interface, direction).ok()?;
    programs
        .iter()
        .find(|info| info.name_as_str() == Some(name))
        .map(ProgramId::of)
}

/// Whether both taps are at an interface, asked for inside the node.
pub(crate) fn has_taps(interface: &str) -> bool {
    TAPS.iter().all(|(direction, _)| tap(interface, *direction).is_some())
}

fn wait_for_taps(node: &Netns, interface: &str, agent: &mut Process) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !node.run(|| Ok(has_taps(interface)))? {
        ensure!(agent.ended()?.is_none(), "the agent ended before it attached");
        ensure!(
            Instant::now() < deadline,
            "the agent has not attached to {interface} within {PATIENCE:?}"
        );
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
