//! Who is told what the engine has to say.
use std::sync::Arc;

use netobs_core::{
    cause::Cause,
    engine::{Engine, ExplainedFlow, Output, Where},
    event::Count,
};

use super::{capture::Capture, suggesting::Suggesting};
use crate::{cluster::EventWriter, export::Exporter, serve::Feed};

/// Causes that the engine let go are looked for once in so many times.
const TELLS_A_TIDYING: u32 = 256;

pub(super) struct Teller {
    pub(super) feed: Feed,
    pub(super) exporter: Option<Exporter>,
    pub(super) events: Option<EventWriter>,
    suggesting: Suggesting,
    tells: u32,
}

impl Teller {
    pub(super) fn new(feed: Feed, exporter: Option<Exporter>, events: Option<EventWriter>) -> Self {
        Self {
            feed,
            exporter,
            events,
            suggesting: Suggesting::default(),
            tells: 0,
        }
    }

    pub(super) fn tell(&mut self, engine: &mut Engine, capture: &mut Capture) {
        self.take(engine, capture);
        if let Some(exporter) = &mut self.exporter {
            exporter.tell(capture);
        }
    }

    /// Tells all there is, and waits for those who have to write it.
    pub(super) fn finish(&mut self, engine: &mut Engine, capture: &mut Capture) {
        self.take(engine, capture);
        if let Some(exporter) = &mut self.exporter {
            exporter.finish(capture);
        }
    }

    fn take(&mut self, engine: &mut Engine, capture: &mut Capture) {
        self.take_tally(capture);
        let mut told = false;
        while let Some(output) = engine.poll_output() {
            told = true;
            match output {
                Output::Flow(flow) => self.take_flow(flow),
                Output::Cause(cause) => self.take_cause(cause, engine),
                Output::Lost { place, count } => self.take_lost(place, count),
            }
        }
        if told {
            self.feed.wake();
        }
        self.tells = self.tells.wrapping_add(1);
        if self.tells.is_multiple_of(TELLS_A_TIDYING) {
            self.feed.retain_causes(|id| engine.causes().get(id).is_some());
        }
    }

    fn take_tally(&mut self, capture: &mut Capture) {
        let tally = capture.take_tally();
        let Some(exporter) = &mut self.exporter else { return };
        for loss in tally.losses {
            exporter.add_loss(loss.place, loss.packets, loss.bytes);
        }
        for skipped in tally.skipped {
            exporter.add_skipped(skipped.what, skipped.packets);
        }
    }

    fn take_flow(&mut self, flow: Arc<ExplainedFlow>) {
        if let Some(exporter) = &mut self.exporter {
            exporter.add_flow(Arc::clone(&flow));
        }
        self.feed.flow(flow);
    }

    fn take_cause(&mut self, cause: Arc<Cause>, engine: &Engine) {
        let suggestions = self.suggesting.suggest(&cause, engine);
        if let Some(events) = &self.events {
            events.tell(&cause, &suggestions);
        }
        if let Some(exporter) = &mut self.exporter {
            exporter.add_cause(Arc::clone(&cause), Arc::clone(&suggestions));
        }
        self.feed.cause(cause, suggestions);
    }

    fn take_lost(&mut self, place: Where, count: Count) {
        self.feed.lost(place, count.packets);
        // The exporter was told of what the kernel lost by its place there.
        if place != Where::Kernel
            && let Some(exporter) = &mut self.exporter
        {
            exporter.add_loss("flows", count.packets, count.bytes);
        }
    }
}
