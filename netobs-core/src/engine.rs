//! The state machine over everything: events, changes and time go in, explained flows and causes come out.
use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use self::{
    counted::Counted,
    judge::Judge,
    output::Outputs,
    policies::Policies,
    services::ServiceAsks,
    surroundings::{Live, Selected},
};
pub use self::{
    judge::with_connection,
    output::{Output, Where},
    reasons::{Reasons, Suspicion},
};
pub use crate::explained::{ExplainedFlow, Judgement};
use crate::{
    cause::{self, Cause, Causes},
    change::{Change, Key, Kind, Object},
    directory::{Directory, Turn},
    event::{Count, Event, Ifindex, Tuple},
    explain::{Explanation, Surroundings},
    flow::{self, FlowTable},
    history::{self, LabelHistory},
    inventory::{self, Inventory},
    labels::Symbol,
    policy::{Connection, PolicySet},
    suggest::Suggestion,
    time::Timestamp,
};

mod counted;
mod judge;
mod judgement;
mod mending;
mod output;
mod policies;
mod reasons;
mod services;
mod surroundings;
#[cfg(test)]
mod tests;

/// How much of everything the engine keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub flows: flow::Limits,
    /// How long what is gone is remembered.
    pub grace: Duration,
    pub history: history::Extent,
    pub causes: cause::Extent,
    pub inventory: inventory::Extent,
    /// Outputs that wait to be fetched.
    pub outputs: usize,
    /// How long an enforcer of policies may take to follow them.
    pub lag: Duration,
    /// How often causes that go on are told again.
    pub pace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: flow::Limits::default(),
            grace: Duration::from_secs(300),
            history: history::Extent::default(),
            causes: cause::Extent::default(),
            inventory: inventory::Extent::default(),
            outputs: 65_536,
            lag: Duration::from_secs(10),
            pace: Duration::from_secs(1),
        }
    }
}

pub struct Engine {
    limits: Limits,
    flows: FlowTable,
    directory: Directory,
    history: LabelHistory,
    policies: Policies,
    reasons: Reasons,
    services: ServiceAsks,
    judge: Judge,
    selected: Selected,
    causes: Causes,
    inventory: Inventory,
    outputs: Outputs,
    counted: Counted,
    drops: BTreeMap<Judgement, Count>,
    /// When something last changed that may have mended a cause.
    unchecked: Option<Timestamp>,
    next: Timestamp,
}

impl Engine {
    pub fn new(limits: Limits, reasons: Reasons) -> Self {
        Self {
            limits,
            flows: FlowTable::new(limits.flows),
            directory: Directory::new(limits.grace),
            history: LabelHistory::new(limits.history),
            policies: Policies::default(),
            reasons,
            services: ServiceAsks::default(),
            judge: Judge::default(),
            selected: Selected::default(),
            causes: Causes::new(limits.causes),
            inventory: Inventory::new(limits.inventory),
            outputs: Outputs::new(limits.outputs),
            counted: Counted::default(),
            drops: BTreeMap::new(),
            unchecked: None,
            next: Timestamp::default(),
        }
    }

    /// Takes what the kernel told.
    pub fn handle_event(&mut self, event: &Event) {
        self.flows.observe(event);
    }

    /// Takes what the cluster told at that time.
    pub fn handle_change(&mut self, change: &Change, at: Timestamp) {
        if self.take_policy_change(change, at) {
            self.judge.forget();
            self.unchecked = Some(at);
        }
        for turn in self.directory.apply(change, at) {
            self.history.hear(&turn, at);
            self.take_turn(&turn, at);
        }
    }

    /// Tells what addresses the node we are on has, of which Kubernetes knows only some.
    pub fn handle_own_addresses(&mut self, node: &Symbol, addresses: impl IntoIterator<Item = IpAddr>) {
        self.directory.learn_own_addresses(node, addresses);
    }

    /// Tells whether an interface of the node we are on leads to a pod.
    pub fn handle_interface(&mut self, interface: Ifindex, leads_to_pod: bool) {
        self.directory.learn_interface(interface, leads_to_pod);
    }

    /// Something was lost before it came to the engine.
    pub fn handle_loss(&mut self, count: Count) {
        self.outputs.push(Output::Lost {
            place: Where::Kernel,
            count,
        });
    }

    /// A connection of which only the kernel can say who began it, among those about to be told.
    ///
    /// To be asked until there is none, before [`Engine::handle_timeout`] tells them as well as it can.
    pub fn poll_unsure(&mut self, now: Timestamp) -> Option<Tuple> {
        self.flows.handle_timeout(now);
        self.flows.poll_unsure()
    }

