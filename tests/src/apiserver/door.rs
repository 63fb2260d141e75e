//! The port a server listens on, open or shut, and the thread on which it answers.

use super::desk::{Broken, Desk};
use crate::netns::Netns;
use anyhow::{Context as _, Result};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// A port that stays this server's while nobody listens on it.
#[derive(Debug)]
pub(crate) struct Door {
    place: Option<Netns>,
    address: SocketAddr,
    _reserved: TcpSocket,
    open: Option<Open>,
}

/// What runs while the door is open.
#[derive(Debug)]
struct Open {
    /// Counts up to cut the connections there are; ends when the door is shut.
    cuts: watch::Sender<u32>,
    thread: JoinHandle<()>,
}

impl Door {
    /// A free port of 127.0.0.1, of a network namespace if one is named.
    pub(crate) fn shut(place: Option<Netns>) -> Result<Self> {
        let reserved = bound(place.as_ref(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self {
            address: reserved.local_addr().context("ask for the port")?,
            _reserved: reserved,
            place,
            open: None,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets clients in, unless it is open already.
    pub(crate) fn open(&mut self, desk: &Arc<Desk>, tls: Option<Arc<ServerConfig>>) -> Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("apiserver")
            .enable_all()
            .build()
            .context("start a runtime for the API server")?;
        let socket = bound(self.place.as_ref(), self.address)?;
        let listener = {
            let _inside = runtime.enter();
            socket
                .listen(1024)
                .with_context(|| format!("listen on {}", self.address))?
        };
        let (cuts, cut) = watch::channel(0);
        let desk = Arc::clone(desk);
        let thread = thread::spawn(move || {
            let tls = tls.map(TlsAcceptor::from);
            runtime.block_on(accept(&listener, &desk, tls.as_ref(), cut));
        });
        self.open = Some(Open { cuts, thread });
        Ok(())
    }

    /// Cuts all connections and refuses new ones.
    pub(crate) fn close(&mut self) {
        if let Some(Open { cuts, thread }) = self.open.take() {
            drop(cuts);
            // It has nothing to say; a panic there has been told on stderr.
            let _ = thread.join();
        }
    }

    /// Cuts all connections, but new ones are welcome.
    pub(crate) fn cut_connections(&self) {
        if let Some(open) = &self.open {
            open.cuts.send_modify(|cuts| *cuts += 1);
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.close();
    }
}

pub(crate) fn bound(place: Option<&Netns>, address: SocketAddr) -> Result<TcpSocket> {
    let bind = || {
        let socket = TcpSocket::new_v4().context("make a socket")?;
        socket.set_reuseaddr(true).context("share the port with its keeper")?;
        socket.bind(address).with_context(|| format!("bind to {address}"))?;
        Ok(socket)
    };
    match place {
        Some(place) => place.run(bind),
        None => bind(),
    }
}

/// Until the door is shut; then all that runs here is dropped with the runtime.
async fn accept(listener: &TcpListener, desk: &Arc<Desk>, tls: Option<&TlsAcceptor>, mut cut: watch::Receiver<u32>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            changed = cut.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let Ok((stream, _)) = accepted else { continue };
        // Without this small answers are only slower.
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(stream, Arc::clone(desk), tls.cloned(), cut.clone()));
    }
}

async fn connection(
    stream: tokio::net::TcpStream,
    desk: Arc<Desk>,
    tls: Option<TlsAcceptor>,
    mut cut: watch::Receiver<u32>,
) {
    let talk = async {
        match tls {
            None => converse(stream, desk).await,
            Some(tls) => {
                // A client that does not trust us has said so to its own user.
                if let Ok(stream) = tls.accept(stream).await {
                    converse(stream, desk).await;
                }
            }
        }
    };
    tokio::select! {
        () = talk => {}
        _ = cut.changed() => {}
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, desk: Arc<Desk>) {
    let answer = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move {
            desk.answer(request)
                .await
                .map_err(|Broken| std::io::Error::other("cut on purpose"))
        }
    });
    let server = auto::Builder::new(TokioExecutor::new());
    // Whatever ends a connection is what the test wanted, or the client's to tell.
    let _ = server
        .serve_connection_with_upgrades(TokioIo::new(stream), answer)
        .await;
}
