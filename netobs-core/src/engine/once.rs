//! Flows of which something was said, so that it is said once.
use std::collections::{HashSet, VecDeque};

use crate::flow::FlowId;

/// Of more flows than these it may be said again.
const MOST: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Once {
    said: HashSet<FlowId>,
    order: VecDeque<FlowId>,
}

impl Once {
    pub(super) fn is_first(&mut self, flow: FlowId) -> bool {
        if !self.said.insert(flow) {
            return false;
        }
        self.order.push_back(flow);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.said.remove(&oldest);
        }
        true
    }
}
