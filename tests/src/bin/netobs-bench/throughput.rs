//! What the agent leaves of the throughput between two pods, in alternating pairs with and without it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netobs_tests::cpu;
use netobs_tests::node::{Family, Network, Node, Offloads};
use netobs_tests::pod::Pod;
use netobs_tests::traffic::tcp::Connection;

use crate::agent;
use crate::figure::{Figure, Out};
use crate::summary::Summary;
use crate::volley::Volley;

const PAIRS: usize = 9;
const LASTS: Duration = Duration::from_millis(500);

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let node = Node::start(Network::Routed, Offloads::On)?;
    let pods = node.pods(&["from", "to"])?;
    let (from, to) = (&pods[0], &pods[1]);
    let mut pairs = Vec::new();
    for number in 0..PAIRS {
        let with_first = number % 2 == 0;
        let first = pass(&node, from, to, with_first)?;
        let second = pass(&node, from, to, !with_first)?;
        pairs.push(if with_first { [first, second] } else { [second, first] });
    }
    tell(out, "tcp", "Gbit/s", &pairs, |pass| pass.tcp_gbit)?;
    tell(out, "udp", "packets/s", &pairs, |pass| pass.udp_packets)
}

#[derive(Clone, Copy)]
struct Pass {
    tcp_gbit: f64,
    udp_packets: f64,
}

fn pass(node: &Node, from: &Pod, to: &Pod, with_agent: bool) -> Result<Pass> {
    let agent = with_agent
        .then(|| agent::start(node, &[from, to], Stdio::null()))
        .transpose()?;
    let pass = Pass {
        tcp_gbit: tcp(from, to)?,
        udp_packets: cpu::on_one_processor(|| udp(from, to))?,
    };
    agent.map_or(Ok(()), agent::stop)?;
    Ok(pass)
}

/// One connection, as much as it takes.
fn tcp(from: &Pod, to: &Pod) -> Result<f64> {
    let connection = Connection::open(from, to, to.socket_address(Family::V4, 5201))?;
    let over = AtomicBool::new(false);
    let start = Instant::now();
    let bytes = thread::scope(|scope| {
        let reader = scope.spawn(|| read(&connection, &over));
        let written = write(&connection, start + LASTS);
        over.store(true, Ordering::Relaxed);
        connection.client.shutdown(std::net::Shutdown::Write)?;
        written?;
        reader.join().ok().context("the reader panicked")?
    })?;
    Ok(bytes * 8.0 / 1e9 / start.elapsed().as_secs_f64())
}

fn write(connection: &Connection, until: Instant) -> Result<()> {
    let chunk = vec![b'x'; 131_072];
    while Instant::now() < until {
        (&connection.client).write_all(&chunk).context("send")?;
    }
    Ok(())
}

fn read(connection: &Connection, over: &AtomicBool) -> Result<f64> {
    let mut chunk = vec![0; 131_072];
    let mut bytes = 0.0;
    loop {
        match (&connection.server).read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(more) => bytes += f64::from(u32::try_from(more)?),
            Err(error) if error.kind() == ErrorKind::WouldBlock && !over.load(Ordering::Relaxed) => {}
            Err(error) => return Err(error).context("receive"),
        }
    }
}

fn udp(from: &Pod, to: &Pod) -> Result<f64> {
    const DATAGRAMS: u32 = 100_000;
    let volley = Volley::open(from, to, to.socket_address(Family::V4, 5202))?;
    volley.fire(1_000)?;
    let start = Instant::now();
    let arrived = volley.fire(DATAGRAMS.into())?;
    let took = start.elapsed();
    ensure!(arrived > u64::from(DATAGRAMS / 2), "only {arrived} datagrams arrived");
    Ok(f64::from(DATAGRAMS) / took.as_secs_f64())
}

fn tell(out: &mut Out, traffic: &str, unit: &str, pairs: &[[Pass; 2]], of: fn(&Pass) -> f64) -> Result<()> {
    let ratios = Summary::of(pairs.iter().map(|[with, without]| of(with) / of(without)));
    let median = |nth: usize| Summary::of(pairs.iter().map(|pair| of(&pair[nth]))).median.round();
    out.tell(
        &Figure::of("throughput_ratio", ratios, "ratio")
            .case("traffic", traffic)
            .detail("with", median(0))
            .detail("without", median(1))
            .detail("of", unit),
    )
}
