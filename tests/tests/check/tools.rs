//! Each tool that a probe may find in a container says what really became of the connection.

use super::image::Image;
use anyhow::{Context as _, Result};
use netobs_tests::apiserver::ApiServer;
use netobs_tests::demo::Programs;
use netobs_tests::node::{Family, Node};
use netobs_tests::rules::{Hook, Refusal};
use serde_json::{Value, json};
use std::net::TcpListener;

const OPEN: u16 = 8080;
const CLOSED: u16 = 8081;
const DROPPED: u16 = 8082;
/// By what an image has to have for it.
const TOOLS: [(&str, &[&str]); 4] = [
    ("nc", &["nc", "timeout"]),
    ("bash", &["bash", "timeout"]),
    ("python3", &["python3"]),
    ("curl", &["curl"]),
];

#[test]
fn each_tool_tells_open_closed_and_silent_ports_apart() -> Result<()> {
    let node = Node::routed()?;
    let names: Vec<_> = TOOLS.iter().map(|(name, _)| *name).chain(["server"]).collect();
    let pods = node.pods(&names)?;
    let server = ApiServer::start_in(&node)?;
    let mut images = Vec::new();
    for (pod, programs) in pods
        .iter()
        .zip(TOOLS.iter().map(|(_, programs)| *programs).chain([&[][..]]))
    {
        let address = pod.address(Family::V4).to_string();
        server.apply(&json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "default", "name": pod.name()},
            "spec": {"containers": [{"name": "main", "image": "main"}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
        }))?;
        let image = Image::with(programs)?;
        server.exec("default", pod.name(), pod, image.programs());
        images.push(image);
    }
    let serving = pods.last().context("the server")?;
    let address = serving.socket_address(Family::V4, OPEN);
    let _listener = serving.run(|| Ok(TcpListener::bind(address)?))?;
    node.refuse(Refusal::Drop, Hook::Forward, &format!("tcp dport {DROPPED}"))?;
    let mut command = node.command(&Programs::find()?.cli.to_string_lossy())?;
    command.args([
        "check",
        "-o",
        "json",
        "--server",
        "/nonexistent/netobs.sock",
        "--kubeconfig",
    ]);
    command.arg(server.kubeconfig());
    for (tool, _) in TOOLS {
        for port in [OPEN, CLOSED, DROPPED] {
            command.args(["--probe", &format!("default/{tool}=default/server:{port}")]);
        }
    }
    let output = command.output()?;
    let answer: Value =
        serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let said: Vec<_> = answer["findings"].as_array().into_iter().flatten().collect();
    for (tool, _) in TOOLS {
        for (port, word) in [
            (OPEN, "comes through, as policies admit"),
            (CLOSED, "was turned away"),
            (DROPPED, "got no answer"),
        ] {
            let wanted = format!("default/{tool} to default/server:{port} {word}");
            let is_said = said
                .iter()
                .any(|one| one["says"].as_str().is_some_and(|says| says.starts_with(&wanted)));
            assert!(is_said, "{wanted}: {answer:#}");
        }
    }
    Ok(())
}
