//! What the kernel and the node tell, into the engine.
use std::{
    collections::{BTreeMap, HashSet},
    mem,
};

use anyhow::bail;
use netobs_core::{
    engine::{Engine, Reasons},
    event::{Count, Ifindex, ReasonId, Tuple},
    labels::Symbol,
};
use tracing::{debug, info, warn};

use crate::{
    kernel::{AttachBy, Clock, Kernel, KernelError, LEFT_OUT, Loss, PLACES, Skipped},
    node::{self, Conntrack, Link, LinkChange, Links, NodeError, Qdiscs},
};

/// Sweeps: every so many looks, or fewer when slots run short.
const LOOKS_A_SWEEP: u32 = 12;
const LOOKS_A_SWEEP_WHEN_PRESSED: u32 = 5;
/// Packets that are no connection's are counted, and the node's own addresses listed, this often.
const SWEEPS_A_SUMMARY: u32 = 40;

pub(super) struct Capture {
    kernel: Kernel,
    links: Links,
    qdiscs: Qdiscs,
    conntrack: Option<Conntrack>,
    /// Interfaces asked for by name, beside those of pods.
    wanted: HashSet<String>,
    node_name: Symbol,
    looks: u32,
    sweeps: u32,
    tally: Tally,
    totals: Totals,
}

/// What was lost and left out since this was last asked.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) losses: Vec<Loss>,
    pub(super) skipped: Vec<Skipped>,
}

/// Packets lost and left out since the start, by where and what; that there were none is known, too.
pub(super) struct Totals {
    pub(super) losses: BTreeMap<&'static str, u64>,
    pub(super) skipped: BTreeMap<&'static str, u64>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            losses: PLACES.map(|place| (place, 0)).into(),
            skipped: LEFT_OUT.map(|what| (what, 0)).into(),
        }
    }
}

impl Capture {
    pub(super) fn new(kernel: Kernel, wanted: Vec<String>, node_name: Symbol) -> anyhow::Result<Self> {
        Ok(Self {
            kernel,
            links: Links::open()?,
            qdiscs: Qdiscs::default(),
            conntrack: Conntrack::open()
                .inspect_err(|error| debug!(%error, "connections from before the start have no certain beginning"))
                .ok(),
            wanted: wanted.into_iter().collect(),
            node_name,
            looks: 0,
            sweeps: 0,
            tally: Tally::default(),
            totals: Totals::default(),
        })
    }

    /// Gives up what is not needed from here on.
    pub(super) fn keep_rights_for_taps(&self) {
        self.kernel.keep_rights_for_taps();
    }

    /// What there is at the start, to be handed to [`Capture::handle_links`]; interfaces asked for by name must be among it.
    pub(super) async fn list_links(&mut self) -> anyhow::Result<Vec<LinkChange>> {
        let mut listed = Vec::new();
        while !self.links.are_listed() {
            listed.extend(self.links.next().await?);
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
        Ok(listed)
    }

    /// Waits for the next changes of links, to be handed to [`Capture::handle_links`].
    pub(super) async fn next_links(&mut self) -> Result<Vec<LinkChange>, NodeError> {
        self.links.next().await
    }

    pub(super) fn handle_links(&mut self, changes: &[LinkChange]) {
        for change in changes {
            match change {
                LinkChange::Appeared(link) if self.links.leads_to_pod(link) || self.wanted.contains(&link.name) => {
                    self.attach(link);
                }
                LinkChange::Appeared(link) => self.pass_over(link),
                LinkChange::Gone(interface) => self.gone(*interface),
            }
        }
    }

    pub(super) fn leads_to_pod(&self, link: &Link) -> bool {
        self.links.leads_to_pod(link)
    }

    /// Hands everything that is new to the engine.
    pub(super) fn look(&mut self, clock: Clock, engine: &mut Engine) {
        self.looks += 1;
        let looks = if self.kernel.is_pressed() {
            LOOKS_A_SWEEP_WHEN_PRESSED
        } else {
            LOOKS_A_SWEEP
        };
        self.kernel.drain(clock, &mut |event| engine.handle_event(&event));
        if self.looks >= looks {
            self.looks = 0;
            self.sweep(clock, engine);
        }
        self.ask_who_began(clock, engine);
    }

    /// Takes the programs away, and reads everything once more.
    pub(super) fn stop(&mut self, clock: Clock, engine: &mut Engine) {
        self.take_away();
        while self.kernel.drain(clock, &mut |event| engine.handle_event(&event)) {}
        self.sweep(clock, engine);
        self.count_skipped();
        self.ask_who_began(clock, engine);
    }

    pub(super) fn take_tally(&mut self) -> Tally {
        mem::take(&mut self.tally)
    }

    pub(super) const fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) const fn asks_conntrack(&self) -> bool {
        self.conntrack.is_some()
    }

