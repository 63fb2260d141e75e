//! The standard output, line by line as it comes.
use std::{
    future::poll_fn,
    io::{self, BufWriter, Stdout, Write, stdout},
    pin::pin,
};

use anyhow::Result;
use tokio::signal::ctrl_c;

pub(crate) struct Output(BufWriter<Stdout>);

impl Output {
    pub(crate) fn new() -> Self {
        Self(BufWriter::with_capacity(64 << 10, stdout()))
    }

    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.write_all(b"\n")
    }

    /// Text that ends its own lines.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    /// What comes next, with all that was written shown while it is waited for; `None` also if the user interrupts.
    pub(crate) async fn next<T>(&mut self, next: impl Future<Output = Option<T>>) -> Result<Option<T>> {
        let mut next = pin!(next);
        let next = poll_fn(|context| {
            let polled = next.as_mut().poll(context);
            match polled.is_pending().then(|| self.flush()) {
                Some(Err(error)) => std::task::Poll::Ready(Err(error)),
                Some(Ok(())) | None => polled.map(Ok),
            }
        });
        tokio::select! {
            biased;
            _ = ctrl_c() => Ok(None),
            next = next => Ok(next?),
        }
    }
}
