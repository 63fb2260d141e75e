//! How much was told up to a place in the history, so that whoever missed a part knows exactly what.
use netobs_core::engine::Where;

use super::told::Told;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::serve) struct Sums {
    pub(in crate::serve) flows: u64,
    pub(in crate::serve) lost: Losses,
    /// How often it was told for how long nobody watched: once, or not yet.
    pub(in crate::serve) restarts: u64,
}

/// By where it was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::serve) struct Losses {
    kernel: u64,
    flow_table: u64,
    output: u64,
}

pub(in crate::serve) const PLACES: [Where; 3] = [Where::Kernel, Where::FlowTable, Where::Output];

impl Sums {
    pub(super) const fn add(&mut self, told: &Told) {
        match told {
            Told::Flow(_) => self.flows += 1,
            Told::Unwatched(_) => self.restarts += 1,
            Told::Lost { place, count } => {
                let lost = self.lost.of_mut(*place);
                *lost = lost.saturating_add(*count);
            }
        }
    }

    /// What was told since `earlier`.
    pub(super) const fn since(self, earlier: Self) -> Self {
        Self {
            flows: self.flows - earlier.flows,
            restarts: self.restarts - earlier.restarts,
            lost: Losses {
                kernel: self.lost.kernel - earlier.lost.kernel,
                flow_table: self.lost.flow_table - earlier.lost.flow_table,
                output: self.lost.output - earlier.lost.output,
            },
        }
    }
}

impl Losses {
    pub(in crate::serve) const fn of(&self, place: Where) -> u64 {
        match place {
            Where::Kernel => self.kernel,
            Where::FlowTable => self.flow_table,
            Where::Output => self.output,
        }
    }

    const fn of_mut(&mut self, place: Where) -> &mut u64 {
        match place {
            Where::Kernel => &mut self.kernel,
            Where::FlowTable => &mut self.flow_table,
            Where::Output => &mut self.output,
        }
    }
}
