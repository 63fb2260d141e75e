//! UDP between two pods by one thread, which sends some and takes what arrived, so that no second thread disturbs it.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};

use anyhow::{Context as _, Result};
use netobs_tests::netns::Netns;

/// Bytes of payload.
const SIZE: usize = 64;
/// What a socket's default buffer has room for.
const BURST: u64 = 64;

/// One flow of small datagrams.
#[derive(Debug)]
pub(crate) struct Volley {
    sender: UdpSocket,
    receiver: UdpSocket,
}

impl Volley {
    pub(crate) fn open(from: &Netns, to: &Netns, at: SocketAddr) -> Result<Self> {
        let receiver = to.run(|| UdpSocket::bind(at).with_context(|| format!("bind to {at}")))?;
        receiver.set_nonblocking(true)?;
        let sender = from.run(|| {
            let any: SocketAddr = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse()?;
            let socket = UdpSocket::bind(any).context("bind the sender")?;
            socket.connect(at).with_context(|| format!("connect to {at}"))?;
            Ok(socket)
        })?;
        Ok(Self { sender, receiver })
    }

    /// Sends about that many, and tells how many arrived.
    pub(crate) fn fire(&self, datagrams: u64) -> Result<u64> {
        let mut arrived = 0;
        for _ in 0..datagrams.div_ceil(BURST) {
            for _ in 0..BURST {
                self.sender.send(&[b'v'; SIZE]).context("send a datagram")?;
            }
            arrived += self.take()?;
        }
        Ok(arrived)
    }

    fn take(&self) -> Result<u64> {
        let mut buffer = [0; SIZE];
        let mut taken = 0;
        loop {
            match self.receiver.recv(&mut buffer) {
                Ok(_) => taken += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(taken),
                Err(error) => return Err(error).context("receive a datagram"),
            }
        }
    }
}
