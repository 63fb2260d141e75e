//! A pod that asks for a name, connects and makes a request, again and again.

use super::dns;
use super::worker::Worker;
use crate::netns::Netns;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(150);
/// Shorter than the second after which the kernel would repeat a SYN, so that an attempt is one packet.
const PATIENCE_TO_CONNECT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(1);

/// A client at work.
#[derive(Debug)]
pub struct Client {
    tally: Arc<Tally>,
    _worker: Worker,
}

/// What became of a client's calls so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub answered: u64,
    /// Nobody told the address of the name.
    pub nameless: u64,
    /// The connection was not established, or there was no answer.
    pub silent: u64,
}

#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    nameless: AtomicU64,
    silent: AtomicU64,
}

/// Whom to call, and whom to ask for the address.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) name_server: SocketAddr,
}

impl Client {
    pub(super) fn start(pod: &Netns, call: Call) -> Self {
        let tally = Arc::new(Tally::default());
        let counted = Arc::clone(&tally);
        let mut number = 0;
        let worker = Worker::start(pod, move || {
            number = u16::wrapping_add(number, 1);
            let became = match call.resolve(number) {
                Err(_) => &counted.nameless,
                Ok(address) if call.request(address).is_ok() => &counted.answered,
                Ok(_) => &counted.silent,
            };
            became.fetch_add(1, Ordering::Relaxed);
            thread::sleep(PAUSE);
        });
        Self { tally, _worker: worker }
    }

    pub fn calls(&self) -> Calls {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Calls {
            answered: of(&self.tally.answered),
            nameless: of(&self.tally.nameless),
            silent: of(&self.tally.silent),
        }
    }
}

impl Calls {
    pub const fn made(self) -> u64 {
        self.answered + self.nameless + self.silent
    }

    /// Those made since then.
    pub const fn since(self, then: Self) -> Self {
        Self {
            answered: self.answered - then.answered,
            nameless: self.nameless - then.nameless,
            silent: self.silent - then.silent,
        }
    }
}

impl Call {
    fn resolve(&self, number: u16) -> io::Result<Ipv4Addr> {
        const MOST: usize = 512;
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_read_timeout(Some(PATIENCE_TO_CONNECT))?;
        socket.connect(self.name_server)?;
        socket.send(&dns::question(number, &self.name))?;
        let mut answer = [0; MOST];
        let size = socket.recv(&mut answer)?;
        dns::address(number, &answer[..size]).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn request(&self, address: Ipv4Addr) -> io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&(address, self.port).into(), PATIENCE_TO_CONNECT)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (name, port) = (&self.name, self.port);
        // In one piece, for the server answers and closes once it has read something.
        let request = format!("GET / HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200 ") {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }
}
