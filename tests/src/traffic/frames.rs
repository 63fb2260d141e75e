//! Ethernet frames of any content, through a packet socket.

use super::{Sent, as_u64};
use crate::netns::Netns;
use crate::sys;
use anyhow::{Context as _, Result};
use std::os::fd::OwnedFd;

/// Messages given to the kernel in one call.
const BATCH: usize = 64;

/// A packet socket bound to one interface; it receives nothing.
#[derive(Debug)]
pub struct FrameSender {
    socket: OwnedFd,
}

impl FrameSender {
    pub fn open(netns: &Netns, interface: &str) -> Result<Self> {
        let ifindex = netns.interface_index(interface)?;
        let socket = netns.run(|| {
            let socket = sys::socket::open(libc::AF_PACKET, libc::SOCK_RAW, 0).context("open a packet socket")?;
            sys::socket::bind(&socket, &sys::socket::Address::link(ifindex)).context("bind the packet socket")?;
            Ok(socket)
        })?;
        Ok(Self { socket })
    }

    /// Sends all frames; an error if the kernel does not take one.
    pub fn send(&self, frames: &[Vec<u8>]) -> Result<Sent> {
        let mut sent = Sent::default();
        for batch in frames.chunks(BATCH) {
            let mut rest = batch;
            while !rest.is_empty() {
                let taken = sys::socket::send_many(&self.socket, rest).context("send frames")?;
                sent.packets += as_u64(taken);
                sent.bytes += rest.iter().take(taken).map(|frame| as_u64(frame.len())).sum::<u64>();
                rest = rest.get(taken..).unwrap_or_default();
            }
        }
        Ok(sent)
    }
}
