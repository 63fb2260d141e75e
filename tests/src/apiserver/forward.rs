//! `pods/portforward` over WebSocket, in the protocol `v4.channel.k8s.io`.

use super::answer::Body;
use super::call::{Call, Objects};
use super::object::Key;
use super::refusal::Refusal;
use super::socket::{self, Socket, frame};
use super::store::Store;
use crate::netns::Netns;
use anyhow::{Context as _, Result};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::{FutureExt as _, SinkExt as _, StreamExt as _, future};
use hyper::body::Incoming;
use hyper::{Request, Response};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::Message;

const PROTOCOLS: [&str; 2] = ["v4.channel.k8s.io", "portforward.k8s.io"];

/// Where the ports of pods really are.
#[derive(Debug)]
pub(crate) struct Forwards {
    place: Option<Netns>,
    by_pod: Mutex<BTreeMap<Key, SocketAddr>>,
}

impl Forwards {
    pub(crate) fn new(place: Option<Netns>) -> Self {
        Self {
            place,
            by_pod: Mutex::default(),
        }
    }

    pub(crate) fn set(&self, pod: Key, target: SocketAddr) {
        self.by_pod
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(pod, target);
    }

    /// Where nothing else was said, the port of this machine.
    fn target(&self, pod: &Key, port: u16) -> SocketAddr {
        let by_pod = self.by_pod.lock().unwrap_or_else(PoisonError::into_inner);
        by_pod
            .get(pod)
            .copied()
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

/// Answers 101 and carries the bytes from then on.
pub(crate) fn begin(
    store: &Store,
    forwards: &Forwards,
    call: &Call,
    objects: &Objects,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let name = objects.name.as_deref().unwrap_or_default();
    let pod = objects.key(name);
    if !socket::is_running(store, objects, &pod)? {
        return Err(Refusal::bad_request(format!(
            "unable to forward port because pod is not running: {name}"
        )));
    }
    let ports = ports(call);
    if ports.is_empty() {
        return Err(Refusal::bad_request("query parameter \"port\" is required"));
    }
    let response = socket::switch(&request, &PROTOCOLS)?;
    let targets: Vec<_> = ports.iter().map(|port| (*port, forwards.target(&pod, *port))).collect();
    let place = forwards.place.clone();
    tokio::spawn(async move {
        if let Ok(socket) = socket::opened(request).await {
            // The client notices that the connection ended, and that is all there is to tell.
            let _ = carry(socket, &targets, place).await;
        }
    });
    Ok(response)
}

fn ports(call: &Call) -> Vec<u16> {
    let given = call.query.all("ports");
    given
        .iter()
        .flat_map(|ports| ports.split(','))
        .filter_map(|port| port.parse().ok())
        .collect()
}

/// Each port has two channels, one for data and one for what went wrong; both begin with the port's number.
async fn carry(socket: Socket, targets: &[(u16, SocketAddr)], place: Option<Netns>) -> Result<()> {
    let (mut to_client, mut from_client) = socket.split();
    let (told, mut telling) = mpsc::channel::<Bytes>(16);
    let mut writers = Vec::new();
    let mut readers = Vec::new();
    for (place_in_list, (port, target)) in (0_u8..).zip(targets) {
        let (data, error) = (place_in_list * 2, place_in_list * 2 + 1);
        for channel in [data, error] {
            to_client
                .send(Message::Binary(frame(channel, &port.to_le_bytes())))
                .await?;
        }
        match connect(*target, place.clone()).await {
            Ok(stream) => {
                let (reader, writer) = stream.into_split();
                readers.push(bring(reader, data, told.clone()));
                writers.push(Some(writer));
            }
            Err(problem) => {
                let text = format!("an error occurred forwarding {port}: {problem:#}");
                to_client.send(Message::Binary(frame(error, text.as_bytes()))).await?;
                writers.push(None);
            }
        }
    }
    drop(told);
    let outward = async {
        while let Some(bytes) = telling.recv().await {
            to_client.send(Message::Binary(bytes)).await?;
        }
        to_client.send(Message::Close(None)).await?;
        anyhow::Ok(())
    };
    let inward = async {
        while let Some(message) = from_client.next().await {
            match message? {
                Message::Binary(bytes) => deliver(&mut writers, &bytes).await?,
                Message::Close(_) => break,
                Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        anyhow::Ok(())
    };
    tokio::select! {
        ended = future::try_join(outward, future::join_all(readers).map(anyhow::Ok)) => ended.map(drop),
        ended = inward => ended,
    }
}

async fn connect(target: SocketAddr, place: Option<Netns>) -> Result<TcpStream> {
    let connect = move || {
        let stream = std::net::TcpStream::connect(target).with_context(|| format!("connect to {target}"))?;
        stream
            .set_nonblocking(true)
            .context("make the connection non-blocking")?;
        Ok(stream)
    };
    let connecting = tokio::task::spawn_blocking(move || match place {
        Some(place) => place.run(connect),
        None => connect(),
    });
    TcpStream::from_std(connecting.await??).context("hand the connection over")
}

async fn bring(mut from: OwnedReadHalf, channel: u8, to: mpsc::Sender<Bytes>) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.clear();
        buffer.put_u8(channel);
        let read = from.read_buf(&mut buffer).await;
        if !matches!(read, Ok(1..)) || to.send(buffer.split().freeze()).await.is_err() {
            return;
        }
        buffer.reserve(16 * 1024);
    }
}

async fn deliver(writers: &mut [Option<OwnedWriteHalf>], frame: &[u8]) -> Result<()> {
    let Some((channel, bytes)) = frame.split_first() else {
        return Ok(());
    };
    let writer = writers.get_mut(usize::from(channel / 2)).and_then(Option::as_mut);
    match writer {
        Some(writer) if channel % 2 == 0 => writer.write_all(bytes).await.context("write to the pod"),
        _ => Ok(()),
    }
}
