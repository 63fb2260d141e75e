//! Settings that cannot work: each ends the agent with a message that names the thing and the remedy.

use anyhow::{Context as _, Result};
use netobs_tests::node::Node;
use netobs_tests::process::{Agent, EXPORT_ONLY};
use netobs_tests::served::{PATIENCE, Scene, command, connect, socket, start};
use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use tokio::runtime::Builder;

/// Whatever is asked of it: it must end, without a panic, and say all of this.
fn refuses(node: &Node, socket: &Path, arguments: &[&str], says: &[&str]) -> Result<()> {
    let ended = start(node, socket, arguments)?.wait_for_end(PATIENCE)?;
    assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    for said in says {
        assert!(ended.stderr.contains(said), "{said:?} is not in: {}", ended.stderr);
    }
    Ok(())
}

#[test]
fn an_address_in_use_is_named() -> Result<()> {
    let node = Node::routed()?;
    for (option, address) in [("--listen", "127.0.0.1:4250"), ("--http", "127.0.0.1:9450")] {
        let _other = node.run(|| TcpListener::bind(address).context("bind"))?;
        refuses(&node, &socket(), &[], &[address, option])?;
    }
    Ok(())
}

#[test]
fn an_address_that_others_can_reach_needs_tls() -> Result<()> {
    let node = Node::routed()?;
    refuses(
        &node,
        &socket(),
        &["--listen", "0.0.0.0:4250"],
        &["0.0.0.0:4250", "--tls-cert"],
    )
}

#[test]
fn certificates_that_are_none_are_named() -> Result<()> {
    let node = Node::routed()?;
    let file = File::new("no certificate")?;
    let path = file.0.to_string_lossy();
    refuses(&node, &socket(), &["--tls-cert", &path, "--tls-key", &path], &[&path])?;
    refuses(
        &node,
        &socket(),
        &["--tls-cert", "/nowhere", "--tls-key", &path],
        &["/nowhere"],
    )
}

#[test]
fn a_directory_that_cannot_be_written_is_named() -> Result<()> {
    let node = Node::routed()?;
    refuses(&node, Path::new("/proc/1/netobs.sock"), &[], &["/proc/1", "--socket"])
}

#[test]
fn a_kubeconfig_that_is_none_is_named() -> Result<()> {
    let node = Node::routed()?;
    let file = File::new("clusters: [")?;
    for path in [file.0.to_string_lossy().into_owned(), "/nowhere/config".to_owned()] {
        let mut command = command(&node)?;
        command.args([
            "--kubeconfig",
            &path,
            "--socket",
            "none",
            "--listen",
            "none",
            "--http",
            "none",
        ]);
        let ended = Agent::start(&mut command)?.wait_for_end(PATIENCE)?;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(&path) && !ended.stderr.contains("panicked"),
            "{}",
            ended.stderr
        );
    }
    Ok(())
}

#[test]
fn a_socket_that_nobody_listens_at_is_replaced_and_one_in_use_is_not() -> Result<()> {
    let path = socket();
    drop(UnixListener::bind(&path)?);
    assert!(path.exists(), "a socket outlives who listened at it");
    let node = Node::routed()?;
    let first = start(&node, &path, &["--listen", "none", "--http", "none"])?;
    first.wait_for_error(PATIENCE, "attached interfaces=")?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(connect(&path))?;
    refuses(
        &node,
        &path,
        &["--listen", "none", "--http", "none"],
        &[&path.to_string_lossy()],
    )?;
    runtime.block_on(connect(&path))?;
    assert!(first.stop(PATIENCE)?.status.success());
    assert!(!path.exists(), "it removes its own socket");
    Ok(())
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() -> Result<()> {
    let node = Node::routed()?;
    let file = File::new("precious")?;
    refuses(&node, &file.0, &[], &[&file.0.to_string_lossy()])?;
    assert_eq!(fs::read_to_string(&file.0)?, "precious");
    Ok(())
}

#[test]
fn an_interface_that_is_not_there_is_told_before_anybody_is_served() -> Result<()> {
    let (node, socket) = (Node::routed()?, socket());
    let ended = start(&node, &socket, &["--interface", "nosuch0"])?.wait_for_end(PATIENCE)?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("no interface nosuch0"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("serving"), "{}", ended.stderr);
    Ok(())
}

#[test]
fn serving_nobody_at_all_is_no_error() -> Result<()> {
    let node = Node::routed()?;
    let agent = Agent::start(command(&node)?.args(EXPORT_ONLY))?;
    agent.wait_for_error(PATIENCE, "attached interfaces=")?;
    let ended = agent.stop(PATIENCE)?;
    assert!(
        ended.status.success() && !ended.stderr.contains("ERROR"),
        "{}",
        ended.stderr
    );
    Ok(())
}

#[test]
fn nothing_is_left_by_one_that_served() -> Result<()> {
    Scene::start(Node::routed()?, &[])?.stop()
}

/// A file that goes with its name.
struct File(PathBuf);

impl File {
    fn new(content: &str) -> Result<Self> {
        let path = socket().with_extension("file");
        fs::write(&path, content)?;
        Ok(Self(path))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
