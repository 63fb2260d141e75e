//! What the engine tells, in a bounded queue that says what it could not keep.
use std::{collections::VecDeque, sync::Arc};

use crate::{cause::Cause, event::Count, explained::ExplainedFlow};

/// Where something was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Where {
    /// Before it came to the engine.
    Kernel,
    /// Connections that were too many for the table of flows.
    FlowTable,
    /// Outputs that nobody fetched in time.
    Output,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Flow(Arc<ExplainedFlow>),
    /// A cause that is new or not as it was.
    Cause(Arc<Cause>),
    /// Packets; for [`Where::Output`], outputs.
    Lost {
        place: Where,
        count: Count,
    },
}

#[derive(Debug)]
pub(super) struct Outputs {
    queue: VecDeque<Output>,
    most: usize,
    lost: u64,
}

impl Outputs {
    pub(super) fn new(most: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            most,
            lost: 0,
        }
    }

    /// What was lost is told in its place: before the first that was kept again.
    pub(super) fn push(&mut self, output: Output) {
        if self.queue.len() >= self.most {
            self.lost += 1;
            return;
        }
        if let Some(lost) = self.take_lost() {
            self.queue.push_back(lost);
        }
        self.queue.push_back(output);
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front().or_else(|| self.take_lost())
    }

    fn take_lost(&mut self) -> Option<Output> {
        let packets = std::mem::take(&mut self.lost);
        (packets > 0).then_some(Output::Lost {
            place: Where::Output,
            count: Count { packets, bytes: 0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(packets: u64) -> Output {
        told(Where::Kernel, packets)
    }

    fn lost(packets: u64) -> Output {
        told(Where::Output, packets)
    }

    fn told(place: Where, packets: u64) -> Output {
        Output::Lost {
            place,
            count: Count { packets, bytes: 0 },
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_and_told_in_its_place() {
        let mut outputs = Outputs::new(2);
        for count in 1..=5 {
            outputs.push(kernel(count));
        }
        assert_eq!(outputs.pop(), Some(kernel(1)));
        outputs.push(kernel(6));
        let rest: Vec<_> = std::iter::from_fn(|| outputs.pop()).collect();
        assert_eq!(rest, [kernel(2), lost(3), kernel(6)]);
        assert_eq!(outputs.pop(), None);
    }

    #[test]
    fn a_loss_is_told_even_if_nothing_follows() {
        let mut outputs = Outputs::new(1);
        outputs.push(kernel(1));
        outputs.push(kernel(2));
        assert_eq!(
            [outputs.pop(), outputs.pop(), outputs.pop()],
            [Some(kernel(1)), Some(lost(1)), None]
        );
    }
}
