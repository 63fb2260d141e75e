//! Who is told what the engine has to say.
use netobs_core::engine::{Engine, Output, Where};

use super::capture::Capture;
use crate::export::Exporter;

pub(super) struct Teller {
    exporter: Option<Exporter>,
}

impl Teller {
    pub(super) fn new(exporter: Option<Exporter>) -> Self {
        Self { exporter }
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
        let tally = capture.take_tally();
        if let Some(exporter) = &mut self.exporter {
            for loss in tally.losses {
                exporter.add_loss(loss.place, loss.packets, loss.bytes);
            }
            for skipped in tally.skipped {
                exporter.add_skipped(skipped.what, skipped.packets);
            }
        }
        while let Some(output) = engine.poll_output() {
            self.take_output(output);
        }
    }

    fn take_output(&mut self, output: Output) {
        match output {
            Output::Flow(flow) => {
                if let Some(exporter) = &mut self.exporter {
                    exporter.add_flow(flow);
                }
            }
            Output::Cause(_) => {}
            Output::Lost { place, count } => {
                let place = match place {
                    Where::Kernel => return,
                    Where::FlowTable | Where::Output => "flows",
                };
                if let Some(exporter) = &mut self.exporter {
                    exporter.add_loss(place, count.packets, count.bytes);
                }
            }
        }
    }
}
