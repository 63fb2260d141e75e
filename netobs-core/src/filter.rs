//! Which flows and causes someone wants to be told of.
//!
//! What passes is decided for every flow and every subscriber, so nothing is allocated for it.
pub use self::{
    cause::{CauseFilter, StateKind},
    end::{EndFilter, EndKind, NamePattern, ScopedPattern, WorkloadPattern},
    flow::{FlowFilter, ProtocolKind, ReasonPattern},
};
use crate::{engine::Reasons, explained::ExplainedFlow};

mod cause;
mod end;
mod flow;
#[cfg(test)]
mod tests;

/// More filters than these, included and excluded together, nobody may ask for.
pub const MOST_FILTERS: usize = 64;

/// More values than these no field may have.
pub const MOST_VALUES: usize = 256;

/// More values than these all filters together may not have: each may have to be looked at for every flow.
pub const MOST_VALUES_TOGETHER: usize = 4_096;

/// A flow passes if it passes any of the included, or if there are none, and passes none of the excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub include: Vec<FlowFilter>,
    pub exclude: Vec<FlowFilter>,
}

/// What is known of the node where flows are filtered.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub reasons: &'a Reasons,
    pub node: &'a str,
}

impl Filters {
    pub fn pass(&self, flow: &ExplainedFlow, site: Site<'_>) -> bool {
        let passed_by = |filters: &[FlowFilter]| filters.iter().any(|filter| filter.pass(flow, site));
        (self.include.is_empty() || passed_by(&self.include)) && !passed_by(&self.exclude)
    }
}

/// An empty list asks for nothing.
fn any<T>(wanted: &[T], is: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(is)
}
