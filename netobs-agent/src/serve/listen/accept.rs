//! Accepts at one door. A handshake that takes long is nobody else's trouble.
use std::{future, io, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener},
    select,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::Door;
use crate::serve::{connection::Connection, tls::TlsKeeper};

const MOST_HANDSHAKES: usize = 512;
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// What keeps one from being accepted, such as too many open files, needs a moment to pass.
const PAUSE: Duration = Duration::from_millis(100);

/// Goes on until nobody takes connections any more.
pub(in crate::serve) async fn accept(door: Door, connections: mpsc::Sender<Connection>) {
    let accepted = async {
        match &door {
            Door::Unix(listener, _) => accept_unix(listener, &connections).await,
            Door::Tcp(listener) => accept_tcp(listener, &connections).await,
            Door::Tls(listener, keeper) => accept_tls(listener, keeper, &connections).await,
        }
    };
    select! {
        () = accepted => {}
        () = connections.closed() => {}
    }
}

async fn accept_unix(listener: &UnixListener, connections: &mpsc::Sender<Connection>) {
    loop {
        if let Some((stream, _)) = or_pause(listener.accept().await).await {
            // Failing means that nobody takes connections, and then this future is dropped.
            let _ = connections.send(Connection::Unix(stream)).await;
        }
    }
}

async fn accept_tcp(listener: &TcpListener, connections: &mpsc::Sender<Connection>) {
    loop {
        if let Some((stream, _)) = or_pause(listener.accept().await).await {
            let _ = connections.send(Connection::Tcp(at_once(stream))).await;
        }
    }
}

async fn accept_tls(listener: &TcpListener, keeper: &Arc<TlsKeeper>, connections: &mpsc::Sender<Connection>) {
    let mut handshakes = FuturesUnordered::new();
    loop {
        let room = handshakes.len() < MOST_HANDSHAKES;
        select! {
            accepted = listener.accept(), if room => {
                if let Some((stream, _)) = or_pause(accepted).await {
                    handshakes.push(shake_hands(stream, Arc::clone(keeper)));
                }
            }
            Some(connection) = handshakes.next() => {
                if let Some(connection) = connection {
                    let _ = connections.send(connection).await;
                }
            }
            else => future::pending().await,
        }
    }
}

async fn shake_hands(stream: TcpStream, keeper: Arc<TlsKeeper>) -> Option<Connection> {
    let peer = stream.peer_addr();
    let acceptor = TlsAcceptor::from(keeper.config());
    let shaken = timeout(LONGEST_HANDSHAKE, acceptor.accept(at_once(stream))).await;
    let error = match shaken {
        Ok(Ok(stream)) => return Some(Connection::Tls(Box::new(stream))),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    keeper.count_failure();
    debug!(?peer, error, "no TLS connection came about");
    None
}

/// Small answers must not wait for larger ones to follow.
fn at_once(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection may answer late");
    }
    stream
}

async fn or_pause<T>(accepted: io::Result<T>) -> Option<T> {
    match accepted {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            warn!("a client could not be accepted: {error}");
            sleep(PAUSE).await;
            None
        }
    }
}
