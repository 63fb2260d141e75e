//! The hot path: a flow as it goes over the wire, encoded once for all subscribers.
use bytes::Bytes;
use netobs_core::engine::ExplainedFlow;
use prost::Message as _;

use crate::{
    v1,
    wire::{self, Names},
};

pub struct Encoder {
    node_name: String,
}

impl Encoder {
    /// For flows that were seen on this node.
    pub fn new(node_name: &str) -> Self {
        Self {
            node_name: node_name.to_owned(),
        }
    }

    /// A whole `SubscribeResponse`.
    pub fn encode(&mut self, flow: &ExplainedFlow, names: &dyn Names) -> Bytes {
        let response = v1::SubscribeResponse {
            node_name: self.node_name.clone(),
            message: Some(v1::subscribe_response::Message::Flow(wire::flow(flow, names))),
        };
        response.encode_to_vec().into()
    }
}
