//! Packets of any protocol above IP, through a raw socket; the kernel makes the IP header.

use super::{Sent, as_u64};
use crate::netns::Netns;
use crate::sys;
use anyhow::{Context as _, Result};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;

/// A raw socket for one protocol, connected to one address.
#[derive(Debug)]
pub struct RawSocket {
    socket: OwnedFd,
}

impl RawSocket {
    pub fn open(netns: &Netns, from: IpAddr, to: IpAddr, protocol: u8) -> Result<Self> {
        let domain = if to.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let socket = netns.run(|| {
            let socket = sys::socket::open(domain, libc::SOCK_RAW, protocol.into()).context("open a raw socket")?;
            sys::socket::bind(&socket, &SocketAddr::new(from, 0).into()).with_context(|| format!("bind to {from}"))?;
            sys::socket::connect(&socket, &SocketAddr::new(to, 0).into()).with_context(|| format!("aim at {to}"))?;
            Ok(socket)
        })?;
        Ok(Self { socket })
    }

    /// Sends each payload as one packet.
    pub fn send(&self, payloads: &[Vec<u8>]) -> Result<Sent> {
        let mut sent = Sent::default();
        for payload in payloads {
            sys::socket::send(&self.socket, payload).context("send a packet")?;
            sent.packets += 1;
            sent.bytes += as_u64(payload.len());
        }
        Ok(sent)
    }

    /// The next packet from there; of IPv4 with its IP header. None if none comes for this long.
    pub fn receive(&self, patience: std::time::Duration) -> Result<Option<Vec<u8>>> {
        let timeout = libc::timeval {
            tv_sec: i64::try_from(patience.as_secs())?,
            tv_usec: i64::from(patience.subsec_micros()).max(1),
        };
        sys::socket::set_option(&self.socket, libc::SOL_SOCKET, libc::SO_RCVTIMEO, timeout)?;
        let mut buffer = vec![0; 65_536];
        match sys::socket::receive(&self.socket, &mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                Ok(Some(buffer))
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error).context("receive a packet"),
        }
    }
}
