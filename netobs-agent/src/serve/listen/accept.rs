//! Accepts at one door. A handshake that takes long is nobody else's trouble.
use std::{
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

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
use crate::serve::{
    connection::{Connection, Stream},
    tls::TlsKeeper,
    visitors::{Peer, Place, Visitors},
};

const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// What keeps one from being accepted, such as too many open files, needs a moment to pass.
const PAUSE: Duration = Duration::from_millis(100);

/// Where those go who were let in.
#[derive(Clone)]
pub(in crate::serve) struct Reception {
    connections: mpsc::Sender<Connection>,
    visitors: Visitors,
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
    pub(in crate::serve) const fn new(connections: mpsc::Sender<Connection>, visitors: Visitors) -> Self {
        Self { connections, visitors }
    }

    /// Whoever gets no place is not let in: closing the connection says so at once.
    async fn place(&self, peer: Peer) -> Option<Place> {
        let place = self.visitors.admit(peer).await;
        if place.is_none() {
            debug!(?peer, "no room for one more connection");
        }
        place
    }

    async fn let_in(&self, stream: Stream, place: Place) {
        // Failing means that nobody takes connections, and then this future is dropped.
        let _ = self.connections.send(Connection::new(stream, place)).await;
    }
}

async fn accept_unix(listener: &UnixListener, reception: &Reception) {
    loop {
        let Some((stream, _)) = or_pause(listener.accept().await).await else {
            continue;
        };
        let user = stream.peer_cred().map_or(Peer::Unknown, |peer| Peer::User(peer.uid()));
        if let Some(place) = reception.place(user).await {
            reception.let_in(Stream::Unix(stream), place).await;
        }
    }
}

async fn accept_tcp(listener: &TcpListener, reception: &Reception) {
    loop {
        let Some((stream, peer)) = or_pause(listener.accept().await).await else {
            continue;
        };
        if let Some(place) = reception.place(Peer::of(peer.ip())).await {
            reception.let_in(Stream::Tcp(at_once(stream)), place).await;
        }
    }
}

async fn accept_tls(listener: &TcpListener, keeper: &Arc<TlsKeeper>, reception: &Reception) {
    let mut handshakes = FuturesUnordered::new();
    loop {
        select! {
            accepted = listener.accept() => {
                if let Some((stream, peer)) = or_pause(accepted).await {
                    handshakes.push(shake_hands(stream, peer.ip(), keeper, reception));
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
    peer: IpAddr,
    keeper: &TlsKeeper,
    reception: &Reception,
) -> Option<(Stream, Place)> {
    let place = reception.place(Peer::of(peer)).await?;
    let acceptor = TlsAcceptor::from(keeper.config());
    let shaken = select! {
        shaken = timeout(LONGEST_HANDSHAKE, acceptor.accept(at_once(stream))) => shaken,
        () = place.visit().until_let_go() => return None,
    };
    let error = match shaken {
        Ok(Ok(stream)) => return Some((Stream::Tls(Box::new(stream)), place)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    keeper.count_failure();
    debug!(%peer, error, "no TLS connection came about");
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
            not_accepted(&error);
            sleep(PAUSE).await;
            None
        }
    }
}

/// It is tried again many times a second, and said once a minute.
pub(in crate::serve) fn not_accepted(error: &io::Error) {
    const PAUSE: Duration = Duration::from_secs(60);
    static SAID: Mutex<Option<Instant>> = Mutex::new(None);
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.is_none_or(|said| said.elapsed() > PAUSE) {
        *said = Some(Instant::now());
        warn!(
            "clients cannot be accepted: {error}; those who come wait meanwhile. If files are too many, raise the limit on \
             open files (LimitNOFILE of the container runtime, or ulimit -n) or lower --most-subscribers"
        );
    }
}
