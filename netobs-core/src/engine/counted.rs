//! What of each flow went into causes and figures before, so that all of it is counted once.
use std::collections::HashMap;

use crate::{
    event::Count,
    flow::{Flow, FlowDrop, FlowId},
};

/// The flows that go on, of which something was counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    by_flow: HashMap<FlowId, Before>,
}

#[derive(Debug, Default)]
struct Before {
    /// In the order of the flow's drops, to which more are only ever added at the end.
    drops: Vec<Count>,
    further_drops: Count,
    unanswered: bool,
    passed: bool,
}

impl Counted {
    /// The flow's drops, each with those packets alone that were not counted before; then those that are not kept apart.
    pub(super) fn new_drops(&mut self, flow: &Flow) -> (Vec<FlowDrop>, Count) {
        if flow.drops.is_empty() {
            return (Vec::new(), Count::ZERO);
        }
        let before = self.by_flow.entry(flow.id).or_default();
        before.drops.resize(flow.drops.len(), Count::ZERO);
        let mut news = Vec::new();
        for (drop, counted) in flow.drops.iter().zip(&mut before.drops) {
            let count = less(drop.count, std::mem::replace(counted, drop.count));
            if !count.is_zero() {
                news.push(FlowDrop { count, ..*drop });
            }
        }
        let counted = std::mem::replace(&mut before.further_drops, flow.further_drops);
        (news, less(flow.further_drops, counted))
    }

    pub(super) fn is_first_unanswered(&mut self, flow: FlowId) -> bool {
        let before = self.by_flow.entry(flow).or_default();
        !std::mem::replace(&mut before.unanswered, true)
    }

    pub(super) fn is_first_passed(&mut self, flow: FlowId) -> bool {
        let before = self.by_flow.entry(flow).or_default();
        !std::mem::replace(&mut before.passed, true)
    }

    /// To be called when a flow was told for the last time.
    pub(super) fn forget(&mut self, flow: FlowId) {
        self.by_flow.remove(&flow);
    }
}

#[cfg(test)]
impl Counted {
    pub(super) fn len(&self) -> usize {
        self.by_flow.len()
    }
}

const fn less(all: Count, before: Count) -> Count {
    Count {
        packets: all.packets.saturating_sub(before.packets),
        bytes: all.bytes.saturating_sub(before.bytes),
    }
}
