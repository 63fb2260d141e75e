//! How fast flows come to subscribers: from the history, and as they happen.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use netobs_api::v1;
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::traffic::flood::Flood;
use tonic::codec::Streaming;

use crate::counting::{self, Seen, subscribe};
use crate::figure::{Figure, Out};
use crate::served::{Served, cluster, target};
use crate::summary::Summary;

const PORTS: [u16; 4] = [5_301, 5_302, 5_303, 5_304];
/// Of each port, from other source ports.
const FLOWS: usize = 50_000;
const PER_SECOND: u32 = 50_000;
const HISTORY: &str = "262144";
const RUNS: usize = 9;
const SUBSCRIBERS: usize = 10;
const SETTLED: Duration = Duration::from_secs(2);
/// So long after the last flow there comes no other.
const QUIET: Duration = Duration::from_secs(1);

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let node = Node::routed()?;
    let (from, to) = (node.pod("client")?, node.pod("server")?);
    let pods = [&from, &to];
    let served = Served::start(&node, &pods, cluster(&node, &pods)?, &["--history", HISTORY])?;
    let sinks = PORTS.map(|port| sink(&to, port));
    let sinks: Vec<UdpSocket> = sinks.into_iter().collect::<Result<_>>()?;
    pipeline(out, &served, &from, &to)?;
    history(out, &served)?;
    drop(sinks);
    served.stop()
}

/// Takes no datagram, and answers none: what does not fit is dropped without a word.
fn sink(pod: &Pod, port: u16) -> Result<UdpSocket> {
    let at = pod.socket_address(Family::V4, port);
    pod.run(|| UdpSocket::bind(at).with_context(|| format!("bind to {at}")))
}

/// Flows that begin while somebody follows: how many of them came, and by when.
fn pipeline(out: &mut Out, served: &Served, from: &Pod, to: &Pod) -> Result<()> {
    let request = v1::SubscribeRequest {
        follow: true,
        ..Default::default()
    };
    let channel = served.run(served.channel())?;
    let mut stream = served.run(subscribe(channel, request))?;
    let following = served.runtime().spawn(async move { follow(&mut stream).await });
    let floods: Vec<Flood> = PORTS
        .iter()
        .map(|port| {
            let source = [from.address(Family::V4)];
            Flood::datagrams(&from.ethernet(), &source, target(to, *port), FLOWS, 64)
        })
        .collect::<Result<_>>()?;
    let before = served.usage()?;
    let begun = Instant::now();
    for flood in &floods {
        flood.send_paced(from, POD_INTERFACE, PER_SECOND)?;
    }
    let sent = begun.elapsed();
    let (messages, last) = served.run(async { following.await? })?;
    let cpu = (served.usage()?.cpu - before.cpu).as_secs_f64();
    let took = last.duration_since(begun).as_secs_f64();
    let flows = (PORTS.len() * FLOWS) as f64;
    out.tell(
        &Figure::new("pipeline_flows_per_s", flows / took, "flows/s")
            .detail("flows_sent", flows)
            .detail("sent_in_s", sent.as_secs_f64())
            .detail("messages", messages)
            .detail("cpu_us_per_flow", cpu * 1e6 / flows),
    )
}

/// Messages about flows, and when the last came.
async fn follow(stream: &mut Streaming<Seen>) -> Result<(u64, Instant)> {
    let (mut messages, mut last) = (0, Instant::now());
    loop {
        let patience = if messages == 0 { 10 * QUIET } else { QUIET };
        match tokio::time::timeout(patience, stream.message()).await {
            Ok(seen) => {
                seen?.context("the agent ended the stream")?;
                messages += 1;
                last = Instant::now();
            }
            Err(_quiet) => return Ok((messages, last)),
        }
    }
}

fn history(out: &mut Out, served: &Served) -> Result<()> {
    thread::sleep(SETTLED);
    let kept = served.status()?.flows.context("the status has no flows")?.history;
    ensure!(kept > FLOWS as u64, "only {kept} flows are in the history");
    for subscribers in [1, SUBSCRIBERS] {
        let mut rates = Vec::new();
        for _ in 0..RUNS {
            rates.push(read(served, subscribers)?);
        }
        let first = rates[0];
        out.tell(
            &Figure::of("grpc_flows_per_s", Summary::of(rates), "flows/s")
                .case("subscribers", subscribers)
                .detail("flows_each", kept)
                .detail("first_run", first.round()),
        )?;
    }
    Ok(())
}

/// Flows a second, of all subscribers together, each of whom reads the whole history.
fn read(served: &Served, subscribers: usize) -> Result<f64> {
    let begun = Instant::now();
    let readers = (0..subscribers).map(|_| async {
        let channel = served.channel().await?;
        let mut stream = subscribe(channel, v1::SubscribeRequest::default()).await?;
        counting::count(&mut stream).await
    });
    let counts = served.run(try_join_all(readers))?;
    let all: u64 = counts.iter().sum();
    Ok(all as f64 / begun.elapsed().as_secs_f64())
}
