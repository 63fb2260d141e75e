//! The export room: flows and losses as JSON lines, written by a thread of their own.
mod line;
mod writer;

use std::io;

use netobs_core::{
    event::{Ifindex, ReasonId},
    flow::FlowTable,
};

use crate::args::Export;
use line::Line;
use writer::Writer;

/// Lines are handed over in blocks of about this size.
const BLOCK: usize = 32 * 1024;

/// Names for the numbers in a flow.
pub(crate) trait Names {
    fn reason(&self, reason: ReasonId) -> String;
    fn interface(&self, interface: Ifindex) -> Option<&str>;
}

pub(crate) struct Exporter {
    writer: Writer,
    block: Vec<u8>,
}

impl Exporter {
    pub(crate) fn start(export: Export) -> io::Result<Self> {
        let Export::Stdout = export;
        Ok(Self {
            writer: Writer::start(io::stdout())?,
            block: Vec::new(),
        })
    }

    pub(crate) fn add_loss(&mut self, place: &'static str, packets: u64, bytes: u64) {
        self.add(&Line::loss(place, packets, bytes));
    }

    pub(crate) fn add_skipped(&mut self, what: &'static str, packets: u64) {
        self.add(&Line::skipped(what, packets));
    }

    /// Takes reports from the table as long as they can be handed over.
    pub(crate) fn tell(&mut self, flows: &mut FlowTable, names: &impl Names) {
        while self.hand_over() && flows.has_reports() {
            while self.block.len() < BLOCK
                && let Some(report) = flows.poll()
            {
                self.add(&Line::flow(&report, names));
            }
        }
    }

    /// Waits until all is written, or nobody reads any more.
    pub(crate) fn finish(&mut self, flows: &mut FlowTable, names: &impl Names) {
        while flows.has_reports() || !self.block.is_empty() {
            self.tell(flows, names);
            if !self.block.is_empty() && !self.writer.wait_for_room() {
                return;
            }
        }
        self.writer.finish();
    }

    /// Whether the block could be handed over, and a new one is begun.
    fn hand_over(&mut self) -> bool {
        if !self.block.is_empty() {
            self.block = self.writer.take(std::mem::take(&mut self.block));
        }
        self.block.is_empty()
    }

    fn add(&mut self, line: &Line<'_>) {
        // Writing JSON into memory fails only for maps with odd keys, of which a line has none.
        if serde_json::to_writer(&mut self.block, line).is_ok() {
            self.block.push(b'\n');
        }
    }
}
