//! A thread inside a pod that goes on until its handle goes.

use crate::netns::Netns;
use anyhow::{Context as _, Result};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a worker may take to see that it is to stop.
const LOOK_UP: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Worker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Does a task again and again, inside.
    pub(crate) fn start(netns: &Netns, mut task: impl FnMut() + Send + 'static) -> Self {
        let (stop, netns) = (Arc::new(AtomicBool::new(false)), netns.clone());
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            // The namespace is held by its descriptor, so that entering it does not fail.
            let _ = netns.run(|| {
                while !stopped.load(Ordering::Relaxed) {
                    task();
                }
                Ok(())
            });
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Answers each connection, one after the other.
    pub(crate) fn accept(
        netns: &Netns,
        at: SocketAddr,
        mut answer: impl FnMut(TcpStream) + Send + 'static,
    ) -> Result<Self> {
        let listener = netns.run(|| TcpListener::bind(at).with_context(|| format!("listen on {at}")))?;
        listener.set_nonblocking(true).context("not wait for connections")?;
        Ok(Self::start(netns, move || match listener.accept() {
            Ok((stream, _)) => answer(stream),
            Err(_) => thread::sleep(Duration::from_millis(2)),
        }))
    }

    /// Answers each datagram.
    pub(crate) fn answer(
        netns: &Netns,
        at: SocketAddr,
        mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Self> {
        const MOST: usize = 1500;
        let socket = netns.run(|| UdpSocket::bind(at).with_context(|| format!("bind to {at}")))?;
        socket
            .set_read_timeout(Some(LOOK_UP))
            .context("not wait for datagrams")?;
        let mut datagram = [0; MOST];
        Ok(Self::start(netns, move || {
            if let Ok((size, from)) = socket.recv_from(&mut datagram)
                && let Some(answer) = answer(datagram.get(..size).unwrap_or_default())
            {
                // Whoever asked asks again.
                let _ = socket.send_to(&answer, from);
            }
        }))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A task that panicked has stopped, too.
            let _ = thread.join();
        }
    }
}
