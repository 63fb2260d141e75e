//! Counts each flow once, on the edge where it belongs by all that is known of it.
use super::{
    CauseSummary, Example, ExampleEnd, Inventory,
    course::{self, Course},
    edge::Share,
    edges::EdgeId,
    recognise::recognise,
    sides::Side,
};
use crate::{
    cause::Causes,
    directory::{Directory, Owner},
    enrich::EnrichedFlow,
    event::{Count, Tuple},
    explained::ExplainedFlow,
    flow::FlowId,
    render,
};

/// What was counted of a flow that goes on, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub(super) edge: EdgeId,
    tuple: Tuple,
    share: Share,
}

impl Inventory {
    /// Moves what was counted of it before to the edge where it belongs by now.
    pub(super) fn count(&mut self, flow: &EnrichedFlow, directory: &Directory) -> Counted {
        let share = share(flow, true);
        let tuple = flow.flow.tuple;
        let before = self.by_flow.get(&flow.flow.id).copied();
        if let Some(before) = before {
            if before.tuple == tuple && self.keeps_course(before.edge, flow, directory) {
                self.exchange(&before, share);
                return Counted { share, ..before };
            }
            self.take_back(&before);
        }
        if self.edges.has_many_moved(self.by_flow.len()) {
            self.sweep_moved();
        }
        let edge = self.begin(flow, &share, directory);
        Counted { edge, tuple, share }
    }

    /// Whether it still belongs to that edge.
    fn keeps_course(&self, edge: EdgeId, flow: &EnrichedFlow, directory: &Directory) -> bool {
        self.edges
            .key(edge)
            .is_some_and(|key| course::is_settled(key) || !Course::of(flow, directory).is_closer_than(key))
    }

    /// Counts it for the first time on its edge, with what only has to be known once.
    fn begin(&mut self, flow: &EnrichedFlow, share: &Share, directory: &Directory) -> EdgeId {
        let course = Course::of(flow, directory);
        let marks = recognise(flow, &course, directory, &self.api);
        for end in [&flow.source, &course.server] {
            if let Owner::Pod { pod, namespace } = end
                && !pod.host_network
            {
                if self.portraits.is_full() {
                    self.sweep();
                }
                self.portraits.see(pod, namespace.as_deref(), flow.flow.last);
            }
        }
        let id = self.edges.edge(course.key, flow.flow.first);
        if let Some(edge) = self.edges.get_mut(id) {
            if edge.recognise(marks) {
                edge.examples.add(example(flow));
            }
            edge.give(share);
        }
        id
    }

    /// The same connection is counted with the address of the pod that served it; what was dropped is not in that.
    pub(super) fn count_twin(&mut self, flow: &EnrichedFlow) -> Option<Counted> {
        let share = share(flow, false);
        let before = self.by_flow.get(&flow.flow.id).copied();
        let edge = match before {
            Some(before) => {
                self.exchange(&before, share);
                before.edge
            }
            None => {
                let edge = self.by_flow.get(&flow.twin?)?.edge;
                self.edges.get_mut(edge)?.give(&share);
                edge
            }
        };
        Some(Counted {
            edge,
            tuple: flow.flow.tuple,
            share,
        })
    }

    /// What was counted of the flow with the service's address belongs to the edge of its twin.
    pub(super) fn give_way(&mut self, asked: FlowId, edge: EdgeId) {
        let Some(before) = self.by_flow.get(&asked).copied() else {
            return;
        };
        if !before.share.is_connection {
            return;
        }
        self.take_back(&before);
        let share = Share {
            is_connection: false,
            sent: Count::ZERO,
            replied: Count::ZERO,
            ..before.share
        };
        if let Some(edge) = self.edges.get_mut(edge) {
            edge.give(&share);
        }
        self.by_flow.insert(asked, Counted { edge, share, ..before });
    }

    /// Whether it is not for the inventory; a flow whose pod was forgotten meanwhile stays where it was counted.
    pub(super) fn is_foreign(&self, flow: &EnrichedFlow) -> bool {
        let before = self.by_flow.get(&flow.flow.id);
        let before = before.and_then(|before| self.edges.key(before.edge));
        course::is_foreign(flow) && before.is_none_or(|key| course::may_be_foreign(key))
    }

    /// A flow that is not for the inventory; before that was known it may have been counted.
    pub(super) fn pass_over(&mut self, explained: &ExplainedFlow) {
        if let Some(before) = self.by_flow.remove(&explained.enriched.flow.id) {
            self.take_back(&before);
        }
        if explained.phase.is_last() {
            self.foreign += 1;
        }
    }

    fn exchange(&mut self, before: &Counted, share: Share) {
        if let Some(edge) = self.edges.get_mut(before.edge) {
            edge.take_back(&before.share);
            edge.give(&share);
        }
    }

    fn take_back(&mut self, before: &Counted) {
        let id = self.edges.find(before.edge);
        let Some(edge) = self.edges.get_mut(id) else {
            return;
        };
        edge.take_back(&before.share);
        if edge.is_empty() {
            self.edges.remove(id);
        }
    }

    pub(super) fn note(&mut self, edge: EdgeId, explained: &ExplainedFlow, causes: &Causes) {
        let flow = &explained.enriched;
        let Some(edge) = self.edges.get_mut(edge) else {
            return;
        };
        edge.first = edge.first.min(flow.flow.first);
        edge.last = edge.last.max(flow.flow.last);
        if let Some(service) = &flow.service
            && edge.service.as_ref() != Some(&service.name)
        {
            edge.service = Some(service.name.clone());
        }
        let known = edge.cause.as_ref().and_then(|cause| cause.id);
        let latest = explained.causes.first().filter(|cause| Some(cause.id) != known);
        if let Some(cause) = latest.and_then(|latest| causes.get(latest.id)) {
            edge.cause = Some(CauseSummary {
                id: Some(cause.id),
                kind: cause.key.kind,
                headline: render::cause_headline(cause).into(),
            });
        }
    }
}

fn share(flow: &EnrichedFlow, is_connection: bool) -> Share {
    let side = side(flow);
    let flow = &flow.flow;
    let mut dropped = flow.further_drops;
    for drop in &flow.drops {
        dropped += drop.count;
    }
    let counted = |count| if is_connection { count } else { Count::ZERO };
    Share {
        verdict: flow.verdict,
        side,
        is_connection,
        sent: counted(flow.forward),
        replied: counted(flow.reply),
        dropped,
    }
}

/// Its source's interface saw a connection through a service with the service's address, which is another flow.
fn side(flow: &EnrichedFlow) -> Side {
    let at_source = flow.flow.source_interface.is_some() || flow.twin.is_some();
    Side::of(at_source, flow.flow.destination_interface.is_some())
}

fn example(flow: &EnrichedFlow) -> Example {
    let end = |owner: &Owner, address| ExampleEnd {
        address,
        name: match owner {
            Owner::Pod { pod, .. } => Some(pod.name.clone()),
            Owner::Node { name, .. } => Some(name.clone()),
            Owner::Service(service) => Some(service.name.name.clone()),
            Owner::World { .. } | Owner::Unknown(_) => None,
        },
    };
    Example {
        source: end(&flow.source, flow.flow.tuple.source),
        destination: end(&flow.destination, flow.flow.tuple.destination),
        at: flow.flow.last,
    }
}