    pub(super) fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    pub(super) fn reasons(&self) -> Reasons {
        self.kernel.reason_names().map(|(id, name)| (id, name.into())).collect()
    }

    fn sweep(&mut self, clock: Clock, engine: &mut Engine) {
        self.kernel.sweep(clock, &mut |event| engine.handle_event(&event));
        for loss in self.kernel.losses() {
            warn!(
                place = loss.place,
                packets = loss.packets,
                "packets were counted that could not be told apart: the kernel's tables or ring are full; give --connections, \
                 --drops or --ring more room"
            );
            engine.handle_loss(Count {
                packets: loss.packets,
                bytes: loss.bytes,
            });
            *self.totals.losses.entry(loss.place).or_default() += loss.packets;
            self.tally.losses.push(loss);
        }
        if self.sweeps.is_multiple_of(SWEEPS_A_SUMMARY) {
            self.count_skipped();
            self.list_own_addresses(engine);
        }
        self.sweeps += 1;
    }

    fn count_skipped(&mut self) {
        for skipped in self.kernel.skipped() {
            *self.totals.skipped.entry(skipped.what).or_default() += skipped.packets;
            self.tally.skipped.push(skipped);
        }
    }

    fn list_own_addresses(&self, engine: &mut Engine) {
        match node::own_addresses() {
            Ok(addresses) => engine.handle_own_addresses(&self.node_name, addresses),
            Err(error) => debug!(%error, "the node's own addresses are not known"),
        }
    }

    fn ask_who_began(&self, clock: Clock, engine: &mut Engine) {
        let conntrack = self.conntrack.as_ref();
        let began_at_source = |tuple: &Tuple| conntrack.and_then(|conntrack| conntrack.began_at_source(tuple));
        while let Some(tuple) = engine.poll_unsure(clock.now()) {
            match began_at_source(&tuple) {
                Some(true) => engine.handle_beginner(&tuple),
                Some(false) => engine.handle_beginner(&tuple.reversed()),
                None => {}
            }
        }
    }

    fn attach(&mut self, link: &Link) {
        let attached = self
            .prepare(link)
            .and_then(|handle| Ok(self.kernel.attach(link.index, &link.name, handle)?));
        match attached {
            Ok(()) => debug!(interface = link.name, "attached"),
            Err(error) => cannot_attach(link, &error),
        }
    }

    /// Gives the handle of filters, where there are such.
    fn prepare(&mut self, link: &Link) -> anyhow::Result<u32> {
        Ok(match self.kernel.attach_by() {
            AttachBy::Clsact => self.qdiscs.ensure(link)?,
            AttachBy::Tcx => 0,
        })
    }

    /// What it leads to was known only after it was attached to, or has changed.
    fn pass_over(&mut self, link: &Link) {
        if self.kernel.is_attached(link.index) {
            self.kernel.detach(link.index);
            self.qdiscs.remove(link.index);
        }
        if link.leads_elsewhere() {
            info!(
                interface = link.name,
                "leads out of the node, by its routes and addresses, and is not watched; --interface watches it too"
            );
        }
    }

    fn take_away(&mut self) {
        self.kernel.detach_everywhere();
        self.qdiscs.remove_all();
    }

    fn gone(&mut self, interface: Ifindex) {
        self.kernel.detach(interface);
        self.qdiscs.forget(interface);
    }
}

/// Whatever ends the agent, nothing of it stays behind.
impl Drop for Capture {
    fn drop(&mut self) {
        self.take_away();
    }
}

/// Names for numbers, from the rooms that know them.
impl crate::export::Names for Capture {
    fn reason(&self, reason: ReasonId) -> String {
        self.kernel.reason_name(reason)
    }

    fn interface(&self, interface: Ifindex) -> Option<&str> {
        self.links.name(interface)
    }
}

fn cannot_attach(link: &Link, error: &anyhow::Error) {
    if is_gone(error) {
        debug!(interface = link.name, "went before it was attached to");
    } else {
        warn!(
            "{error:#}; traffic of {} is not seen: mend that, and start the agent again",
            link.name
        );
    }
}

fn is_gone(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(KernelError::InterfaceGone { .. }))
}
