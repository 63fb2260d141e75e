//! TCP connections of which both ends say how many segments and bytes they had.

mod info;

pub use info::{TcpCounts, TcpState};

use super::PATIENCE;
use crate::netns::Netns;
use crate::sys;
use anyhow::{Context as _, Result, bail};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

const CHUNK: usize = 65_536;

/// An open connection, held at both ends.
#[derive(Debug)]
pub struct Connection {
    pub client: TcpStream,
    pub server: TcpStream,
    client_address: SocketAddr,
    server_address: SocketAddr,
}

/// Which way data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    Server,
    Client,
}

/// What a connection was, as its sockets say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub client: SocketAddr,
    pub server: SocketAddr,
    pub client_counts: TcpCounts,
    pub server_counts: TcpCounts,
}

/// What became of an attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Connected,
    Refused,
    /// An ICMP error, as the error number it became.
    Unreachable(i32),
    Silence,
}

/// An attempt to connect.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub local: SocketAddr,
    pub answer: Answer,
    /// SYNs sent, the first and the repeated.
    pub syns: u32,
}

/// Opens a connection, sends the bytes both ways, closes it and waits until it is closed at both ends.
pub fn exchange(client: &Netns, server: &Netns, to: SocketAddr, request: usize, response: usize) -> Result<Exchange> {
    let connection = Connection::open(client, server, to)?;
    connection.send(Towards::Server, request)?;
    connection.send(Towards::Client, response)?;
    connection.close()
}

/// Sends a SYN and waits for what comes; after a second of silence the kernel repeats it.
pub fn attempt(client: &Netns, to: SocketAddr, patience: Duration) -> Result<Attempt> {
    let domain = if to.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let socket = client.run(|| {
        let socket = sys::socket::open(domain, libc::SOCK_STREAM | libc::SOCK_NONBLOCK, 0)?;
        sys::socket::set_option(&socket, libc::IPPROTO_TCP, libc::TCP_SYNCNT, 1_i32)?;
        match sys::socket::connect(&socket, &to.into()) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => {
                Err(error).with_context(|| format!("send a SYN to {to}"))
            }
            _ => Ok(socket),
        }
    })?;
    watch(socket, patience)
}

impl Connection {
    pub fn open(client: &Netns, server: &Netns, to: SocketAddr) -> Result<Self> {
        let listener = server.run(|| TcpListener::bind(to).with_context(|| format!("listen on {to}")))?;
        let connect = || TcpStream::connect_timeout(&to, PATIENCE).with_context(|| format!("connect to {to}"));
        let client = client.run(connect)?;
        let (server, client_address) = listener.accept().context("accept")?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
        }
        Ok(Self {
            client,
            server,
            client_address,
            server_address: to,
        })
    }

    pub fn client_address(&self) -> SocketAddr {
        self.client_address
    }

    pub fn server_address(&self) -> SocketAddr {
        self.server_address
    }

    /// Sends that many bytes and waits until they are read at the other end and acknowledged.
    pub fn send(&self, towards: Towards, bytes: usize) -> Result<()> {
        let (from, to) = match towards {
            Towards::Server => (&self.client, &self.server),
            Towards::Client => (&self.server, &self.client),
        };
        let acknowledged = TcpCounts::of(from)?.bytes_acked + super::as_u64(bytes);
        thread::scope(|scope| {
            let reader = scope.spawn(|| read(to, bytes));
            write(from, bytes)?;
            reader.join().unwrap_or_else(|_| bail!("the reader panicked"))
        })?;
        wait(|| Ok(TcpCounts::of(from)?.bytes_acked >= acknowledged)).context("the acknowledgement")
    }

    /// What both ends say so far.
    pub fn counts(&self) -> Result<Exchange> {
        Ok(Exchange {
            client: self.client_address,
            server: self.server_address,
            client_counts: TcpCounts::of(&self.client)?,
            server_counts: TcpCounts::of(&self.server)?,
        })
    }

    /// Closes from the client's side and waits until both ends are done; their counts have the last ACK too.
    pub fn close(self) -> Result<Exchange> {
        self.client
            .shutdown(Shutdown::Write)
            .context("shut the client's side down")?;
        wait(|| Ok(TcpCounts::of(&self.server)?.state == TcpState::CLOSE_WAIT)).context("the client's FIN")?;
        self.server
            .shutdown(Shutdown::Write)
            .context("shut the server's side down")?;
        for end in [&self.client, &self.server] {
            wait(|| Ok(TcpCounts::of(end)?.state == TcpState::CLOSE)).context("the end of the connection")?;
        }
        self.counts()
    }

    /// Ends it with a RST from the client and waits until the server knows.
    pub fn reset(self) -> Result<Exchange> {
        let counts = self.counts()?;
        // Closing would send it too, but only once no child of another thread holds the socket any more.
        sys::socket::disconnect(&self.client).context("reset the connection")?;
        wait(|| Ok(TcpCounts::of(&self.server)?.state == TcpState::CLOSE)).context("the RST")?;
        Ok(Exchange {
            server_counts: TcpCounts::of(&self.server)?,
            ..counts
        })
    }
}

fn write(mut to: &TcpStream, bytes: usize) -> Result<()> {
    let chunk = [b'x'; CHUNK];
    let mut left = bytes;
    while left > 0 {
        left -= to.write(&chunk[..left.min(CHUNK)]).context("send")?;
    }
    Ok(())
}

fn read(mut from: &TcpStream, bytes: usize) -> Result<()> {
    let mut chunk = [0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        match from.read(&mut chunk[..left.min(CHUNK)]).context("receive")? {
            0 => bail!("the connection ended {left} bytes early"),
            read => left -= read,
        }
    }
    Ok(())
}

fn watch(socket: OwnedFd, patience: Duration) -> Result<Attempt> {
    let socket = TcpStream::from(socket);
    let local = socket.local_addr().context("the attempt's own address")?;
    let deadline = Instant::now() + patience;
    let answer = loop {
        let counts = TcpCounts::of(&socket)?;
        if counts.state == TcpState::SYN_SENT && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        break match socket.take_error().context("the attempt's error")? {
            None if counts.state == TcpState::SYN_SENT => Answer::Silence,
            None => Answer::Connected,
            Some(error) if error.kind() == ErrorKind::ConnectionRefused => Answer::Refused,
            Some(error) if error.kind() == ErrorKind::TimedOut => Answer::Silence,
            Some(error) => Answer::Unreachable(error.raw_os_error().unwrap_or_default()),
        };
    };
    let counts = TcpCounts::of(&socket)?;
    let after_syn = u32::from(answer == Answer::Connected);
    Ok(Attempt {
        local,
        answer,
        syns: counts.segments_out - after_syn,
    })
}

fn wait(mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !done()? {
        if Instant::now() > deadline {
            bail!("did not come within {PATIENCE:?}");
        }
        thread::yield_now();
    }
    Ok(())
}
