//! Who is told what the engine has to say.
use std::sync::Arc;

use netobs_core::{
    cause::Cause,
    engine::{Engine, ExplainedFlow, Output, Where},
    event::Count,
    redact::Redactor,
    suggest::Suggestion,
    unwatched::Unwatched,
};

use super::{
    capture::Capture,
    outside::{Nameless, Outside},
    suggesting::Suggesting,
};
use crate::{cluster::EventWriter, export::Exporter, node::LinkChange, serve::Feed};

/// Causes that the engine let go are looked for once in so many times.
const TELLS_A_TIDYING: u32 = 256;

pub(super) struct Teller {
    feed: Feed,
    /// Where something is hidden from those who do not ask at the unix socket.
    outside: Option<Outside>,
    exporter: Option<Exporter>,
    events: Option<EventWriter>,
    suggesting: Suggesting,
    tells: u32,
}

impl Teller {
    pub(super) fn new(
        feed: Feed,
        outside: Option<Outside>,
        exporter: Option<Exporter>,
        events: Option<EventWriter>,
    ) -> Self {
        Self {
            feed,
            outside,
            exporter,
            events,
            suggesting: Suggesting::default(),
            tells: 0,
        }
    }

    /// When nobody watched before the agent did. Before anything else.
    pub(super) fn unwatched(&mut self, span: Unwatched) {
        self.feed.unwatched(span);
        if let Some(outside) = &self.outside {
            outside.unwatched(span);
        }
        if let Some(exporter) = &mut self.exporter {
            exporter.add_unwatched(span);
        }
    }

    pub(super) fn interfaces(&self, changes: &[LinkChange]) {
        for change in changes {
            let (index, name) = match change {
                LinkChange::Appeared(link) => (link.index, Some(link.name.as_str())),
                LinkChange::Gone(index) => (*index, None),
            };
            self.feed.interface(index, name);
            if let Some(outside) = &self.outside {
                outside.interface(index, name);
            }
        }
    }

    pub(super) fn tell(&mut self, engine: &mut Engine, capture: &mut Capture) {
        self.take(engine, capture);
        let nameless = self.hides_interfaces();
        if let Some(exporter) = &mut self.exporter {
            if nameless {
                exporter.tell(&Nameless(capture));
            } else {
                exporter.tell(capture);
            }
        }
    }

    /// For what goes outside, if something is hidden there.
    pub(super) fn redactor(&mut self) -> Option<&mut Redactor> {
        self.outside.as_mut().map(Outside::redactor_mut)
    }

    /// Tells all there is, and waits for those who have to write it.
    pub(super) fn finish(&mut self, engine: &mut Engine, capture: &mut Capture) {
        self.take(engine, capture);
        let nameless = self.hides_interfaces();
        if let Some(exporter) = &mut self.exporter {
            if nameless {
                exporter.finish(&Nameless(capture));
            } else {
                exporter.finish(capture);
            }
        }
    }

    fn hides_interfaces(&self) -> bool {
        self.outside.as_ref().is_some_and(Outside::hides_interfaces)
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
            self.feeds().for_each(Feed::wake);
        }
        self.tells = self.tells.wrapping_add(1);
        if self.tells.is_multiple_of(TELLS_A_TIDYING) {
            self.feeds()
                .for_each(|feed| feed.retain_causes(|id| engine.causes().get(id).is_some()));
        }
    }

    fn feeds(&self) -> impl Iterator<Item = &Feed> {
        std::iter::once(&self.feed).chain(self.outside.as_ref().map(Outside::feed))
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
        let told = match &mut self.outside {
            Some(outside) => outside.flow(&flow),
            None => Arc::clone(&flow),
        };
        if let Some(exporter) = &mut self.exporter {
            exporter.add_flow(told);
        }
        self.feed.flow(flow);
    }

    fn take_cause(&mut self, cause: Arc<Cause>, engine: &Engine) {
        let suggestions = self.suggesting.suggest(&cause, engine);
        match &mut self.outside {
            Some(outside) => {
                let (cause, suggestions) = outside.cause(&cause, &suggestions);
                self.take_cause_outside(&cause, &suggestions);
            }
            None => self.take_cause_outside(&cause, &suggestions),
        }
        self.feed.cause(cause, suggestions);
    }

    fn take_cause_outside(&mut self, cause: &Arc<Cause>, suggestions: &Arc<[Suggestion]>) {
        if let Some(events) = &self.events {
            events.tell(cause, suggestions);
        }
        if let Some(exporter) = &mut self.exporter {
            exporter.add_cause(Arc::clone(cause), Arc::clone(suggestions));
        }
    }

    fn take_lost(&mut self, place: Where, count: Count) {
        self.feeds().for_each(|feed| feed.lost(place, count.packets));
        // The exporter was told of what the kernel lost by its place there.
        if place != Where::Kernel
            && let Some(exporter) = &mut self.exporter
        {
            exporter.add_loss("flows", count.packets, count.bytes);
        }
    }
}
