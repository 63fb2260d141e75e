//! What the agent exported, read while it runs and understood afterwards.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::process::ChildStdout;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A thread that takes lines from the agent as fast as they come.
#[derive(Debug)]
pub(crate) struct Reader(JoinHandle<std::io::Result<Vec<u8>>>);

/// What was told of the flows to one port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) flows: usize,
    pub(crate) packets: u64,
    /// Packets that the agent says it counted and cannot tell apart.
    pub(crate) packets_lost: u64,
    pub(crate) lines: usize,
}

impl Reader {
    pub(crate) fn start(mut stdout: ChildStdout) -> Self {
        Self(thread::spawn(move || {
            let mut all = Vec::new();
            stdout.read_to_end(&mut all).map(|_| all)
        }))
    }

    /// Once the agent has ended: what it told of UDP flows to that port.
    pub(crate) fn told(self, port: u16) -> Result<Told> {
        let Ok(all) = self.0.join() else {
            bail!("the reader of the export panicked");
        };
        understand(&all.context("read the export")?, port)
    }
}

/// Counts are totals, so the last line of a flow has them all.
fn understand(all: &[u8], port: u16) -> Result<Told> {
    let mut told = Told::default();
    let mut packets_by_id = HashMap::new();
    let mut sources = HashSet::new();
    for line in all.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).context("a line of the export is no JSON")?;
        told.lines += 1;
        if line["type"] == "loss" {
            told.packets_lost += line["packets"].as_u64().unwrap_or_default();
        } else if line["protocol"] == "udp" && line["destination"]["port"] == port {
            packets_by_id.insert(
                line["id"].as_u64(),
                line["sent"]["packets"].as_u64().unwrap_or_default(),
            );
            let source = &line["source"];
            sources.insert((source["ip"].to_string(), source["port"].as_u64()));
        }
    }
    told.flows = sources.len();
    told.packets = packets_by_id.values().sum();
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_told_twice_is_one_and_its_last_count_holds() {
        let line = |id: u64, port: u16, to: u16, packets: u64| {
            format!(
                r#"{{"v":1,"type":"flow","id":{id},"protocol":"udp","source":{{"ip":"198.18.0.1","port":{port}}},"destination":{{"port":{to}}},"sent":{{"packets":{packets}}}}}"#
            )
        };
        let loss = r#"{"v":1,"type":"loss","place":"flows","packets":7,"bytes":700}"#.to_owned();
        let all = [
            line(1, 5, 9, 1),
            line(2, 6, 9, 1),
            line(1, 5, 9, 3),
            line(3, 5, 10, 50),
            loss,
        ]
        .join("\n");
        let expected = Told {
            flows: 2,
            packets: 4,
            packets_lost: 7,
            lines: 5,
        };
        assert_eq!(understand(all.as_bytes(), 9).unwrap(), expected);
    }
}
