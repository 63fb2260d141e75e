//! One call, and whether it was answered.

use crate::demo::dns;
use crate::netns::Netns;
use anyhow::{Context as _, Result};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// What servers of TCP say to whoever says something.
pub(super) const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

/// Shorter than the second after which the kernel would repeat a SYN, so that a call that is refused is one packet.
const PATIENCE: Duration = Duration::from_millis(700);

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call<'a> {
    Tcp(SocketAddr),
    /// For the address of a name, which is known here.
    Dns(SocketAddr, &'a str, Ipv4Addr),
}

impl Call<'_> {
    /// An error is one of the lab; a call that nobody answers is none.
    pub(super) fn is_answered(self, from: &Netns) -> Result<bool> {
        from.run(|| match self {
            Self::Tcp(to) => fetch(to),
            Self::Dns(to, name, address) => ask(to, name).map(|answer| answer == Some(address)),
        })
    }
}

fn fetch(to: SocketAddr) -> Result<bool> {
    let mut stream = match TcpStream::connect_timeout(&to, PATIENCE) {
        Ok(stream) => stream,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("connect to {to}")),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .with_context(|| format!("read what {to} answers"))?;
    Ok(answer == ANSWER)
}

fn ask(to: SocketAddr, name: &str) -> Result<Option<Ipv4Addr>> {
    const ID: u16 = 7;
    const MOST: usize = 512;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port_never_used()))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(to)?;
    socket.send(&dns::question(ID, name))?;
    let mut answer = [0; MOST];
    match socket.recv(&mut answer) {
        Ok(size) => Ok(dns::address(ID, &answer[..size])),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("ask {to}")),
    }
}

/// A question from a port that asked before would pass as part of that conversation, which the kernel remembers for a while.
fn port_never_used() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(10_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
