//! A burst of SYNs, each from another address or port, that nobody waits for.

use super::frames::FrameSender;
use crate::netns::Netns;
use crate::packet::{Ends, Ethernet, Ports, Tcp, ip_frame, protocol};
use crate::truth::InterfaceStats;
use anyhow::{Result, ensure};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

const FIRST_PORT: u16 = 1024;
const PORTS: usize = 65_536 - FIRST_PORT as usize;

/// SYNs made beforehand, so that sending them is all that takes time.
#[derive(Debug)]
pub struct Flood {
    frames: Vec<Vec<u8>>,
}

/// What became of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flooded {
    /// SYNs the kernel took and put through the interface.
    pub sent: u64,
    /// SYNs the kernel took but lost behind the interface, as its counters say.
    pub lost: u64,
    pub took: Duration,
}

impl Flood {
    /// So many SYNs; each source address serves 64,512 of them, from port 1024 on.
    pub fn prepare(ethernet: &Ethernet, sources: &[IpAddr], to: SocketAddr, count: usize) -> Result<Self> {
        ensure!(
            sources.len() * PORTS >= count,
            "{count} SYNs need {} source addresses",
            count.div_ceil(PORTS)
        );
        let ports = FIRST_PORT..=u16::MAX;
        let frames = sources
            .iter()
            .flat_map(|source| ports.clone().map(move |port| (*source, port)))
            .take(count)
            .map(|(source, port)| {
                let ends = Ends {
                    source,
                    destination: to.ip(),
                };
                let syn = Tcp::syn(Ports {
                    source: port,
                    destination: to.port(),
                });
                ip_frame(ethernet, ends, protocol::TCP, &syn.segment(ends, &[]))
            })
            .collect();
        Ok(Self { frames })
    }

    /// Sends all at once.
    pub fn send(&self, netns: &Netns, interface: &str) -> Result<Flooded> {
        let sender = FrameSender::open(netns, interface)?;
        let before = InterfaceStats::read(netns, interface)?;
        let start = Instant::now();
        let sent = sender.send(&self.frames)?;
        let took = start.elapsed();
        let lost = InterfaceStats::read(netns, interface)?.tx_dropped - before.tx_dropped;
        Ok(Flooded {
            sent: sent.packets - lost,
            lost,
            took,
        })
    }
}
