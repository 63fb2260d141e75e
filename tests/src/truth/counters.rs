//! Counters of interfaces and protocols, from `/proc/net`.

use crate::netns::Netns;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs;

/// Counters of an interface; bytes are those of whole frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceStats {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_dropped: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_dropped: u64,
}

impl InterfaceStats {
    pub fn read(netns: &Netns, interface: &str) -> Result<Self> {
        let table = read(netns, "dev")?;
        let numbers = table
            .lines()
            .filter_map(|line| line.trim().split_once(':'))
            .find(|(name, _)| *name == interface)
            .with_context(|| format!("no interface {interface} in {}", netns.label()))?
            .1
            .split_whitespace()
            .map(|field| field.parse().with_context(|| format!("{field} is no number")))
            .collect::<Result<Vec<u64>>>()?;
        let at = |column: usize| {
            numbers
                .get(column)
                .copied()
                .with_context(|| format!("no column {column}"))
        };
        Ok(Self {
            rx_bytes: at(0)?,
            rx_packets: at(1)?,
            rx_dropped: at(3)?,
            tx_bytes: at(8)?,
            tx_packets: at(9)?,
            tx_dropped: at(11)?,
        })
    }
}

/// All counters of `snmp`, `netstat` and `snmp6`, by names such as `Udp.RcvbufErrors`, `TcpExt.ListenDrops` and
/// `Udp6InDatagrams`.
pub fn protocol_counters(netns: &Netns) -> Result<BTreeMap<String, u64>> {
    let mut by_name = BTreeMap::new();
    for file in ["snmp", "netstat"] {
        let text = read(netns, file)?;
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.chunks_exact(2) {
            by_name.extend(named(pair[0], pair[1]));
        }
    }
    for line in read(netns, "snmp6")?.lines() {
        if let Some((name, value)) = line.split_once(char::is_whitespace) {
            by_name.insert(
                name.to_owned(),
                value.trim().parse().with_context(|| format!("{name} is no number"))?,
            );
        }
    }
    Ok(by_name)
}

/// A line of names and the line of numbers below it; what is negative (`Tcp.MaxConn`) is left out.
fn named<'a>(names: &'a str, numbers: &'a str) -> impl Iterator<Item = (String, u64)> {
    let group = names.split(':').next().unwrap_or_default();
    names
        .split_whitespace()
        .zip(numbers.split_whitespace())
        .skip(1)
        .filter_map(move |(name, number)| Some((format!("{group}.{name}"), number.parse().ok()?)))
}

fn read(netns: &Netns, file: &str) -> Result<String> {
    let path = format!("/proc/thread-self/net/{file}");
    netns.run(|| fs::read_to_string(&path).with_context(|| format!("read {path}")))
}
