//! The agent with the three capabilities it needs, and with one of them missing.

use super::start::{PATIENCE, await_attached, command, run, stopped};
use anyhow::{Result, ensure};
use netobs_tests::node::{Family, Node};
use netobs_tests::process::Capability::{Bpf, NetAdmin, Perfmon};
use netobs_tests::process::{Agent, Capability, EXPORT_ONLY, Ended, Rights, all_rights, keep_capabilities};
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::tcp;
use netobs_tests::truth::await_attached as await_attached_to;
use std::collections::BTreeSet;
use std::time::Duration;

fn with(node: &Node, keep: &[Capability]) -> Result<Agent> {
    let mut command = command(node, &[])?;
    keep_capabilities(&mut command, keep);
    run(&mut command)
}

/// An attempt that the node refuses, and a connection that it lets through, as the agent tells them.
fn refused_and_allowed(keep: &[Capability]) -> Result<Ended> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    node.refuse(Refusal::Drop, Hook::Forward, "tcp dport 81")?;
    let agent = await_attached(with(&node, keep)?)?;
    tcp::attempt(&a, b.socket_address(Family::V4, 81), Duration::from_millis(200))?;
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    stopped(agent)
}

fn verdict(ended: &Ended, port: u16) -> Option<&str> {
    let of_port = |line: &&serde_json::Value| line["destination"]["port"] == port;
    ended.lines.iter().rfind(of_port)?["verdict"].as_str()
}

/// Cannot run: ends with an error that names the capability and what it is for.
fn fails_for_want_of(node: &Node, keep: &[Capability], name: &str, purpose: &str) -> Result<()> {
    let ended = with(node, keep)?.wait_for_end(PATIENCE)?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("{name} is missing (")),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains(purpose), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    Ok(())
}

#[test]
fn three_capabilities_are_enough_to_see_traffic_and_drops() -> Result<()> {
    let ended = refused_and_allowed(&[Bpf, NetAdmin, Perfmon])?;
    assert_eq!(verdict(&ended, 80), Some("forwarded"), "{ended:?}");
    assert_eq!(verdict(&ended, 81), Some("dropped"), "{ended:?}");
    assert!(!ended.stderr.contains("missing"), "{}", ended.stderr);
    Ok(())
}

#[test]
fn without_one_of_them_it_ends_and_says_which_is_missing_and_what_for() -> Result<()> {
    let node = Node::routed()?;
    fails_for_want_of(&node, &[NetAdmin, Perfmon], "CAP_BPF", "to load the programs")?;
    fails_for_want_of(&node, &[Bpf, Perfmon], "CAP_NET_ADMIN", "to attach the taps")?;
    fails_for_want_of(&node, &[Bpf, NetAdmin], "CAP_PERFMON", "to have the programs verified")?;
    fails_for_want_of(&node, &[], "CAP_BPF", "CAP_NET_ADMIN is missing")
}

#[test]
fn once_it_has_started_only_the_thread_that_attaches_has_a_right_and_that_is_one() -> Result<()> {
    let node = Node::routed()?;
    let folder = std::env::temp_dir().join(format!("netobs-rights-{}", std::process::id()));
    let socket = folder.with_extension("sock");
    let mut command = node.command(&super::start::agent()?)?;
    // Everything that has a thread of its own, and everything that is opened with rights.
    command
        .args(&EXPORT_ONLY[..3])
        .arg("--state-dir")
        .arg(&folder)
        .arg("--socket")
        .arg(&socket);
    command.args([
        "--socket-group",
        "1",
        "--listen",
        "127.0.0.1:425",
        "--http",
        "127.0.0.1:945",
    ]);
    let agent = await_attached(run(&mut command)?)?;
    let late = node.pod("late")?;
    await_attached_to(&node, late.host_interface(), PATIENCE)?;
    let (pid, rights) = (agent.pid(), all_rights(agent.pid())?);
    let b = node.pod("b")?;
    await_attached_to(&node, b.host_interface(), PATIENCE)?;
    tcp::exchange(&late, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    let ended = stopped(agent)?;
    std::fs::remove_dir_all(&folder)?;
    assert_eq!(verdict(&ended, 80), Some("forwarded"), "{ended:?}");
    ensure!(!socket.exists(), "what was made with rights is put away without");
    for ((thread, name), rights) in &rights {
        let net_admin = if *thread == pid { 1 << NetAdmin as u64 } else { 0 };
        let expected = Rights {
            permitted: net_admin,
            effective: net_admin,
            ..Rights::default()
        };
        ensure!(rights == &expected, "thread {name} is {rights:?}");
    }
    let names: BTreeSet<&str> = rights.keys().map(|(_, name)| name.as_str()).collect();
    let expected = BTreeSet::from(["netobs-agent", "rooms", "export", "store"]);
    ensure!(expected.is_subset(&names), "there are only {names:?}");
    Ok(())
}
