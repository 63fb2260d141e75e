//! Where a reader begins: at the end, at the oldest that is kept, or so many flows back.
use std::sync::Arc;

use netobs_core::engine::ExplainedFlow;
use tokio::task::consume_budget;

use super::{
    Cursor, Feed, Told,
    ring::{Block, Place},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Start {
    /// Without history.
    End,
    Oldest,
    /// So many of the newest flows that are wanted.
    Last(u64),
}

impl Feed {
    /// A reader, and the number of the entry that was to come when it began.
    pub(in crate::serve) async fn read_from(
        &self,
        start: Start,
        wanted: impl Fn(&ExplainedFlow) -> bool + Send,
    ) -> (Cursor, u64) {
        let end = Cursor::at_end(&self.ring());
        let number = end.next();
        let cursor = match start {
            Start::End | Start::Last(0) => end,
            Start::Oldest => Cursor::at_oldest(self),
            Start::Last(last) => self.walk_back(end, last, wanted).await,
        };
        (cursor, number)
    }

    async fn walk_back(&self, end: Cursor, last: u64, wanted: impl Fn(&ExplainedFlow) -> bool + Send) -> Cursor {
        let (oldest, mut number) = (self.ring().oldest(), end.next());
        let (mut found, mut cursor) = (0, end);
        while number > oldest && found < last {
            consume_budget().await;
            let Place::Here(block) = self.ring().find(number - 1) else {
                break;
            };
            let first = block.first().max(oldest);
            number = back_in(&block, first..number, last, &mut found, &wanted);
            cursor = Cursor::inside(block, number);
        }
        cursor
    }
}

/// The number of the flow with which enough are found, or that of the first.
fn back_in(
    block: &Arc<Block>,
    numbers: std::ops::Range<u64>,
    last: u64,
    found: &mut u64,
    wanted: impl Fn(&ExplainedFlow) -> bool,
) -> u64 {
    let first = numbers.start;
    for number in numbers.rev() {
        if let Some(Told::Flow(flow)) = block.get(number).map(|entry| &entry.told)
            && wanted(flow)
        {
            *found += 1;
            if *found == last {
                return number;
            }
        }
    }
    first
}
