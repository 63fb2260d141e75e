//! How long after a pod's first packet a subscriber hears of its flow.

use std::collections::HashMap;
use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netobs_api::v1;
use netobs_tests::node::Node;
use tokio::time::timeout;

use crate::figure::{Figure, Out};
use crate::served::{Served, cluster, target};
use crate::summary::quantile;

const PORT: u16 = 5_300;
const FLOWS: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(7);
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    let node = Node::routed()?;
    let (from, to) = (node.pod("client")?, node.pod("server")?);
    let pods = [&from, &to];
    let served = Served::start(&node, &pods, cluster(&node, &pods)?, &[])?;
    let at = target(&to, PORT);
    let _sink = to.run(|| UdpSocket::bind(at).context("bind the receiver"))?;
    let mut connection = served.run(served.connect())?;
    let request = v1::SubscribeRequest {
        follow: true,
        ..Default::default()
    };
    let mut stream = served.run(async { Ok(connection.client.subscribe(request).await?.into_inner()) })?;
    let hearing = served.runtime().spawn(async move {
        let mut heard = HashMap::new();
        while heard.len() < FLOWS
            && let Ok(Ok(Some(message))) = timeout(PATIENCE, stream.message()).await
        {
            if let Some(v1::subscribe_response::Message::Flow(flow)) = message.message
                && flow.destination_port == u32::from(PORT)
            {
                heard.entry(flow.source_port).or_insert_with(Instant::now);
            }
        }
        heard
    });
    let sent = from.run(|| (0..FLOWS).map(|_| send(at)).collect::<Result<Vec<_>>>())?;
    let heard = served.run(async { Ok(hearing.await?) })?;
    let mut waits: Vec<f64> = sent
        .iter()
        .filter_map(|(port, at)| Some(heard.get(port)?.duration_since(*at).as_secs_f64() * 1e3))
        .collect();
    let missed = sent.len() - waits.len();
    ensure!(missed * 100 < FLOWS, "{missed} of {FLOWS} flows were never told");
    waits.sort_by(f64::total_cmp);
    for (name, percent) in [("event_to_subscriber_ms_p50", 50), ("event_to_subscriber_ms_p99", 99)] {
        out.tell(&Figure::new(name, quantile(&waits, percent), "ms").detail("flows", waits.len()))?;
    }
    served.stop()
}

/// One datagram from a port of its own.
fn send(to: std::net::SocketAddr) -> Result<(u32, Instant)> {
    let socket = UdpSocket::bind(match to.is_ipv4() {
        true => "0.0.0.0:0",
        false => "[::]:0",
    })?;
    let at = Instant::now();
    socket.send_to(b"news", to)?;
    let port = socket.local_addr()?.port();
    thread::sleep(PAUSE);
    Ok((port.into(), at))
}
