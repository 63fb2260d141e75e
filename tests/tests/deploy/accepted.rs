//! A real API server takes what is rendered.

use super::rendered::{OVERLAYS, odd_chart, overlay};
use super::schema::is_custom;
use super::tools::{KUBECTL, program};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::apiserver::{Cluster, Real};
use netobs_tests::node::Node;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;

#[test]
fn a_real_server_warns_of_nothing_and_finds_nothing_to_change_the_second_time() -> Result<()> {
    let node = Node::routed()?;
    let Some(server) = Real::begin(&node)? else {
        return Ok(());
    };
    server.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "observability"}}))?;
    for name in OVERLAYS {
        applies(&node, &server, &overlay(name)?).with_context(|| format!("overlay {name}"))?;
    }
    applies(&node, &server, &odd_chart()?).context("odd chart")
}

fn applies(node: &Node, server: &Real, objects: &[Value]) -> Result<()> {
    let built_in: Vec<_> = objects.iter().filter(|object| !is_custom(object)).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": built_in}).to_string();
    apply(node, server, &list)?;
    let again = apply(node, server, &list)?;
    let changed: Vec<_> = again.lines().filter(|line| !line.ends_with(" unchanged")).collect();
    ensure!(changed.is_empty(), "changed again: {changed:?}");
    ensure!(again.lines().count() == built_in.len(), "{again}");
    Ok(())
}

/// What kubectl says; an error if it says more than what became of each object.
fn apply(node: &Node, server: &Real, list: &str) -> Result<String> {
    let mut command = node.command(&program(KUBECTL)?.display().to_string())?;
    command
        .args(["apply", "--validate=strict", "--filename=-", "--kubeconfig"])
        .arg(server.kubeconfig());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child
        .stdin
        .take()
        .context("stdin is piped")?
        .write_all(list.as_bytes())?;
    let output = child.wait_with_output()?;
    let (said, complaint) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    ensure!(output.status.success() && complaint.is_empty(), "{said}{complaint}");
    Ok(said)
}
