//! The one place that knows all rooms: what happens, in which order, and who is told.
mod answers;
mod capture;
mod outside;
mod rooms;
mod settings;
mod signals;
mod snapshot;
mod suggesting;
mod telling;
mod threads;

use std::{sync::Arc, time::Duration};

use netobs_core::{
    engine::{Engine, Reasons},
    labels::Symbol,
    time::Timestamp,
    unwatched::Unwatched,
};
use tokio::{
    select,
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};

use self::{
    capture::Capture,
    outside::{Outside, Redaction},
    rooms::Rooms,
    signals::Signals,
    snapshot::Identity,
    telling::Teller,
    threads::Threads,
};
use crate::{
    args::Args,
    cluster::{Cluster, Heard},
    export::Exporter,
    kernel::{Clock, Kernel, give_up_rights},
    node::LinkChange,
    serve::{Feed, Question, Sides},
    store::{LastSeen, Store},
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
    last_seen: Option<LastSeen>,
    changes: mpsc::Receiver<Heard>,
    questions: mpsc::Receiver<Question>,
    heard: Vec<Heard>,
}

/// All that is there when the agent begins to follow what happens.
struct Opened {
    app: App,
    rooms: Rooms,
    signals: Signals,
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
    let result = open(args, &threads).and_then(|opened| threads.capture.block_on(opened.run()));
    threads.rooms.shutdown_background();
    result
}

/// Everything that takes rights is done here, on the only thread that has any.
fn open(args: &Args, threads: &Threads) -> anyhow::Result<Opened> {
    let identity = Identity::new(args.cluster.node_name.as_deref(), Clock::look().now());
    let redaction = Redaction::of(&args.redact)?;
    let kernel = Kernel::load(settings::sizes(args), args.kernel_log.level())?;
    let node_name = Symbol::from(identity.node_name.as_str());
    let (mut capture, signals) = {
        let _register_with_it = threads.capture.enter();
        let capture = Capture::new(kernel, args.interfaces.clone(), node_name)?;
        // Before there is something to take away again.
        (capture, Signals::new()?)
    };
    let listed = threads.capture.block_on(capture.list_links())?;
    // Before everything that can take its time: from here on the kernel counts, and nothing is missed.
    capture.handle_links(&listed);
    let watched_from = Clock::exactly();
    let limits = settings::limits(args);
    let exporter = args
        .export
        .map(|export| Exporter::start(export, limits.outputs, give_up_rights))
        .transpose()?;
    let reasons = capture.reasons();
    let feeds = feeds(args, &identity, &Arc::new(reasons.clone()), redaction.is_some());
    let screen = redaction.as_ref().map(Redaction::screen);
    let opening = Rooms::open(args, &identity, feeds.clone(), screen, threads.rooms.handle());
    let (rooms, opened) = threads.rooms.block_on(opening)?;
    let outside = redaction.map(|redaction| Outside::new(&redaction, feeds.outside));
    let mut app = App {
        identity,
        capture,
        engine: Engine::new(limits, reasons),
        teller: Teller::new(feeds.inside, outside, exporter, opened.events),
        cluster: opened.cluster,
        store: None,
        last_seen: None,
        changes: opened.changes,
        questions: opened.questions,
        heard: Vec::new(),
    };
    app.open_store(args, watched_from)?;
    app.name_links(&listed);
    info!(interfaces = app.capture.kernel().attached(), "attached");
    app.capture.keep_rights_for_taps();
    Ok(Opened { app, rooms, signals })
}

/// One for both sides, unless outside something is hidden.
fn feeds(args: &Args, identity: &Identity, reasons: &Arc<Reasons>, hides: bool) -> Sides<Feed> {
    let feed = || Feed::new(&identity.node_name, args.serve.history as usize, Arc::clone(reasons));
    let inside = feed();
    let outside = if hides { feed() } else { inside.clone() };
    Sides { inside, outside }
}

impl Opened {
    async fn run(mut self) -> anyhow::Result<()> {
        self.app.follow(self.signals).await?;
        self.app.stop();
        self.rooms.close().await;
        info!("stopped");
        Ok(())
    }
}

impl App {
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
        if let Some(last_seen) = &self.last_seen {
            last_seen.watched(clock.now());
        }
        self.engine.handle_timeout(clock.now());
        self.teller.tell(&mut self.engine, &mut self.capture);
        if let Some(store) = &mut self.store {
            store.tend(clock.now(), self.engine.inventory_mut());
        }
    }

    /// Goes on with the inventory that an earlier run left, and tells for how long nobody watched since then.
    fn open_store(&mut self, args: &Args, watched_from: Timestamp) -> anyhow::Result<()> {
        let mut before = None;
        if let Some(settings) = settings::store(args) {
            let (store, stored) = Store::open(&settings)?;
            info!(dir = %settings.dir.display(), edges = stored.edges.len(), "the inventory is kept on disk");
            self.engine.inventory_mut().load(stored);
            self.store = Some(store);
            let (last_seen, left) = LastSeen::open(&settings.dir, watched_from, settings.begin)?;
            self.last_seen = Some(last_seen);
            before = left;
        }
        let unwatched = Unwatched::new(before, watched_from);
        if let Some(length) = unwatched.length() {
            info!(?length, at_most = unwatched.at_most, "nobody watched before");
        }
        self.identity.unwatched = Some(unwatched);
        self.teller.unwatched(unwatched);
        Ok(())
    }

    fn name_links(&mut self, changes: &[LinkChange]) {
        for change in changes {
            match change {
                LinkChange::Appeared(link) => {
                    let leads_to_pod = self.capture.leads_to_pod(link);
                    self.engine.handle_interface(link.index, leads_to_pod);
                }
                LinkChange::Gone(index) => self.engine.handle_interface(*index, true),
            }
        }
        self.teller.interfaces(changes);
    }

    fn take_changes(&mut self) {
        for heard in self.heard.drain(..) {
            self.engine.handle_change(&heard.change, heard.at);
        }
    }

    fn answer(&mut self, question: Question) {
        let now = Clock::look().now();
        let taken = match question {
            Question::Explain {
                question,
                redacted,
                reply,
            } => {
                let redactor = self.teller.redactor().filter(|_| redacted);
                reply
                    .send(answers::explain(&self.engine, &question, now, redactor))
                    .is_ok()
            }
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
        if let Some(last_seen) = &self.last_seen {
            last_seen.ended(clock.now());
        }
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
