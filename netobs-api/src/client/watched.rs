//! Looks at the first bytes that come, and at what TLS says late, which HTTP/2 would tell as a broken connection.
use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::rustls;

use super::{Fault, TlsFault, tls};

/// What was seen of a connection that explains why it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Tls(TlsFault),
    Http1,
    Silent,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<OnceLock<Sight>>);

pub(super) struct Watched<S> {
    stream: S,
    seen: Seen,
    heard: bool,
}

impl Sight {
    pub(super) fn fault(&self, server: String) -> Fault {
        match self {
            Self::Tls(fault) => Fault::Tls {
                server,
                fault: fault.clone(),
            },
            Self::Http1 => Fault::Http1 { server },
            Self::Silent => Fault::Silent { server },
        }
    }
}

impl Seen {
    pub(super) fn get(&self) -> Option<&Sight> {
        self.0.get()
    }

    fn note(&self, sight: Sight) {
        let _ = self.0.set(sight);
    }

    fn error(&self, error: &io::Error) {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(error) = inner {
            self.note(Sight::Tls(tls::fault(error)));
        }
    }
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, seen: Seen) -> Self {
        Self {
            stream,
            seen,
            heard: false,
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        if self.heard {
            return;
        }
        self.heard = true;
        if bytes.is_empty() {
            self.seen.note(Sight::Silent);
        } else if bytes.starts_with(&[0x15, 0x03]) {
            // An alert of TLS.
            self.seen.note(Sight::Tls(TlsFault::Wanted));
        } else if bytes.starts_with(b"HTTP/1") {
            self.seen.note(Sight::Http1);
        }
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// The other end says why it hangs up before it does; what it said may still be there to be read.
    fn last_words(&mut self, context: &mut Context<'_>) {
        let mut bytes = [0; 64];
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.stream).poll_read(context, &mut ReadBuf::new(&mut bytes)) {
            self.seen.error(&error);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(context, into));
        match &result {
            Ok(()) => self.hear(into.filled().get(before..).unwrap_or_default()),
            Err(error) => self.seen.error(error),
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        if result.is_err() {
            self.last_words(context);
        }
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_flush(context));
        if result.is_err() {
            self.last_words(context);
        }
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
