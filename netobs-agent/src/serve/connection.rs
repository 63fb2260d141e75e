//! A client's connection, whichever way it came.
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use super::visitors::{Place, Visit};

/// From where a client came, which decides what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// By the unix socket: from the node itself.
    Inside,
    Outside,
}

/// Whose a request is.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) side: Side,
    pub(super) visit: Arc<Visit>,
}

/// Takes a visitor's place until it ends, and ends when the visitor is let go.
pub(super) struct Connection {
    stream: Stream,
    place: Place,
}

pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    pub(super) const fn new(stream: Stream, place: Place) -> Self {
        Self { stream, place }
    }

    pub(super) const fn visit(&self) -> &Arc<Visit> {
        self.place.visit()
    }

    fn still_here(&self) -> io::Result<()> {
        if self.visit().is_let_go() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

macro_rules! delegate {
    ($connection:ident => $inner:ident, $call:expr) => {
        match &mut $connection.get_mut().stream {
            Stream::Unix(stream) => {
                let $inner = Pin::new(stream);
                $call
            }
            Stream::Tcp(stream) => {
                let $inner = Pin::new(stream);
                $call
            }
            Stream::Tls(stream) => {
                let $inner = Pin::new(stream.as_mut());
                $call
            }
        }
    };
}

impl Connected for Connection {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        Caller {
            side: match self.stream {
                Stream::Unix(_) => Side::Inside,
                Stream::Tcp(_) | Stream::Tls(_) => Side::Outside,
            },
            visit: Arc::clone(self.visit()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Registers to be woken, which reading is always polled for.
        if self.visit().poll_let_go(context).is_ready() {
            self.still_here()?;
        }
        delegate!(self => stream, stream.poll_read(context, out))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.still_here()?;
        delegate!(self => stream, stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.still_here()?;
        delegate!(self => stream, stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self => stream, stream.poll_shutdown(context))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.still_here()?;
        delegate!(self => stream, stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Unix(stream) => stream.is_write_vectored(),
            Stream::Tcp(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
