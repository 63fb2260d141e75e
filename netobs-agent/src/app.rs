//! The one place that knows all rooms: what happens, in which order, and who is told.
mod capture;
mod signals;
mod telling;

use std::time::Duration;

use netobs_core::{
    engine::{Engine, Limits},
    flow,
    labels::Symbol,
};
use tokio::{
    select,
    time::{Interval, MissedTickBehavior, interval},
};
use tracing::info;

use self::{capture::Capture, signals::Signals, telling::Teller};
use crate::{
    args::Args,
    export::Exporter,
    kernel::{Clock, Kernel, Sizes},
    node::LinkChange,
};

/// How often the ring is looked at. Nobody wakes us for it, so this is also how late news can be.
const LOOK: Duration = Duration::from_millis(20);

struct App {
    capture: Capture,
    engine: Engine,
    teller: Teller,
}

enum Happening {
    Links(Vec<LinkChange>),
    Look,
    Stop,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let kernel = Kernel::load(sizes(&args), args.kernel_log.level())?;
    let limits = limits(&args);
    let capture = Capture::new(kernel, args.interfaces, Symbol::from("node"))?;
    let exporter = args
        .export
        .map(|export| Exporter::start(export, limits.outputs))
        .transpose()?;
    let mut app = App {
        engine: Engine::new(limits, capture.reasons()),
        capture,
        teller: Teller::new(exporter),
    };
    app.capture.find_wanted().await?;
    app.follow(Signals::new()?).await?;
    app.stop();
    Ok(())
}

const fn sizes(args: &Args) -> Sizes {
    /// Entries for floods, of which there are never many at once.
    const MERGED: u32 = 1024;
    Sizes {
        tap_v4: args.connections,
        tap_v6: args.connections_v6,
        drop_v4: args.drops,
        drop_v6: args.drops_v6,
        merged: MERGED,
        ring: args.ring,
    }
}

fn limits(args: &Args) -> Limits {
    let flows = flow::Limits {
        flows: args.flows as usize,
        update_every: Duration::from_secs(args.update_every),
        ..flow::Limits::default()
    };
    Limits {
        flows,
        // All that one look can have to tell.
        outputs: flows.flows.saturating_add(flows.backlog),
        ..Limits::default()
    }
}

impl App {
    async fn follow(&mut self, mut signals: Signals) -> anyhow::Result<()> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.next(&mut look, &mut signals).await? {
                Happening::Links(changes) => self.capture.handle_links(&changes),
                Happening::Look => self.look(),
                Happening::Stop => return Ok(()),
            }
        }
    }

    async fn next(&mut self, look: &mut Interval, signals: &mut Signals) -> anyhow::Result<Happening> {
        Ok(select! {
            biased;
            () = signals.any() => Happening::Stop,
            changes = self.capture.next_links() => Happening::Links(changes?),
            _ = look.tick() => Happening::Look,
        })
    }

    fn look(&mut self) {
        let clock = Clock::look();
        self.capture.look(clock, &mut self.engine);
        self.engine.handle_timeout(clock.now());
        self.teller.tell(&mut self.engine, &mut self.capture);
    }

    /// Reads everything once more, tells it, and leaves nothing behind.
    fn stop(&mut self) {
        let clock = Clock::look();
        self.capture.stop(clock, &mut self.engine);
        self.engine.finish(clock.now());
        self.teller.finish(&mut self.engine, &mut self.capture);
        info!("stopped");
    }
}
