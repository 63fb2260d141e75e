//! Accepts at one door. A handshake that takes long is nobody else's trouble.
use std::{future, io, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener},
    select,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::Door;
use crate::serve::{
    connection::{Connection, Stream},
    tls::TlsKeeper,
};

const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// What keeps one from being accepted, such as too many open files, needs a moment to pass.
const PAUSE: Duration = Duration::from_millis(100);

/// Where those go who were let in.
#[derive(Clone)]
pub(in crate::serve) struct Reception {
    connections: mpsc::Sender<Connection>,
    places: Arc<Semaphore>,
}

/// Goes on until nobody takes connections any more.
pub(in crate::serve) async fn accept(door: Door, reception: Reception) {
    let accepted = async {
        match &door {
            Door::Unix(listener, _) => accept_unix(listener, &reception).await,
            Door::Tcp(listener) => accept_tcp(listener, &reception).await,
            Door::Tls(listener, keeper) => accept_tls(listener, keeper, &reception).await,
        }
    };
    select! {
        () = accepted => {}
        () = reception.connections.closed() => {}
    }
}

impl Reception {
    /// For so many connections at once, at all doors together; whoever comes then waits outside.
    pub(in crate::serve) fn new(connections: mpsc::Sender<Connection>, most: usize) -> Self {
        Self {
            connections,
            places: Arc::new(Semaphore::new(most)),
        }
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.places).acquire_owned().await {
            Ok(place) => place,
            // Nobody closes it.
            Err(_) => future::pending().await,
        }
    }

    async fn let_in(&self, stream: Stream, place: OwnedSemaphorePermit) {
        // Failing means that nobody takes connections, and then this future is dropped.
        let _ = self.connections.send(Connection::new(stream, place)).await;
    }
}

async fn accept_unix(listener: &UnixListener, reception: &Reception) {
    loop {
        let place = reception.place().await;
        if let Some((stream, _)) = or_pause(listener.accept().await).await {
            reception.let_in(Stream::Unix(stream), place).await;
        }
    }
}

async fn accept_tcp(listener: &TcpListener, reception: &Reception) {
    loop {
        let place = reception.place().await;
        if let Some((stream, _)) = or_pause(listener.accept().await).await {
            reception.let_in(Stream::Tcp(at_once(stream)), place).await;
        }
    }
}

async fn accept_tls(listener: &TcpListener, keeper: &Arc<TlsKeeper>, reception: &Reception) {
    let mut handshakes = FuturesUnordered::new();
    let come = || async {
        let place = reception.place().await;
        (listener.accept().await, place)
    };
    loop {
        select! {
            (accepted, place) = come() => {
                if let Some((stream, _)) = or_pause(accepted).await {
                    handshakes.push(shake_hands(stream, place, keeper));
                }
            }
            Some(shaken) = handshakes.next() => {
                if let Some((stream, place)) = shaken {
                    reception.let_in(stream, place).await;
                }
            }
        }
    }
}

async fn shake_hands(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    keeper: &TlsKeeper,
) -> Option<(Stream, OwnedSemaphorePermit)> {
    let peer = stream.peer_addr();
    let acceptor = TlsAcceptor::from(keeper.config());
    let shaken = timeout(LONGEST_HANDSHAKE, acceptor.accept(at_once(stream))).await;
    let error = match shaken {
        Ok(Ok(stream)) => return Some((Stream::Tls(Box::new(stream)), place)),
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
