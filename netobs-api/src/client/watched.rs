//! Looks at the first bytes that come, and at what TLS says late, which HTTP/2 would tell as a broken connection.
use std::{
    io::{self, ErrorKind},
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
    /// Of a forwarded port, which a user cannot reach in another way.
    SilentPort,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<OnceLock<Sight>>);

pub(super) struct Watched<S> {
    stream: S,
    seen: Seen,
    /// What it means if nothing comes, or an alert of TLS.
    silence: Sight,
    alert: TlsFault,
    heard: bool,
    /// Why nothing can be written any more.
    dead: Option<io::Error>,
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
            Self::SilentPort => Fault::SilentPort { server },
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
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, seen: Seen) -> Self {
        Self::with(stream, seen, Sight::Silent, TlsFault::Wanted)
    }

    pub(super) fn forwarded(stream: S, seen: Seen) -> Self {
        Self::with(stream, seen, Sight::SilentPort, TlsFault::WantedInPod)
    }

    fn with(stream: S, seen: Seen, silence: Sight, alert: TlsFault) -> Self {
        Self {
            stream,
            seen,
            silence,
            alert,
            heard: false,
            dead: None,
        }
    }

    fn failed(&mut self, error: &io::Error) {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(error) => self.seen.note(Sight::Tls(tls::fault(error))),
            None => self.hear(&[]),
        }
    }

    /// Nothing stands for the end.
    fn hear(&mut self, bytes: &[u8]) {
        if self.heard {
            return;
        }
        self.heard = true;
        if bytes.is_empty() {
            self.seen.note(self.silence.clone());
        } else if bytes.starts_with(&[0x15, 0x03]) {
            self.seen.note(Sight::Tls(self.alert.clone()));
        } else if bytes.starts_with(b"HTTP/1") {
            self.seen.note(Sight::Http1);
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    /// The other end says why it hangs up before it does, so what it said is read before the failure to write is told.
    fn poll_written<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Err(error)) => self.dead = Some(error),
            Poll::Ready(Ok(_)) | Poll::Pending => return written,
        }
        ready!(self.poll_last_words(context));
        Poll::Ready(Err(self.dead.take().unwrap_or_else(|| ErrorKind::BrokenPipe.into())))
    }

    /// Ends, for what cannot be written to has been closed.
    fn poll_last_words(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut bytes = [0; 1024];
            let mut into = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut into)) {
                Ok(()) => self.hear(into.filled()),
                Err(error) => {
                    self.failed(&error);
                    return Poll::Ready(());
                }
            }
            if into.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(context, into));
        match &result {
            Ok(()) => self.hear(into.filled().get(before..).unwrap_or_default()),
            Err(error) => self.failed(error),
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = match self.dead.take() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        };
        self.poll_written(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match self.dead.take() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_flush(context),
        };
        self.poll_written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Writing fails while what the other end said has not come yet.
    struct Hung(tokio::io::DuplexStream);

    impl AsyncRead for Hung {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(context, into)
        }
    }

    impl AsyncWrite for Hung {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(ErrorKind::BrokenPipe.into()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn last_words_that_come_after_writing_failed_are_heard() {
        let (mut other, own) = duplex(64);
        let seen = Seen::default();
        let mut watched = Watched::new(Hung(own), seen.clone());
        let pending = poll_fn(|context| Poll::Ready(Pin::new(&mut watched).poll_write(context, b"PRI").is_pending()));
        assert!(pending.await);
        other.write_all(&[0x15, 0x03, 0x03, 0, 2, 2, 10]).await.unwrap();
        drop(other);
        let error = watched.write(b"PRI").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(seen.get(), Some(&Sight::Tls(TlsFault::Wanted)));
    }

    #[tokio::test]
    async fn only_the_first_bytes_say_what_is_spoken() {
        let (mut other, own) = duplex(64);
        let seen = Seen::default();
        let mut watched = Watched::new(own, seen.clone());
        for bytes in [b"\0\0\0 settings".as_slice(), b"HTTP/1.1 200"] {
            other.write_all(bytes).await.unwrap();
            watched.read_exact(&mut vec![0; bytes.len()]).await.unwrap();
        }
        assert_eq!(seen.get(), None);
    }
}
