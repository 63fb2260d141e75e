//! A packet that an interrupt drops while the drop program runs on that processor is not seen, but counted.

use super::account::{Account, is_last, packets};
use super::start::{PATIENCE, command, stopped};
use anyhow::{Context as _, Result, anyhow};
use netobs_tests::cpu::on_one_processor;
use netobs_tests::node::{Family, Node};
use netobs_tests::process::Agent;
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::udp::Sender;
use serde_json::Value;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const PORT: u16 = 9333;
const AT_ONCE: u64 = 64;
const PLACE: &str = "drops_missed";

/// Has packets that come by an interface handled by the processor on which [`on_one_processor`] runs, which they interrupt.
fn steer(node: &Node, interface: &str) -> Result<()> {
    let processors = thread::available_parallelism().context("count the processors")?.get();
    let mask = 1_u64 << (processors - 1);
    let write = format!("mount -t sysfs none /sys && echo {mask:x} > /sys/class/net/{interface}/queues/rx-0/rps_cpus");
    let arguments = ["--mount", "--propagation", "private", "sh", "-e", "-c", &write];
    node.output("unshare", &arguments, "").map(drop)
}

/// Sends until the flag is set; that the sender's own rules may refuse it is what is wanted.
fn send_until(done: &AtomicBool, sender: &Sender) {
    while !done.load(Ordering::Relaxed) {
        let _ = sender.send(AT_ONCE, 16);
    }
}

#[test]
fn drops_that_nobody_saw_are_reported_as_the_kernel_counts_them_and_no_other_is_missing() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let matches = format!("udp dport {PORT}");
    for (netns, hook) in [(&*a, Hook::Output), (&*node, Hook::Forward)] {
        netns.count("dropped", hook, &matches)?;
        netns.refuse(Refusal::Drop, hook, &matches)?;
    }
    steer(&node, b.host_interface())?;
    let agent = Agent::start(&mut command(&node, &[])?)?;
    agent.wait_for_error(PATIENCE, "attached interfaces=")?;
    let own = Sender::unconnected(&a, b.socket_address(Family::V4, PORT))?;
    let interrupting = Sender::unconnected(&b, a.socket_address(Family::V4, PORT))?;
    let done = AtomicBool::new(false);
    let told = thread::scope(|scope| {
        let pinned = scope.spawn(|| {
            on_one_processor(|| {
                send_until(&done, &own);
                Ok(())
            })
        });
        scope.spawn(|| send_until(&done, &interrupting));
        let told = agent.wait_for(PATIENCE, |line: &Value| line["place"] == PLACE);
        done.store(true, Ordering::Relaxed);
        pinned.join().map_err(|_| anyhow!("a sender panicked")).flatten()?;
        told
    })?;
    assert_eq!(told["type"], "loss", "{told}");
    let missed = misses(agent.pid())?;
    let lines = stopped(agent)?.lines;
    let account = Account::of(&lines, PORT);
    let (own, passing) = (a.counted("dropped")?.packets, node.counted("dropped")?.packets);
    assert_eq!(
        inside(&lines),
        own,
        "what interrupts is not interrupted by what it interrupts"
    );
    assert!(
        account.dropped <= own + passing,
        "nothing is told twice: {own} and {passing} were dropped, {account:?}"
    );
    // The kernel does not count all of them itself, so that a few percent of what was dropped may be in neither.
    let reported = account.lost.get(PLACE).copied().unwrap_or_default();
    assert!(
        0 < missed && missed <= reported,
        "the kernel counts {missed}: {account:?}"
    );
    Ok(())
}

/// Packets that the agent saw dropped inside of a pod.
fn inside(lines: &[Value]) -> u64 {
    let flows = lines
        .iter()
        .filter(|line| line["destination"]["port"] == PORT && is_last(line));
    let drops = flows.filter_map(|flow| flow["drops"].as_array()).flatten();
    drops.filter(|drop| drop["place"] == "inside").map(packets).sum()
}

/// What the kernel says of programs that it did not start, of those of a process.
fn misses(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(format!("/proc/{pid}/fdinfo")).context("list the agent's files")? {
        // A file may be closed meanwhile.
        let info = fs::read_to_string(entry?.path()).unwrap_or_default();
        let misses = info.lines().filter_map(|line| line.strip_prefix("recursion_misses:"));
        sum += misses.filter_map(|count| count.trim().parse::<u64>().ok()).sum::<u64>();
    }
    Ok(sum)
}
