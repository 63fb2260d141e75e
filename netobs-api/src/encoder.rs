//! The hot path: a flow as it goes over the wire, encoded once for all subscribers.
use bytes::{Bytes, BytesMut};
use netobs_core::engine::ExplainedFlow;

use self::{ends::Ends, explanations::Explanations};
use crate::wire::Names;

mod ends;
mod explanations;
mod flow;
mod identity;
mod proto;
mod recent;
#[cfg(test)]
mod tests;

/// Flows are written one behind the other into pieces of memory of this size.
const CHUNK: usize = 64 * 1024;

/// What many flows have in common is encoded once: their ends, and what policies say of them.
#[derive(Debug)]
pub struct Encoder {
    /// The field with the node's name, encoded.
    node_name: Vec<u8>,
    ends: Ends,
    explanations: Explanations,
    flow: Vec<u8>,
    chunk: BytesMut,
}

impl Encoder {
    /// For flows that were seen on this node.
    pub fn new(node_name: &str) -> Self {
        let mut field = Vec::new();
        proto::text(&mut field, 3, node_name);
        Self {
            node_name: field,
            ends: Ends::default(),
            explanations: Explanations::default(),
            flow: Vec::new(),
            chunk: BytesMut::new(),
        }
    }

    /// A whole `SubscribeResponse`.
    pub fn encode(&mut self, flow: &ExplainedFlow, names: &dyn Names) -> Bytes {
        self.flow.clear();
        self.write_flow(flow, names);
        let most = self.flow.len() + self.node_name.len() + proto::MOST_HEADER;
        if self.chunk.capacity() < most {
            self.chunk = BytesMut::with_capacity(CHUNK.max(most));
        }
        proto::message(&mut self.chunk, 1, &self.flow);
        self.chunk.extend_from_slice(&self.node_name);
        self.chunk.split().freeze()
    }
}
