//! What the agent takes of a processor when nothing happens.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use netobs_tests::node::Node;
use netobs_tests::pod::Pod;

use crate::agent;
use crate::figure::{Figure, Out};

const LASTS: Duration = Duration::from_secs(5);
const PODS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let node = Node::routed()?;
    let pods = node.pods(&PODS)?;
    let agent = agent::start(&node, &pods.iter().collect::<Vec<&Pod>>(), Stdio::null())?;
    thread::sleep(Duration::from_secs(1));
    let before = agent.usage()?.cpu;
    thread::sleep(LASTS);
    let cpu = agent.usage()?.cpu - before;
    agent::stop(agent)?;
    let percent = 100.0 * cpu.as_secs_f64() / LASTS.as_secs_f64();
    out.tell(&Figure::new("idle_cpu_percent", percent, "%").detail("pods", PODS.len()))
}
