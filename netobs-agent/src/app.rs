//! The one place that knows all rooms: what happens, in which order, and who is told.
use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, bail};
use netobs_core::{
    event::Ifindex,
    flow::{FlowTable, Limits},
};
use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    time::{Interval, MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};

use crate::{
    args::Args,
    export::Exporter,
    kernel::{AttachBy, Clock, Kernel, KernelError, Sizes},
    node::{Conntrack, Link, LinkChange, Links, Qdiscs},
};

/// How often the ring is looked at. Nobody wakes us for it, so this is also how late news can be.
const LOOK: Duration = Duration::from_millis(20);
/// Sweeps: every so many looks, or fewer when slots run short.
const LOOKS_A_SWEEP: u32 = 12;
const LOOKS_A_SWEEP_WHEN_PRESSED: u32 = 5;
/// Packets that are no connection's are told this often.
const SWEEPS_A_SUMMARY: u32 = 40;

struct App {
    kernel: Kernel,
    links: Links,
    qdiscs: Qdiscs,
    conntrack: Option<Conntrack>,
    flows: FlowTable,
    exporter: Option<Exporter>,
    /// Interfaces asked for by name, beside those of pods.
    wanted: HashSet<String>,
    looks: u32,
    sweeps: u32,
}

enum Happening {
    Links(Vec<LinkChange>),
    Look,
    Stop,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let kernel = Kernel::load(sizes(&args), args.kernel_log.level())?;
    let links = Links::open()?;
    let limits = Limits {
        flows: args.flows as usize,
        update_every: Duration::from_secs(args.update_every),
        ..Limits::default()
    };
    let mut app = App {
        kernel,
        links,
        qdiscs: Qdiscs::default(),
        conntrack: Conntrack::open()
            .inspect_err(|error| debug!(%error, "connections from before the start have no certain beginning"))
            .ok(),
        flows: FlowTable::new(limits),
        exporter: args.export.map(Exporter::start).transpose()?,
        wanted: args.interfaces.into_iter().collect(),
        looks: 0,
        sweeps: 0,
    };
    app.find_wanted().await?;
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

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let signal = |kind| signal(kind).context("signals cannot be received");
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl App {
    /// The interfaces asked for by name must be there from the start; the first listing tells.
    async fn find_wanted(&mut self) -> anyhow::Result<()> {
        while !self.links.are_listed() {
            let changes = self.links.next().await?;
            self.handle_links(changes);
        }
        let missing: Vec<_> = self
            .wanted
            .iter()
            .filter(|name| !self.links.has(name))
            .cloned()
            .collect();
        if !missing.is_empty() {
            bail!(
                "there is no interface {}; there are {} (names are those of this network namespace: on a node the agent \
                 needs hostNetwork)",
                missing.join(", "),
                self.links.names().join(", "),
            );
        }
        info!(interfaces = self.kernel.attached(), "attached");
        Ok(())
    }

    async fn follow(&mut self, mut signals: Signals) -> anyhow::Result<()> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.next(&mut look, &mut signals).await? {
                Happening::Links(changes) => self.handle_links(changes),
                Happening::Look => self.look(),
                Happening::Stop => return Ok(()),
            }
        }
    }

    async fn next(&mut self, look: &mut Interval, signals: &mut Signals) -> anyhow::Result<Happening> {
        Ok(select! {
            biased;
            () = signals.any() => Happening::Stop,
            changes = self.links.next() => Happening::Links(changes?),
            _ = look.tick() => Happening::Look,
        })
    }

    fn handle_links(&mut self, changes: Vec<LinkChange>) {
        for change in changes {
            match change {
                LinkChange::Appeared(link) if link.leads_to_pod() || self.wanted.contains(&link.name) => {
                    self.attach(&link);
                }
                LinkChange::Appeared(_) => {}
                LinkChange::Gone(interface) => self.gone(interface),
            }
        }
    }

    fn attach(&mut self, link: &Link) {
        let attached = self
            .prepare(link)
            .and_then(|()| Ok(self.kernel.attach(link.index, &link.name)?));
        match attached {
            Ok(()) => debug!(interface = link.name, "attached"),
            Err(error) if is_gone(&error) => debug!(interface = link.name, "went before it was attached to"),
            Err(error) => warn!("{error:#}; traffic of {} is not seen", link.name),
        }
    }

    fn prepare(&mut self, link: &Link) -> anyhow::Result<()> {
        if self.kernel.attach_by() == AttachBy::Clsact {
            self.qdiscs.ensure(link)?;
        }
        Ok(())
    }

    fn gone(&mut self, interface: Ifindex) {
        self.kernel.detach(interface);
        self.qdiscs.forget(interface);
    }

    fn look(&mut self) {
        let clock = Clock::look();
        self.looks += 1;
        let looks = if self.kernel.is_pressed() {
            LOOKS_A_SWEEP_WHEN_PRESSED
        } else {
            LOOKS_A_SWEEP
        };
        let flows = &mut self.flows;
        self.kernel.drain(clock, &mut |event| flows.observe(&event));
        if self.looks >= looks {
            self.looks = 0;
            self.sweep(clock);
        }
        self.flows.handle_timeout(clock.now());
        self.ask_who_began();
        self.tell();
    }

    fn ask_who_began(&mut self) {
        while let Some(tuple) = self.flows.poll_unsure() {
            match self
                .conntrack
                .as_ref()
                .and_then(|conntrack| conntrack.began_at_source(&tuple))
            {
                Some(true) => self.flows.began(&tuple),
                Some(false) => self.flows.began(&tuple.reversed()),
                None => {}
            }
        }
    }

    fn sweep(&mut self, clock: Clock) {
        let flows = &mut self.flows;
        self.kernel.sweep(clock, &mut |event| flows.observe(&event));
        for loss in self.kernel.losses() {
            warn!(
                place = loss.place,
                packets = loss.packets,
                "packets were counted that could not be told apart"
            );
            if let Some(exporter) = &mut self.exporter {
                exporter.add_loss(loss.place, loss.packets, loss.bytes);
            }
        }
        self.sweeps += 1;
        if self.sweeps.is_multiple_of(SWEEPS_A_SUMMARY)
            && let Some(exporter) = &mut self.exporter
        {
            tell_skipped(&mut self.kernel, exporter);
        }
    }

    /// Tells as much as the exporter takes; what it does not take stays where it is, and is told later.
    fn tell(&mut self) {
        let Some(exporter) = &mut self.exporter else {
            while self.flows.poll().is_some() {}
            return;
        };
        tell_lost(&mut self.flows, exporter);
        let names = Names {
            kernel: &self.kernel,
            links: &self.links,
        };
        exporter.tell(&mut self.flows, &names);
    }

    /// Reads everything once more, tells it, and leaves nothing behind.
    fn stop(&mut self) {
        self.kernel.detach_everywhere();
        self.qdiscs.remove_all();
        let clock = Clock::look();
        let flows = &mut self.flows;
        while self.kernel.drain(clock, &mut |event| flows.observe(&event)) {}
        self.sweep(clock);
        self.flows.handle_timeout(clock.now());
        self.ask_who_began();
        self.flows.end_all();
        if let Some(exporter) = &mut self.exporter {
            tell_lost(&mut self.flows, exporter);
            tell_skipped(&mut self.kernel, exporter);
            let names = Names {
                kernel: &self.kernel,
                links: &self.links,
            };
            exporter.finish(&mut self.flows, &names);
        }
        info!("stopped");
    }
}

/// Names for numbers, from the rooms that know them.
struct Names<'a> {
    kernel: &'a Kernel,
    links: &'a Links,
}

impl crate::export::Names for Names<'_> {
    fn reason(&self, reason: netobs_core::event::ReasonId) -> String {
        self.kernel.reason_name(reason)
    }

    fn interface(&self, interface: Ifindex) -> Option<&str> {
        self.links.name(interface)
    }
}

fn tell_lost(flows: &mut FlowTable, exporter: &mut Exporter) {
    let lost = flows.take_lost();
    if !lost.is_zero() {
        warn!(packets = lost.packets, "flows were lost: the export does not keep up");
        exporter.add_loss("flows", lost.packets, lost.bytes);
    }
}

fn tell_skipped(kernel: &mut Kernel, exporter: &mut Exporter) {
    for skipped in kernel.skipped() {
        exporter.add_skipped(skipped.what, skipped.packets);
    }
}

fn is_gone(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(KernelError::InterfaceGone { .. }))
}
