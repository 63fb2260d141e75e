//! The standard output, line by line as it comes.
use std::{
    future::poll_fn,
    io::{self, BufWriter, Stdout, Write, stdout},
    pin::pin,
    task::Poll,
};

use tokio::signal::unix::{Signal, SignalKind, signal};

pub(crate) struct Output {
    to: BufWriter<Stdout>,
    /// Once it is heard, no interrupt is lost between two waits.
    interrupts: Option<Signal>,
    interrupted: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            to: BufWriter::with_capacity(64 << 10, stdout()),
            interrupts: None,
            interrupted: false,
        }
    }

    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.to.write_all(line.as_bytes())?;
        self.to.write_all(b"\n")
    }

    /// Text that ends its own lines.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// What comes next, with all that was written shown while it is waited for.
    ///
    /// `None` also if the user interrupts, which is how following ends; what does not follow is ended by it as any program is.
    pub(crate) async fn next<T>(
        &mut self,
        next: impl Future<Output = Option<T>>,
        follows: bool,
    ) -> io::Result<Option<T>> {
        let mut next = pin!(next);
        let to = &mut self.to;
        let next = poll_fn(move |context| match next.as_mut().poll(context) {
            Poll::Ready(next) => Poll::Ready(Ok(next)),
            Poll::Pending => match to.flush() {
                Err(error) => Poll::Ready(Err(error)),
                Ok(()) => Poll::Pending,
            },
        });
        if !follows {
            return next.await;
        }
        let interrupts = match &mut self.interrupts {
            Some(interrupts) => interrupts,
            none => none.insert(signal(SignalKind::interrupt())?),
        };
        tokio::select! {
            biased;
            _ = interrupts.recv() => self.interrupted = true,
            next = next => return next,
        }
        Ok(None)
    }

    pub(crate) const fn was_interrupted(&self) -> bool {
        self.interrupted
    }
}
