//! Flows of one datagram each, so many a second: how many are told, and what telling them takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::process::{Process, Usage};
use netobs_tests::traffic::flood::{Flood, Flooded};

use crate::agent;
use crate::export::{Reader, Told};
use crate::figure::{Figure, Out};

/// New flows a second, and how many: more than the agent keeps at once by default.
const LOADS: [(u32, usize); 2] = [(10_000, 100_000), (50_000, 300_000)];
const PORT: u16 = 5353;
const REST: Duration = Duration::from_secs(3);
/// What was sent last is told by then.
const SETTLED: Duration = Duration::from_secs(1);
const MIB: f64 = 1_048_576.0;

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    for (rate, flows) in LOADS {
        let loaded = load(rate, flows)?;
        if rate == LOADS[0].0 {
            out.tell(&Figure::new("rss_mib", mib(loaded.idle.rss_bytes), "MiB").case("load", "idle"))?;
        }
        tell(out, rate, &loaded)?;
    }
    Ok(())
}

struct Loaded {
    flooded: Flooded,
    told: Told,
    idle: Usage,
    after: Usage,
    rss_bytes: u64,
}

/// The datagrams go to the node itself, so that they pass one pod's veth and no other.
fn load(rate: u32, flows: usize) -> Result<Loaded> {
    let node = Node::routed()?;
    let pod = node.pod("from")?;
    let flood = flood(&node, &pod, flows)?;
    let mut agent = agent::start(&node, &[&pod], Stdio::piped())?;
    let reader = Reader::start(agent.child().stdout.take().context("the export is piped")?);
    thread::sleep(REST);
    let idle = agent.usage()?;
    let (flooded, rss_bytes) = under_load(&node, &agent, || flood.send_paced(&pod, POD_INTERFACE, rate))?;
    let after = agent.usage()?;
    agent::stop(agent)?;
    Ok(Loaded {
        flooded,
        told: reader.told(PORT)?,
        idle,
        after,
        rss_bytes,
    })
}

fn flood(node: &Node, pod: &Pod, flows: usize) -> Result<Flood> {
    let sources: Vec<IpAddr> = (1..=9).map(|last| Ipv4Addr::new(198, 18, 0, last).into()).collect();
    let to = SocketAddr::new(node.addresses().of(Family::V4), PORT);
    Flood::datagrams(&pod.ethernet(), &sources, to, flows, 64)
}

/// Sends while somebody receives, and tells the most memory that the agent had meanwhile.
fn under_load(node: &Node, agent: &Process, send: impl FnOnce() -> Result<Flooded>) -> Result<(Flooded, u64)> {
    let at = SocketAddr::new(node.addresses().of(Family::V4), PORT);
    let receiver = node.run(|| UdpSocket::bind(at).with_context(|| format!("bind to {at}")))?;
    receiver.set_read_timeout(Some(Duration::from_millis(100)))?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| receive(&receiver, &over));
        let memory = scope.spawn(|| most_memory(agent, &over));
        let flooded = send();
        thread::sleep(SETTLED);
        over.store(true, Ordering::Relaxed);
        let most = memory.join().ok().context("the watch over memory panicked")??;
        Ok((flooded?, most))
    })
}

fn receive(receiver: &UdpSocket, over: &AtomicBool) {
    let mut buffer = [0; 64];
    while !over.load(Ordering::Relaxed) {
        // Whether this one came in time or not, the next is waited for.
        let _ = receiver.recv(&mut buffer);
    }
}

fn most_memory(agent: &Process, over: &AtomicBool) -> Result<u64> {
    let mut most = 0;
    while !over.load(Ordering::Relaxed) {
        most = most.max(agent.usage()?.rss_bytes);
        thread::sleep(Duration::from_millis(100));
    }
    Ok(most)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of flows are far below 2^52")]
fn tell(out: &mut Out, rate: u32, loaded: &Loaded) -> Result<()> {
    let Loaded { flooded, told, .. } = loaded;
    ensure!(flooded.sent > 0 && told.flows > 0, "no flow was told: {told:?}");
    let (sent, flows) = (flooded.sent as f64, told.flows as f64);
    let cpu = (loaded.after.cpu - loaded.idle.cpu).as_secs_f64();
    out.tell(
        &Figure::new("new_flow_loss_percent", 100.0 * (sent - flows) / sent, "%")
            .case("rate", rate)
            .detail("rate_reached", (sent / flooded.took.as_secs_f64()).round())
            .detail("flows_sent", flooded.sent)
            .detail("flows_told", told.flows)
            .detail("packets_told", told.packets)
            .detail("packets_told_as_lost", told.packets_lost)
            .detail("lines", told.lines),
    )?;
    out.tell(
        &Figure::new("cpu_us_per_flow", cpu * 1e6 / flows, "us")
            .case("rate", rate)
            .detail("cpu_s", cpu),
    )?;
    out.tell(&Figure::new("rss_mib", mib(loaded.rss_bytes), "MiB").case("load", rate.to_string()))
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}
