//! A client of an agent: where it is, how to reach it, and what a user can do if it cannot be reached.
use std::{
    fmt,
    io::{self, ErrorKind},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream, lookup_host},
    time::timeout,
};
use tonic::{
    Status,
    transport::{Channel, Endpoint, Uri},
};
use tower::service_fn;

use self::watched::{Seen, Watched};
pub use self::{
    fault::{Fault, TlsFault},
    server::{BadServer, Server},
    tls::Tls,
};
use crate::v1::flow_service_client::FlowServiceClient;

mod fault;
mod server;
mod socket;
mod status;
mod tls;
mod watched;

/// An answer such as all causes with their examples is large; one beyond this is no agent's.
const LARGEST_ANSWER: usize = 256 << 20;
/// A connection that is dead without a word is noticed within twice this.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One connection to one agent; if it is lost, another is made with [`Connection::open`].
#[derive(Clone)]
pub struct Connection {
    pub client: FlowServiceClient<Channel>,
    server: Arc<str>,
    seen: Seen,
}

impl Connection {
    pub async fn open(server: &Server, tls: &Tls, patience: Duration) -> Result<Self, Fault> {
        let name = server.to_string();
        let late = |_| Fault::Late {
            server: name.clone(),
            after: patience,
        };
        let (stream, seen) = timeout(patience, reach(server, tls)).await.map_err(late)??;
        Self::speak(stream, origin(server), &name, seen).await
    }

    /// Over a port that was forwarded to an agent; with TLS if anything is given for it, where `host` is the name that the
    /// agent's certificate is for unless another is given.
    pub async fn over(stream: impl Stream + 'static, name: &str, host: &str, tls: &Tls) -> Result<Self, Fault> {
        let seen = Seen::default();
        if !tls.is_asked_for() {
            let stream = Box::new(Watched::forwarded(stream, seen.clone()));
            return Self::speak(stream, local(), name, seen).await;
        }
        let handshake = tls.connector(host)?.handshake(stream).await;
        let stream = handshake.map_err(|error| forwarded(name, &error))?;
        let origin = format!("https://{host}").parse().unwrap_or_else(|_| local());
        Self::speak(Box::new(Watched::forwarded(stream, seen.clone())), origin, name, seen).await
    }

    /// What an answer that is none means for a user.
    pub fn fault(&self, status: &Status) -> Fault {
        let server = || self.server.to_string();
        match self.seen.get() {
            Some(seen) => seen.fault(server()),
            None => status::fault(server(), status),
        }
    }

    async fn speak(stream: BoxedStream, origin: Uri, name: &str, seen: Seen) -> Result<Self, Fault> {
        let endpoint = Endpoint::from_static("http://localhost")
            .origin(origin)
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(8 << 20)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true);
        let once = Mutex::new(Some(TokioIo::new(stream)));
        let connector = service_fn(move |_| {
            let stream = once.lock().unwrap_or_else(PoisonError::into_inner).take();
            async { stream.ok_or_else(|| io::Error::from(ErrorKind::NotConnected)) }
        });
        let channel = endpoint.connect_with_connector(connector).await.map_err(|error| {
            seen.get()
                .map_or_else(|| Fault::lost(name, &error), |seen| seen.fault(name.to_owned()))
        })?;
        Ok(Self {
            client: FlowServiceClient::new(channel).max_decoding_message_size(LARGEST_ANSWER),
            server: name.into(),
            seen,
        })
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Connection to {}", self.server)
    }
}

/// What gRPC can be spoken over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type BoxedStream = Box<dyn Stream>;

async fn reach(server: &Server, tls: &Tls) -> Result<(BoxedStream, Seen), Fault> {
    let seen = Seen::default();
    let stream: BoxedStream = match server {
        Server::Unix(path) => Box::new(Watched::new(unix(path).await?, seen.clone())),
        Server::Plain(_, _) if tls.is_asked_for() => {
            return Err(Fault::TlsNotSpoken {
                server: server.to_string(),
            });
        }
        Server::Plain(host, port) => Box::new(Watched::new(tcp(server, host, *port).await?, seen.clone())),
        Server::Tls(host, port) => {
            let connector = tls.connector(host)?;
            let handshake = connector.handshake(tcp(server, host, *port).await?).await;
            let stream = handshake.map_err(|error| Fault::Tls {
                server: server.to_string(),
                fault: tls::of_handshake(&error).unwrap_or(TlsFault::NotThere),
            })?;
            Box::new(Watched::new(stream, seen.clone()))
        }
    };
    Ok((stream, seen))
}

fn forwarded(name: &str, error: &io::Error) -> Fault {
    let server = name.to_owned();
    match tls::of_handshake(error) {
        Some(TlsFault::NotThere) => Fault::Tls {
            server,
            fault: TlsFault::NotThereInPod,
        },
        Some(fault) => Fault::Tls { server, fault },
        None => Fault::SilentPort { server },
    }
}

async fn unix(path: &Path) -> Result<UnixStream, Fault> {
    UnixStream::connect(path)
        .await
        .map_err(|error| socket::fault(path, error))
}

async fn tcp(server: &Server, host: &str, port: u16) -> Result<TcpStream, Fault> {
    let unresolved = |source| Fault::Unresolved {
        host: host.to_owned(),
        source,
    };
    let addresses = lookup_host((host, port)).await.map_err(unresolved)?;
    let mut last = io::Error::from(ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    let server = server.to_string();
    Err(if last.kind() == ErrorKind::ConnectionRefused {
        Fault::Refused { server }
    } else {
        Fault::Unreachable { server, source: last }
    })
}

fn origin(server: &Server) -> Uri {
    match server {
        Server::Unix(_) => local(),
        Server::Plain(_, _) | Server::Tls(_, _) => server.to_string().parse().unwrap_or_else(|_| local()),
    }
}

fn local() -> Uri {
    Uri::from_static("http://localhost")
}
