//! What the agent's lines add up to.

use serde_json::Value;
use std::collections::BTreeMap;

/// Sums over lines; of a flow only its last line counts, which has all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) lines: usize,
    /// Flows that ended.
    pub(super) flows: usize,
    /// Packets of flows, in both directions, as taps counted them.
    pub(super) delivered: u64,
    /// Packets that the kernel was seen to drop.
    pub(super) dropped: u64,
    /// Packets reported as lost, by place.
    pub(super) lost: BTreeMap<String, u64>,
    /// Packets of no connection, by kind.
    pub(super) skipped: BTreeMap<String, u64>,
}

impl Account {
    /// Of all lines, but of flows only those to this port.
    pub(super) fn of<'a>(lines: impl IntoIterator<Item = &'a Value>, port: u16) -> Self {
        let mut account = Self::default();
        for line in lines {
            account.add(line, port);
        }
        account
    }

    pub(super) fn add(&mut self, line: &Value, port: u16) {
        self.lines += 1;
        match line["type"].as_str() {
            Some("loss") => add(&mut self.lost, &line["place"], packets(line)),
            Some("skipped") => add(&mut self.skipped, &line["what"], packets(line)),
            _ if line["destination"]["port"] == port && is_last(line) => self.add_flow(line),
            _ => {}
        }
    }

    /// Packets that taps counted and that were not told as part of a flow.
    pub(super) fn lost_by_taps(&self) -> u64 {
        ["tap", "flows"].iter().filter_map(|place| self.lost.get(*place)).sum()
    }

    fn add_flow(&mut self, line: &Value) {
        self.flows += 1;
        self.delivered += packets(&line["sent"]) + packets(&line["replied"]);
        let drops = line["drops"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.dropped += drops.iter().map(packets).sum::<u64>() + packets(&line["further_drops"]);
    }
}

/// Whether a line is the last of its flow, and so has its totals.
pub(super) fn is_last(line: &Value) -> bool {
    matches!(line["phase"].as_str(), Some("closed" | "idle" | "evicted"))
}

pub(super) fn packets(of: &Value) -> u64 {
    of["packets"].as_u64().unwrap_or_default()
}

fn add(sums: &mut BTreeMap<String, u64>, name: &Value, packets: u64) {
    *sums.entry(name.as_str().unwrap_or_default().to_owned()).or_default() += packets;
}
