//! How soon after a veth appears both taps are at it.

use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use aya::programs::{SchedClassifier, TcAttachType};
use netobs_tests::netns::Netns;
use netobs_tests::node::Node;

use crate::agent;
use crate::figure::{Figure, Out};
use crate::summary::{Summary, quantile};

const VETHS: usize = 100;
const STEP: Duration = Duration::from_micros(200);
const PATIENCE: Duration = Duration::from_secs(5);
const MEANING: &str =
    "from the last look that found no interface to the first that found both taps, a look every 0.2 ms";

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let node = Node::routed()?;
    let pod = node.pod("first")?;
    let agent = agent::start(&node, &[&pod], Stdio::null())?;
    let mut times = Vec::new();
    let mut made = Vec::new();
    for number in 0..VETHS {
        let pod = Netns::create("pod")?;
        times.push(appear(&node, &pod, &format!("cali{number:x}bench"))?.as_secs_f64() * 1e3);
        made.push(pod);
    }
    agent::stop(agent)?;
    let summary = Summary::of(times.iter().copied());
    times.sort_by(f64::total_cmp);
    for (name, percent) in [("attach_ms_p50", 50), ("attach_ms_p99", 99)] {
        out.tell(
            &Figure::new(name, quantile(&times, percent), "ms")
                .detail("min", round(summary.min))
                .detail("max", round(summary.max))
                .detail("runs", summary.runs)
                .detail("measured", MEANING),
        )?;
    }
    Ok(())
}

/// Makes a veth and sets it up, as a CNI does, while another thread watches.
fn appear(node: &Node, pod: &Netns, interface: &str) -> Result<Duration> {
    let make = format!(
        "link add {interface} type veth peer name eth0 netns {}\nlink set {interface} up\n",
        pod.path()
    );
    thread::scope(|scope| {
        let (ready, is_ready) = mpsc::channel();
        let watch = scope.spawn(|| node.run(move || watch(interface, &ready)));
        // An error means that the watch has ended, and it says why.
        let _ = is_ready.recv();
        node.ip(&make)?;
        watch.join().ok().context("the watch panicked")?
    })
}

fn watch(interface: &str, ready: &mpsc::Sender<()>) -> Result<Duration> {
    let deadline = Instant::now() + PATIENCE;
    let mut absent = Instant::now();
    ready.send(()).context("nobody waits for the watch")?;
    loop {
        let looked = Instant::now();
        if SchedClassifier::query_tcx(interface, TcAttachType::Ingress).is_err() {
            absent = looked;
        } else if agent::has_taps(interface) {
            return Ok(absent.elapsed());
        }
        ensure!(looked < deadline, "no taps at {interface} within {PATIENCE:?}");
        thread::sleep(STEP);
    }
}

fn round(milliseconds: f64) -> f64 {
    (milliseconds * 1e3).round() / 1e3
}
