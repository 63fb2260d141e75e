//! UDP: a sender of exactly so many datagrams, and a receiver that counts.

use super::{PATIENCE, Received, Sent, as_u64};
use crate::netns::Netns;
use crate::sys;
use anyhow::{Context as _, Result};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

/// A socket that sends to one address.
#[derive(Debug)]
pub struct Sender {
    socket: UdpSocket,
    to: SocketAddr,
    connected: bool,
}

/// A bound socket.
#[derive(Debug)]
pub struct Receiver {
    socket: UdpSocket,
}

impl Sender {
    /// A connected socket: an ICMP error to one datagram is an error of the next.
    pub fn connected(netns: &Netns, to: SocketAddr) -> Result<Self> {
        let socket = open(netns, any(to))?;
        socket.connect(to).with_context(|| format!("connect to {to}"))?;
        Ok(Self {
            socket,
            to,
            connected: true,
        })
    }

    /// A socket that names the address with each datagram and hears of no ICMP errors.
    pub fn unconnected(netns: &Netns, to: SocketAddr) -> Result<Self> {
        Self::bound(netns, any(to), to)
    }

    /// As [`Sender::unconnected`], from this address.
    pub fn bound(netns: &Netns, from: SocketAddr, to: SocketAddr) -> Result<Self> {
        Ok(Self {
            socket: open(netns, from)?,
            to,
            connected: false,
        })
    }

    /// The address it sends from; of the IP only what it was bound or connected to.
    pub fn local(&self) -> Result<SocketAddr> {
        self.socket.local_addr().context("the sender's address")
    }

    /// Sends that many datagrams of that size; an error of the first that the kernel does not take.
    pub fn send(&self, datagrams: u64, size: usize) -> Result<Sent> {
        let payload = vec![b'u'; size];
        for n in 0..datagrams {
            let sent = if self.connected {
                self.socket.send(&payload)
            } else {
                self.socket.send_to(&payload, self.to)
            };
            sent.with_context(|| format!("send datagram {n} to {}", self.to))?;
        }
        Ok(Sent {
            packets: datagrams,
            bytes: datagrams * as_u64(size),
        })
    }

    /// Sends one large buffer that the kernel cuts into datagrams of this size (UDP GSO).
    pub fn send_segmented(&self, total: usize, segment: u16) -> Result<Sent> {
        const UDP_SEGMENT: i32 = 103;
        let set = |size: i32| sys::socket::set_option(&self.socket, libc::SOL_UDP, UDP_SEGMENT, size);
        set(segment.into()).context("UDP_SEGMENT needs Linux 4.18")?;
        self.send(1, total)?;
        set(0)?;
        Ok(Sent {
            packets: as_u64(total.div_ceil(segment.into())),
            bytes: as_u64(total),
        })
    }
}

impl Receiver {
    /// With room for thousands of datagrams, so that none is lost while the reader sleeps.
    pub fn bind(netns: &Netns, at: SocketAddr) -> Result<Self> {
        let socket = open(netns, at)?;
        make_room(&socket)?;
        Ok(Self { socket })
    }

    /// With the smallest receive buffer there is, which is soon full.
    pub fn with_small_buffer(netns: &Netns, at: SocketAddr) -> Result<Self> {
        let socket = open(netns, at)?;
        sys::socket::set_option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, 1_i32)?;
        Ok(Self { socket })
    }

    /// Receives that many datagrams, or fewer when no more come for long.
    pub fn receive(&self, datagrams: u64) -> Result<Received> {
        let mut received = Received::default();
        while received.packets < datagrams && self.add_one(&mut received, PATIENCE)? {}
        Ok(received)
    }

    /// Receives what there is until nothing comes for this long.
    pub fn drain(&self, quiet: Duration) -> Result<Received> {
        let mut received = Received::default();
        while self.add_one(&mut received, quiet)? {}
        Ok(received)
    }

    /// Datagrams the kernel dropped at this socket, as it says itself.
    pub fn dropped(&self) -> Result<u32> {
        const SO_MEMINFO: i32 = 55;
        const SK_MEMINFO_DROPS: usize = 8;
        let mut info = [0; 4 * (SK_MEMINFO_DROPS + 1)];
        sys::socket::option(&self.socket, libc::SOL_SOCKET, SO_MEMINFO, &mut info).context("SO_MEMINFO")?;
        Ok(u32::from_ne_bytes(std::array::from_fn(|n| {
            info[4 * SK_MEMINFO_DROPS + n]
        })))
    }

    fn add_one(&self, received: &mut Received, patience: Duration) -> Result<bool> {
        let mut buffer = [0; 65_536];
        self.socket.set_read_timeout(Some(patience))?;
        let started = Instant::now();
        loop {
            match self.socket.recv(&mut buffer) {
                Ok(size) => {
                    received.packets += 1;
                    received.bytes += as_u64(size);
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock || started.elapsed() > patience => {
                    return Ok(false);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("receive"),
            }
        }
    }
}

/// Gives a socket a large receive buffer, whatever the system's limit is.
pub(super) fn make_room(socket: &UdpSocket) -> Result<()> {
    const BYTES: i32 = 16 << 20;
    sys::socket::set_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, BYTES).context("enlarge a receive buffer")
}

fn open(netns: &Netns, at: SocketAddr) -> Result<UdpSocket> {
    // A child that another test starts has all sockets of this process until it is another program.
    const FREED_WITHIN: Duration = Duration::from_secs(1);
    let deadline = Instant::now() + FREED_WITHIN;
    netns.run(|| {
        loop {
            match UdpSocket::bind(at) {
                Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(2));
                }
                bound => return bound.with_context(|| format!("bind to {at}")),
            }
        }
    })
}

fn any(to: SocketAddr) -> SocketAddr {
    let ip = if to.is_ipv4() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    };
    SocketAddr::new(ip, 0)
}
