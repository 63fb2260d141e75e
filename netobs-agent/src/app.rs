//! The one place that knows all rooms: what happens, in which order, and who is told.
mod answers;
mod capture;
mod rooms;
mod settings;
mod signals;
mod snapshot;
mod suggesting;
mod telling;
mod threads;

use std::{sync::Arc, time::Duration};

use netobs_core::{engine::Engine, labels::Symbol};
use tokio::{
    select,
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};

use self::{capture::Capture, rooms::Rooms, signals::Signals, snapshot::Identity, telling::Teller, threads::Threads};
use crate::{
    args::Args,
    cluster::{Cluster, Heard},
    export::Exporter,
    kernel::{Clock, Kernel, give_up_rights},
    node::LinkChange,
    serve::{Feed, Question},
    store::Store,
};

/// How often the ring is looked at. Nobody wakes us for it, so this is also how late news can be.
const LOOK: Duration = Duration::from_millis(20);
/// How long the disk has to take what changed last.
const LAST_WRITE: Duration = Duration::from_secs(5);
/// Changes that are taken in before anything else has its turn.
const CHANGES_AT_ONCE: usize = 256;

struct App {
    identity: Identity,
    capture: Capture,
    engine: Engine,
    teller: Teller,
    cluster: Option<Cluster>,
    store: Option<Store>,
    changes: mpsc::Receiver<Heard>,
    questions: mpsc::Receiver<Question>,
    heard: Vec<Heard>,
}

enum Happening {
    Links(Vec<LinkChange>),
    Look,
    Asked(Question),
    Changed,
    Stop,
}

/// Runs until it is told to stop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let threads = Threads::new()?;
    let result = open(args, &threads).and_then(|(app, rooms)| threads.capture.block_on(app.run(rooms)));
    threads.rooms.shutdown_background();
    result
}

/// Everything that takes rights is done here, on the only thread that has any.
fn open(args: &Args, threads: &Threads) -> anyhow::Result<(App, Rooms)> {
    let identity = Identity::new(args.cluster.node_name.as_deref(), Clock::look().now());
    let kernel = Kernel::load(settings::sizes(args), args.kernel_log.level())?;
    let node_name = Symbol::from(identity.node_name.as_str());
    let capture = {
        let _registers_with_it = threads.capture.enter();
        Capture::new(kernel, args.interfaces.clone(), node_name)?
    };
    let limits = settings::limits(args);
    let exporter = args
        .export
        .map(|export| Exporter::start(export, limits.outputs, give_up_rights))
        .transpose()?;
    let reasons = capture.reasons();
    let feed = Feed::new(
        &identity.node_name,
        args.serve.history as usize,
        Arc::new(reasons.clone()),
    );
    let (rooms, opened) = threads
        .rooms
        .block_on(Rooms::open(args, feed.clone(), threads.rooms.handle()))?;
    let mut app = App {
        identity,
        capture,
        engine: Engine::new(limits, reasons),
        teller: Teller::new(feed, exporter, opened.events),
        cluster: opened.cluster,
        store: None,
        changes: opened.changes,
        questions: opened.questions,
        heard: Vec::new(),
    };
    app.open_store(args)?;
    app.capture.keep_rights_for_taps();
    Ok((app, rooms))
}

impl App {
    async fn run(mut self, rooms: Rooms) -> anyhow::Result<()> {
        let listed = self.capture.find_wanted().await?;
        self.name_links(&listed);
        self.follow(Signals::new()?).await?;
        self.stop();
        rooms.close().await;
        info!("stopped");
        Ok(())
    }

    async fn follow(&mut self, mut signals: Signals) -> anyhow::Result<()> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.next(&mut look, &mut signals).await? {
                Happening::Links(changes) => {
                    self.capture.handle_links(&changes);
                    self.name_links(&changes);
                }
                Happening::Look => self.look(),
                Happening::Asked(question) => self.answer(question),
                Happening::Changed => self.take_changes(),
                Happening::Stop => return Ok(()),
            }
        }
    }

    /// Each of these may be given up at any moment without losing anything.
    async fn next(&mut self, look: &mut Interval, signals: &mut Signals) -> anyhow::Result<Happening> {
        Ok(select! {
            biased;
            () = signals.any() => Happening::Stop,
            changes = self.capture.next_links() => Happening::Links(changes?),
            _ = look.tick() => Happening::Look,
            Some(question) = self.questions.recv() => Happening::Asked(question),
            1.. = self.changes.recv_many(&mut self.heard, CHANGES_AT_ONCE) => Happening::Changed,
        })
    }

    fn look(&mut self) {
        let clock = Clock::look();
        self.capture.look(clock, &mut self.engine);
        self.engine.handle_timeout(clock.now());
        self.teller.tell(&mut self.engine, &mut self.capture);
        if let Some(store) = &mut self.store {
            store.tend(clock.now(), self.engine.inventory_mut());
        }
    }

    /// Goes on with the inventory that an earlier run left.
    fn open_store(&mut self, args: &Args) -> anyhow::Result<()> {
        let Some(settings) = settings::store(args) else {
            return Ok(());
        };
        let (store, stored) = Store::open(&settings)?;
        info!(dir = %settings.dir.display(), edges = stored.edges.len(), "the inventory is kept on disk");
        self.engine.inventory_mut().load(stored);
        self.store = Some(store);
        Ok(())
    }

    fn name_links(&self, changes: &[LinkChange]) {
        for change in changes {
            match change {
                LinkChange::Appeared(link) => self.teller.feed.interface(link.index, Some(&link.name)),
                LinkChange::Gone(index) => self.teller.feed.interface(*index, None),
            }
        }
    }

    fn take_changes(&mut self) {
        for heard in self.heard.drain(..) {
            self.engine.handle_change(&heard.change, heard.at);
        }
    }

    fn answer(&self, question: Question) {
        let now = Clock::look().now();
        let taken = match question {
            Question::Explain { question, reply } => reply.send(answers::explain(&self.engine, &question, now)).is_ok(),
            Question::Snapshot { reply } => {
                let standing = self.cluster.as_ref().map(Cluster::standing);
                let snapshot = snapshot::take(&self.identity, now, &self.engine, &self.capture, standing);
                reply.send(snapshot).is_ok()
            }
            Question::Inventory { reply } => {
                let inventory = answers::inventory(&self.engine, &self.identity, now);
                reply.send(inventory).is_ok()
            }
        };
        if !taken {
            debug!("whoever asked did not wait for the answer");
        }
    }

    /// Reads everything once more, tells it, and leaves nothing behind.
    fn stop(&mut self) {
        let clock = Clock::look();
        self.capture.stop(clock, &mut self.engine);
        self.engine.finish(clock.now());
        self.teller.finish(&mut self.engine, &mut self.capture);
        if let Some(store) = &mut self.store
            && !store.finish(self.engine.inventory_mut(), LAST_WRITE)
        {
            warn!(
                "the disk took too long to write the last of the inventory; the last seconds of it may be lost: look after \
                 the disk of --state-dir, or give the agent longer to end"
            );
        }
    }
}
