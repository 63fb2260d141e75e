//! From netobs' own types to the contract's.
use std::sync::Arc;

use netobs_core::{
    event::{Count, Ifindex, ReasonId},
    labels::Symbol,
    time::Timestamp,
};

pub use self::{
    cause::cause,
    explanation::explanation,
    flow::{flow, lost, lost_unwatched, unwatched},
    inventory::{about, edge, edge_key, portrait},
    suggestion::suggestion,
};
pub(crate) use self::{endpoint::endpoint, flow::whereabouts};
use crate::v1;

mod cause;
mod endpoint;
mod explanation;
mod flow;
mod inventory;
mod label;
mod mismatch;
mod suggestion;
#[cfg(test)]
mod tests;

/// What the kernel calls things on this node.
pub trait Names {
    /// `None` where the running kernel has no name for it.
    fn reason(&self, reason: ReasonId) -> Option<&str>;

    /// `None` where the interface is not there any more.
    fn interface(&self, interface: Ifindex) -> Option<Arc<str>>;
}

/// Where it has no name, as other tools write it.
pub(crate) fn interface(interface: Ifindex, names: &dyn Names) -> Arc<str> {
    names
        .interface(interface)
        .unwrap_or_else(|| format!("if{}", interface.0).into())
}

pub(crate) fn nanos(time: Timestamp) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

fn count(count: Count) -> v1::Count {
    v1::Count {
        packets: count.packets,
        bytes: count.bytes,
    }
}

fn text(symbol: &Symbol) -> String {
    symbol.to_string()
}

/// A place in a list.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
