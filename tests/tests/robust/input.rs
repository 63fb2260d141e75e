//! Arguments that make no sense, a kernel that tells little, interfaces that vanish, a reader that goes away.

use super::start::{PATIENCE, await_attached, command, command_without_btf, run, started, stopped};
use anyhow::{Context as _, Result};
use netobs_tests::node::{Family, Node};
use netobs_tests::process::{Ended, Process};
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::tcp;
use netobs_tests::truth::await_attached as await_attached_to;
use std::fmt::Write as _;
use std::io::Read as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

fn ended(node: &Node, arguments: &[&str]) -> Result<Ended> {
    let ended = run(&mut command(node, arguments)?)?.wait_for_end(PATIENCE)?;
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    Ok(ended)
}

#[test]
fn an_unknown_interface_is_an_error_that_lists_those_there_are() -> Result<()> {
    let node = Node::routed()?;
    let pod = node.pod("a")?;
    let ended = ended(&node, &["--interface", "nosuch0"])?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    for said in ["no interface nosuch0", "lo", "uplink", pod.host_interface()] {
        assert!(ended.stderr.contains(said), "{said} is not in: {}", ended.stderr);
    }
    Ok(())
}

#[test]
fn sizes_that_are_no_powers_of_two_are_refused_with_the_next_one() -> Result<()> {
    let node = Node::routed()?;
    for (option, size, next) in [
        ("--connections", "5000", "8192"),
        ("--drops", "17", "32"),
        ("--ring", "1000000", "1048576"),
        ("--connections", "0", "from 16"),
        ("--ring", "4294967295", "from 16"),
        ("--drops", "-1", "--drops"),
        ("--flows", "0", "--flows"),
    ] {
        let ended = ended(&node, &[&format!("{option}={size}")])?;
        assert_eq!(ended.status.code(), Some(2), "{option} {size}: {}", ended.stderr);
        assert!(ended.stderr.contains(next), "{option} {size}: {}", ended.stderr);
    }
    Ok(())
}

#[test]
fn the_smallest_sizes_work() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let sizes = ["--connections", "16", "--drops", "16", "--ring", "16", "--flows", "1"];
    let agent = started(&node, &sizes)?;
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    let lines = stopped(agent)?.lines;
    assert!(lines.iter().any(|line| line["destination"]["port"] == 80), "{lines:?}");
    Ok(())
}

#[test]
fn without_btf_it_warns_that_drops_are_not_seen_and_shows_traffic() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    node.refuse(Refusal::Drop, Hook::Forward, "tcp dport 81")?;
    let agent = await_attached(run(&mut command_without_btf(&node, &[])?)?)?;
    tcp::attempt(&a, b.socket_address(Family::V4, 81), Duration::from_millis(200))?;
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    let ended = stopped(agent)?;
    let verdict = |port: u16| {
        ended
            .lines
            .iter()
            .rfind(|line| line["destination"]["port"] == port)
            .map(|line| &line["verdict"])
    };
    assert_eq!(verdict(80), Some(&"forwarded".into()), "{ended:?}");
    assert_eq!(verdict(81), Some(&"seen".into()), "{ended:?}");
    for said in ["drops are not seen", "/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF"] {
        assert!(ended.stderr.contains(said), "{said} is not in: {}", ended.stderr);
    }
    Ok(())
}

#[test]
fn interfaces_that_vanish_while_it_attaches_do_it_no_harm() -> Result<()> {
    const STORMS: usize = 8;
    const VETHS: usize = 50;
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let agent = started(&node, &[])?;
    let before = agent.usage()?;
    let elsewhere = netobs_tests::netns::Netns::create("elsewhere")?;
    for storm in 0..STORMS {
        let mut lines = String::new();
        for n in 0..VETHS {
            let name = format!("s{storm}v{n}");
            writeln!(
                lines,
                "link add {name} type veth peer name p{storm}v{n} netns {}",
                elsewhere.path()
            )?;
            writeln!(lines, "link del {name}")?;
        }
        node.ip(&lines)?;
    }
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    agent.wait_for(PATIENCE, |line| line["destination"]["port"] == 80)?;
    assert_eq!(agent.usage()?.descriptors, before.descriptors);
    let ended = stopped(agent)?;
    assert!(!ended.stderr.contains("is not seen"), "{}", ended.stderr);
    Ok(())
}

#[test]
fn a_reader_that_goes_away_is_named_and_does_not_end_it() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let mut command = command(&node, &[])?;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut agent = Process::start(&mut command)?;
    let (stdout, stderr) = (agent.child().stdout.take(), agent.child().stderr.take());
    await_attached_to(&node, b.host_interface(), PATIENCE)?;
    drop(stdout);
    for port in 80..84 {
        tcp::exchange(&a, &b, b.socket_address(Family::V4, port), 100, 100)?;
        thread::sleep(Duration::from_millis(200));
    }
    let status = agent.stop(PATIENCE)?;
    let mut said = String::new();
    stderr.context("stderr is piped")?.read_to_string(&mut said)?;
    assert!(status.success() && !said.contains("panicked"), "{status:?}: {said}");
    assert!(said.contains("standard output takes no more flows"), "{said}");
    Ok(())
}
