//! Many flows of one packet each, from ever other addresses and ports, that nobody waits for.

use super::Sent;
use super::frames::FrameSender;
use crate::netns::Netns;
use crate::packet::{Ends, Ethernet, Ports, Tcp, ip_frame, protocol, udp};
use crate::truth::InterfaceStats;
use anyhow::{Result, ensure};
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

const FIRST_PORT: u16 = 1024;
const PORTS: usize = 65_536 - FIRST_PORT as usize;

/// Packets made beforehand, so that sending them is all that takes time.
#[derive(Debug)]
pub struct Flood {
    frames: Vec<Vec<u8>>,
}

/// What became of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flooded {
    /// Packets the kernel took and put through the interface.
    pub sent: u64,
    /// Packets the kernel took but lost behind the interface, as its counters say.
    pub lost: u64,
    pub took: Duration,
}

impl Flood {
    /// So many SYNs; each source address serves 64,512 of them, from port 1024 on.
    pub fn syns(ethernet: &Ethernet, sources: &[IpAddr], to: SocketAddr, count: usize) -> Result<Self> {
        let syn = |ends: Ends, ports: Ports| (protocol::TCP, Tcp::syn(ports).segment(ends, &[]));
        Self::prepare(ethernet, sources, to, count, syn)
    }

    /// So many UDP datagrams, from addresses and ports as in [`Flood::syns`].
    pub fn datagrams(
        ethernet: &Ethernet,
        sources: &[IpAddr],
        to: SocketAddr,
        count: usize,
        size: usize,
    ) -> Result<Self> {
        let payload = vec![b'd'; size];
        Self::prepare(ethernet, sources, to, count, |ends, ports| {
            (protocol::UDP, udp(ends, ports, &payload))
        })
    }

    /// Sends all at once.
    pub fn send(&self, netns: &Netns, interface: &str) -> Result<Flooded> {
        measure(netns, interface, |sender| sender.send(&self.frames))
    }

    /// Sends so many a second, in bursts a millisecond apart; what it is late with it sends at once.
    pub fn send_paced(&self, netns: &Netns, interface: &str, per_second: u32) -> Result<Flooded> {
        const TICK: Duration = Duration::from_millis(1);
        measure(netns, interface, |sender| {
            let start = Instant::now();
            let mut sent = Sent::default();
            let mut rest = self.frames.as_slice();
            while !rest.is_empty() {
                let due = start.elapsed().as_micros() * u128::from(per_second) / 1_000_000;
                let behind = usize::try_from(due.saturating_sub(sent.packets.into()))?.min(rest.len());
                let (now, later) = rest.split_at(behind);
                let burst = sender.send(now)?;
                sent = Sent {
                    packets: sent.packets + burst.packets,
                    bytes: sent.bytes + burst.bytes,
                };
                rest = later;
                thread::sleep(TICK);
            }
            Ok(sent)
        })
    }

    fn prepare(
        ethernet: &Ethernet,
        sources: &[IpAddr],
        to: SocketAddr,
        count: usize,
        packet: impl Fn(Ends, Ports) -> (u8, Vec<u8>),
    ) -> Result<Self> {
        ensure!(
            sources.len() * PORTS >= count,
            "{count} flows need {} source addresses",
            count.div_ceil(PORTS)
        );
        let each_port = |source: &IpAddr| {
            let ends = Ends {
                source: *source,
                destination: to.ip(),
            };
            (FIRST_PORT..=u16::MAX).map(move |port| {
                (
                    ends,
                    Ports {
                        source: port,
                        destination: to.port(),
                    },
                )
            })
        };
        let frame = |(ends, ports)| {
            let (protocol, payload) = packet(ends, ports);
            ip_frame(ethernet, ends, protocol, &payload)
        };
        Ok(Self {
            frames: sources.iter().flat_map(each_port).take(count).map(frame).collect(),
        })
    }
}

fn measure(netns: &Netns, interface: &str, send: impl FnOnce(&FrameSender) -> Result<Sent>) -> Result<Flooded> {
    let sender = FrameSender::open(netns, interface)?;
    let before = InterfaceStats::read(netns, interface)?;
    let start = Instant::now();
    let sent = send(&sender)?;
    let took = start.elapsed();
    let lost = InterfaceStats::read(netns, interface)?.tx_dropped - before.tx_dropped;
    Ok(Flooded {
        sent: sent.packets - lost,
        lost,
        took,
    })
}
