//! The export room: flows and losses as JSON lines, written by a thread of their own.
mod line;
mod waiting;
mod writer;

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use netobs_core::{
    cause::{Cause, CauseId},
    engine::ExplainedFlow,
    event::{Ifindex, ReasonId},
    suggest::Suggestion,
    unwatched::Unwatched,
};
use tracing::warn;

use crate::args::Export;
use line::Line;
use waiting::Waiting;
use writer::Writer;

/// Lines are handed over in blocks of about this size.
const BLOCK: usize = 32 * 1024;
/// How long the last blocks may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Names for the numbers in a flow.
pub(crate) trait Names {
    fn reason(&self, reason: ReasonId) -> String;
    fn interface(&self, interface: Ifindex) -> Option<&str>;
}

pub(crate) struct Exporter {
    writer: Writer,
    waiting: Waiting,
    block: Vec<u8>,
    owed: Owed,
}

/// What waits to be told as it is by then: however long nobody reads, it takes no more room.
#[derive(Default)]
struct Owed {
    unwatched: Option<Unwatched>,
    losses: BTreeMap<&'static str, (u64, u64)>,
    skipped: BTreeMap<&'static str, u64>,
    /// Each as it is now; as many as there are.
    causes: BTreeMap<CauseId, (Arc<Cause>, Arc<[Suggestion]>)>,
}

impl Exporter {
    /// No more than `most` flows wait to be written. `begin` is what the thread that writes does first.
    pub(crate) fn start(export: Export, most: usize, begin: fn()) -> io::Result<Self> {
        let Export::Stdout = export;
        Ok(Self {
            writer: Writer::start(io::stdout(), begin)?,
            waiting: Waiting::new(most),
            block: Vec::new(),
            owed: Owed::default(),
        })
    }

    pub(crate) fn add_unwatched(&mut self, span: Unwatched) {
        self.owed.unwatched = Some(span);
    }

    pub(crate) fn add_loss(&mut self, place: &'static str, packets: u64, bytes: u64) {
        let (all_packets, all_bytes) = self.owed.losses.entry(place).or_default();
        *all_packets += packets;
        *all_bytes += bytes;
    }

    pub(crate) fn add_skipped(&mut self, what: &'static str, packets: u64) {
        *self.owed.skipped.entry(what).or_default() += packets;
    }

    pub(crate) fn add_cause(&mut self, cause: Arc<Cause>, suggestions: Arc<[Suggestion]>) {
        self.owed.causes.insert(cause.id, (cause, suggestions));
    }

    pub(crate) fn add_flow(&mut self, flow: Arc<ExplainedFlow>) {
        self.waiting.add(flow);
    }

    /// Writes as much as can be handed over; the rest waits.
    pub(crate) fn tell(&mut self, names: &impl Names) {
        self.count_lost();
        while self.hand_over() && (!self.waiting.is_empty() || self.owed.is_something()) {
            self.add_owed();
            while self.block.len() < BLOCK
                && let Some((phase, flow)) = self.waiting.next()
            {
                self.add(&Line::flow(phase, &flow, names));
            }
        }
    }

    /// Waits until all is written, but not for long if nobody reads.
    pub(crate) fn finish(&mut self, names: &impl Names) {
        let deadline = Instant::now() + PATIENCE;
        self.count_lost();
        while !self.waiting.is_empty() || self.owed.is_something() || !self.block.is_empty() {
            self.tell(names);
            let waits = !self.block.is_empty();
            if waits && (Instant::now() > deadline || !self.writer.wait_for_room()) {
                break;
            }
        }
        let untold = self.waiting.len();
        if untold > 0 || !self.writer.finish(deadline) {
            warn!(
                flows = untold,
                "nobody reads standard output: these flows were not told, and lines written last were not taken; have it read to \
                 the end, or leave out --export"
            );
        }
    }

    fn count_lost(&mut self) {
        let lost = self.waiting.take_lost();
        if !lost.is_zero() {
            warn!(
                packets = lost.packets,
                "flows were lost: whoever reads standard output does not keep up; give it more CPU, or leave out --export"
            );
            self.add_loss("flows", lost.packets, lost.bytes);
        }
    }

    /// Whether the block could be handed over, and a new one is begun.
    fn hand_over(&mut self) -> bool {
        if !self.block.is_empty() {
            self.block = self.writer.take(std::mem::take(&mut self.block));
        }
        self.block.is_empty()
    }

    fn add_owed(&mut self) {
        let Owed {
            unwatched,
            losses,
            skipped,
            causes,
        } = std::mem::take(&mut self.owed);
        if let Some(span) = unwatched {
            self.add(&Line::unwatched(span));
        }
        for (cause, suggestions) in causes.values() {
            self.add(&Line::cause(cause, suggestions));
        }
        for (place, (packets, bytes)) in losses {
            self.add(&Line::loss(place, packets, bytes));
        }
        for (what, packets) in skipped {
            self.add(&Line::skipped(what, packets));
        }
    }

    fn add(&mut self, line: &Line<'_>) {
        // Writing JSON into memory fails only for maps with odd keys, of which a line has none.
        if serde_json::to_writer(&mut self.block, line).is_ok() {
            self.block.push(b'\n');
        }
    }
}

impl Owed {
    fn is_something(&self) -> bool {
        let is_counted = !self.losses.is_empty() || !self.skipped.is_empty();
        is_counted || !self.causes.is_empty() || self.unwatched.is_some()
    }
}