    /// The source of this tuple began its connection.
    pub fn handle_beginner(&mut self, tuple: &Tuple) {
        self.flows.began(tuple);
    }

    /// To be called every [`Engine::pace`] or so.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.flows.handle_timeout(now);
        self.take_reports();
        if now < self.next {
            return;
        }
        self.next = now.plus(self.limits.pace);
        self.directory.expire(now);
        self.history.expire(now);
        self.services.expire(now);
        if let Some(changed) = self.unchecked.take() {
            self.selected.forget();
            self.mend_causes(changed);
        }
        self.causes.expire(now);
        self.inventory.handle_timeout(now);
        for cause in self.causes.take_changed() {
            self.outputs.push(Output::Cause(Arc::new(cause)));
        }
    }

    /// Flows are told, and everything else is looked after, as often as that.
    pub const fn pace(&self) -> Duration {
        self.limits.flows.settle
    }

    /// Tells all flows that go on, so that nothing is left untold at the end.
    pub fn finish(&mut self, now: Timestamp) {
        self.flows.end_all();
        self.next = now;
        self.handle_timeout(now);
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// Whether all objects that decisions rest on were listed once.
    pub fn is_ready(&self) -> bool {
        let listed = |kind| self.directory.has_listed(kind);
        listed(Kind::Namespace) && listed(Kind::Pod) && self.policies.are_listed()
    }

    /// What policies say of a connection that need not have happened.
    pub fn explain(&self, connection: &Connection<'_>) -> Explanation {
        self.policies.set().explain(connection, &self.live())
    }

    /// The smallest changes that would mend a cause, as far as policies and labels can.
    pub fn suggest(&self, cause: &Cause) -> Vec<Suggestion> {
        let by_policies = !matches!(
            cause.key.kind,
            cause::Kind::NotEnforced | cause::Kind::DroppedThoughAdmitted
        );
        // What would admit the port that was tried last does not admit the others.
        if !by_policies || matches!(cause.key.mend, cause::Mend::FurtherPorts { .. }) {
            return Vec::new();
        }
        let example = &cause.example;
        with_connection(example.ends(), |connection| {
            let policies = self.policies.set();
            policies.suggest(connection, &example.explanation, &self.live())
        })
    }

    /// The cluster and its past, as explanations and suggestions ask for them.
    pub const fn surroundings(&self) -> impl Surroundings + '_ {
        self.live()
    }

    /// Connections that are kept now.
    pub fn flows(&self) -> usize {
        self.flows.len()
    }

    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    pub const fn policies(&self) -> &PolicySet {
        self.policies.set()
    }

    pub const fn history(&self) -> &LabelHistory {
        &self.history
    }

    pub const fn causes(&self) -> &Causes {
        &self.causes
    }

    pub const fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// For whoever keeps it through restarts.
    pub const fn inventory_mut(&mut self) -> &mut Inventory {
        &mut self.inventory
    }

    pub const fn reasons(&self) -> &Reasons {
        &self.reasons
    }

    /// Every packet that was told as dropped, by what was made of it.
    pub const fn drops(&self) -> &BTreeMap<Judgement, Count> {
        &self.drops
    }

    fn take_reports(&mut self) {
        while let Some(report) = self.flows.poll() {
            self.take_report(report);
        }
        let lost = self.flows.take_lost();
        if !lost.is_zero() {
            self.outputs.push(Output::Lost {
                place: Where::FlowTable,
                count: lost,
            });
        }
    }

    const fn live(&self) -> Live<'_> {
        Live {
            directory: &self.directory,
            history: &self.history,
            selected: &self.selected,
        }
    }

    /// Whether policies are not as they were.
    fn take_policy_change(&mut self, change: &Change, at: Timestamp) -> bool {
        match change {
            Change::Applied(Object::Policy(policy)) => self.policies.apply(policy, at),
            Change::Deleted(Key::Policy(id)) => self.policies.delete(id, at),
            Change::RelistBegins(Kind::Policy(kind)) => {
                self.policies.list_begins(kind);
                false
            }
            Change::RelistEnds(Kind::Policy(kind)) => self.policies.list_ends(kind, at),
            Change::Applied(_) | Change::Deleted(_) | Change::RelistBegins(_) | Change::RelistEnds(_) => false,
        }
    }

    fn take_turn(&mut self, turn: &Turn, at: Timestamp) {
        self.unchecked = Some(at);
        if matches!(turn, Turn::Namespace { .. }) {
            self.judge.forget();
        }
    }
}
