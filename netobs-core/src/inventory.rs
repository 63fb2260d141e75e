//! Who talks to whom, at which port, for how long already: what is left of flows after they are gone.
use std::{collections::HashMap, sync::Arc, time::Duration};

use self::{counting::Counted, edges::Edges, portraits::Portraits};
pub use self::{
    edge::{CauseSummary, Edge, EdgeKey, Example, ExampleEnd, Examples, MOST_EXAMPLES, Place, Verdicts},
    listing::{About, Filter, Forgotten, Listing},
    mark::{By, Mark, Marks},
    portrait::{MOST_PODS, Portrait, PortraitKey, SeenPod},
    sides::{Joined, Sides, Tally},
    watch::{Span, Watch, Watched},
};
use crate::{
    cause::Causes,
    change::Scoped,
    directory::{Directory, Owner},
    explained::ExplainedFlow,
    flow::FlowId,
    time::Timestamp,
};

mod blocks;
mod counting;
mod course;
mod edge;
mod edges;
mod listing;
mod mark;
mod portrait;
mod portraits;
mod recognise;
mod sides;
#[cfg(test)]
mod tests;
mod watch;

/// How often it is looked for what is too old.
const SWEEP: Duration = Duration::from_secs(600);

/// How much is kept, and for how long after it was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub edges: usize,
    pub age: Duration,
}

impl Default for Extent {
    /// What happens once a month is still there when it happens again.
    fn default() -> Self {
        Self {
            edges: 65_536,
            age: Duration::from_secs(35 * 24 * 3600),
        }
    }
}

/// What of the cluster is asked when a flow is added.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub directory: &'a Directory,
    pub causes: &'a Causes,
}

#[derive(Debug)]
pub struct Inventory {
    extent: Extent,
    edges: Edges,
    portraits: Portraits,
    /// What was counted of each flow that goes on.
    by_flow: HashMap<FlowId, Counted, foldhash::fast::RandomState>,
    foreign: u64,
    watch: Watch,
    next_sweep: Timestamp,
    /// The service of the Kubernetes API.
    api: Scoped,
}

/// What is not as it was when this was last taken. Time and counts of what was let go are always all there is.
#[derive(Debug, Default)]
pub struct Changes {
    /// Keys that there are no edges for any more; of one that came back, the edge is among the edges.
    pub gone: Vec<Arc<EdgeKey>>,
    pub edges: Vec<Arc<Edge>>,
    /// These edges are all there are, and whatever else was taken before is gone.
    pub everything: bool,
    pub portraits: Vec<Arc<Portrait>>,
    /// The same, of the portraits.
    pub all_portraits: bool,
    pub watch: Watch,
    pub forgotten: Forgotten,
}

/// An inventory as an earlier run left it.
#[derive(Debug, Default)]
pub struct Stored {
    pub edges: Vec<Edge>,
    pub portraits: Vec<Portrait>,
    pub watch: Watch,
    pub forgotten: Forgotten,
}

impl Inventory {
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            edges: Edges::new(extent.edges),
            // An edge has two ends.
            portraits: Portraits::new(extent.edges.saturating_mul(2)),
            by_flow: HashMap::default(),
            foreign: 0,
            watch: Watch::default(),
            next_sweep: Timestamp::default(),
            api: Scoped {
                namespace: "default".into(),
                name: "kubernetes".into(),
            },
        }
    }

    /// Goes on where an earlier run ended. From now on what changes is remembered for [`Inventory::take_changes`].
    ///
    /// What was seen meanwhile is joined with it; then only [`Inventory::follow_changes`] makes what is taken next the whole.
    pub fn load(&mut self, stored: Stored) {
        self.edges.follow(false);
        self.edges.forgot_before(stored.forgotten);
        self.watch.join_earlier(stored.watch);
        for edge in &stored.edges {
            self.edges.load(edge);
        }
        for portrait in stored.portraits {
            self.portraits.load(portrait);
        }
        if self.portraits.is_full() {
            self.sweep();
        }
    }

    /// As if nothing had been taken yet: what is taken next is everything.
    pub fn follow_changes(&mut self) {
        self.edges.follow(true);
    }

    /// To be called every second or so: it is how watching is told from being down.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.watch.tick(now);
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now.plus(SWEEP);
        let before = now.minus(self.extent.age);
        self.edges.expire(before);
        self.watch.expire(before);
        self.sweep();
    }

    /// Counts what is new of a flow.
    pub fn add(&mut self, explained: &ExplainedFlow, around: Around<'_>) {
        let flow = &explained.enriched;
        if self.is_foreign(flow) {
            self.pass_over(explained);
            return;
        }
        let id = flow.flow.id;
        let is_twin = matches!(flow.destination, Owner::Service(_)) && flow.twin.is_some();
        let counted = if is_twin {
            self.count_twin(flow)
        } else {
            Some(self.count(flow, around.directory))
        };
        let Some(counted) = counted else { return };
        if let (Owner::Pod { .. }, Some(asked)) = (&flow.destination, flow.twin) {
            self.give_way(asked, counted.edge);
        }
        self.note(counted.edge, explained, around.causes);
        if explained.phase.is_last() {
            self.by_flow.remove(&id);
        } else {
            self.by_flow.insert(id, counted);
        }
    }

    /// In no order.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = &Arc<Edge>> {
        self.edges.iter()
    }

    /// In no order.
    pub fn portraits(&self) -> impl ExactSizeIterator<Item = &Arc<Portrait>> {
        self.portraits.iter()
    }

    pub const fn watch(&self) -> &Watch {
        &self.watch
    }

    pub const fn forgotten(&self) -> Forgotten {
        self.edges.forgotten()
    }

    /// Connections that ended and are in no edge, for neither end is the cluster's: drops among other containers of the
    /// machine are told, too.
    pub const fn foreign(&self) -> u64 {
        self.foreign
    }

    pub const fn extent(&self) -> Extent {
        self.extent
    }

    pub fn take_changes(&mut self) -> Changes {
        let taken = self.edges.take_changes();
        let (portraits, all_portraits) = self.portraits.take_changes(taken.everything);
        Changes {
            gone: taken.gone,
            edges: taken.edges,
            everything: taken.everything,
            portraits,
            all_portraits,
            watch: self.watch.clone(),
            forgotten: self.forgotten(),
        }
    }

    fn sweep(&mut self) {
        self.portraits.keep(self.edges.iter().map(|edge| &edge.key));
        self.sweep_moved();
    }

    fn sweep_moved(&mut self) {
        let asked_for = self.by_flow.values().map(|counted| counted.edge);
        self.edges.sweep_moved(asked_for);
    }
}
