//! Many subscribers, of whom one has stopped.

use anyhow::{Context as _, Result, ensure};
use netobs_api::v1::{self, flow_service_client::FlowServiceClient, subscribe_response::Message};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::served::Scene;
use netobs_tests::traffic::flood::Flood;
use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;
use tonic::transport::Endpoint;

const SUBSCRIBERS: usize = 100;
const FLOWS: usize = 5_000;
const PER_SECOND: u32 = 2_500;
const PORT: u16 = 5_300;
/// The least that HTTP/2 begins with.
const WINDOW: u32 = 65_535;
/// After so long without a message nothing more will come.
const QUIET: Duration = Duration::from_secs(5);

type Stream = Streaming<v1::SubscribeResponse>;

#[derive(Default)]
struct Heard {
    source_ports: BTreeSet<u32>,
    flows: u64,
    lost: u64,
}

#[test]
fn of_a_hundred_subscribers_only_the_one_that_stopped_loses_and_capture_loses_nothing() -> Result<()> {
    let node = Node::routed()?;
    let (from, to) = (node.pod("from")?, node.pod("to")?);
    let scene = Scene::start(node, &["--listen", "none", "--http", "none", "--history", "2048"])?;
    let _sink = sink(&to)?;
    let flood = flood(&from, &to)?;
    let stopped = scene.runtime.block_on(follow_with_little_room(&scene))?;
    let mut hearing = Vec::new();
    for _ in 1..SUBSCRIBERS {
        let stream = scene.runtime.block_on(scene.follow())?;
        hearing.push(scene.runtime.spawn(hear(stream, false)));
    }
    let sent = flood.send_paced(&from, POD_INTERFACE, PER_SECOND)?.sent;
    ensure!(sent == FLOWS as u64, "only {sent} datagrams were sent");
    for one in hearing {
        let heard = scene.runtime.block_on(one)??;
        assert_eq!((heard.source_ports.len(), heard.lost), (FLOWS, 0));
    }
    let status = scene.status()?;
    let kernel = status.kernel.context("the status has no kernel")?;
    assert!(kernel.losses.is_empty(), "{:?}", kernel.losses);
    let serving = status.serving.context("the status has nothing about serving")?;
    let late = scene.runtime.block_on(hear(stopped, true))?;
    assert!(late.lost > 0 && late.source_ports.len() < FLOWS, "it missed nothing");
    assert!(
        late.flows + late.lost >= FLOWS as u64,
        "{} and {}",
        late.flows,
        late.lost
    );
    assert_eq!(serving.most_subscribers, 128);
    scene.stop()
}

/// Somebody takes the datagrams' port, so that nothing is answered; what does not fit is dropped inside.
fn sink(pod: &Pod) -> Result<UdpSocket> {
    let at = pod.socket_address(Family::V4, PORT);
    pod.run(|| UdpSocket::bind(at).context("bind the sink"))
}

fn flood(from: &Pod, to: &Pod) -> Result<Flood> {
    let sources = [from.address(Family::V4)];
    Flood::datagrams(
        &from.ethernet(),
        &sources,
        to.socket_address(Family::V4, PORT),
        FLOWS,
        64,
    )
}

/// What it does not read soon fills what HTTP/2 lets be on the way.
async fn follow_with_little_room(scene: &Scene) -> Result<Stream> {
    let endpoint = Endpoint::from_shared(format!("unix://{}", scene.socket.display()))?
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    let mut client = FlowServiceClient::new(endpoint.connect().await?);
    let request = v1::SubscribeRequest {
        follow: true,
        ..v1::SubscribeRequest::default()
    };
    Ok(client.subscribe(request).await?.into_inner())
}

/// Until all flows were heard or, if something was missed, until nothing more comes.
async fn hear(mut stream: Stream, until_quiet: bool) -> Result<Heard> {
    let mut heard = Heard::default();
    while until_quiet || heard.source_ports.len() < FLOWS {
        let Ok(message) = timeout(QUIET, stream.message()).await else {
            break;
        };
        match message?.and_then(|answer| answer.message) {
            Some(Message::Flow(flow)) => {
                heard.flows += 1;
                if flow.destination_port == u32::from(PORT) {
                    heard.source_ports.insert(flow.source_port);
                }
            }
            Some(Message::Lost(lost)) => heard.lost += lost.count,
            None => break,
        }
    }
    Ok(heard)
}
