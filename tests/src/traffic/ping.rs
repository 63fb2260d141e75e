//! Echo requests of ICMP and ICMPv6, and their replies.

use super::raw::RawSocket;
use super::{PATIENCE, as_u64};
use crate::netns::Netns;
use crate::packet::{Ends, icmp_echo, protocol};
use anyhow::Result;
use std::time::{Duration, Instant};

/// What a ping sent and got back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinged {
    pub id: u16,
    pub requests: u64,
    pub replies: u64,
}

/// Sends so many echo requests with this id, one after another, each once the reply to the last is there or is late.
pub fn ping(netns: &Netns, ends: Ends, id: u16, requests: u16, payload: usize, late: Duration) -> Result<Pinged> {
    let number = if ends.source.is_ipv4() {
        protocol::ICMP
    } else {
        protocol::ICMPV6
    };
    let socket = RawSocket::open(netns, ends.source, ends.destination, number)?;
    let mut replies = 0;
    for sequence in 0..requests {
        let (_, request) = icmp_echo(ends, id, sequence, &vec![b'p'; payload]);
        socket.send(&[request])?;
        replies += u64::from(replied(&socket, ends, id, sequence, late.min(PATIENCE))?);
    }
    Ok(Pinged {
        id,
        requests: as_u64(requests.into()),
        replies,
    })
}

fn replied(socket: &RawSocket, ends: Ends, id: u16, sequence: u16, late: Duration) -> Result<bool> {
    let [id, sequence] = [id.to_be_bytes(), sequence.to_be_bytes()];
    let (ip_header, kind) = if ends.source.is_ipv4() { (20, 0) } else { (0, 129) };
    let deadline = Instant::now() + late;
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        let Some(packet) = socket.receive(left)? else { break };
        let message = packet.get(ip_header..).unwrap_or_default();
        if message.first() == Some(&kind) && message.get(4..8) == Some(&[id, sequence].concat()) {
            return Ok(true);
        }
    }
    Ok(false)
}
