//! What the feed keeps, and what readers miss.
use std::sync::{Arc, Weak};

use netobs_core::{
    engine::{ExplainedFlow, Where},
    flow::Verdict,
};

use super::{Cursor, Feed, Heard, PLACES, Start, Told, ring::BLOCK};
use crate::serve::tests::scene::{dropped, feed, flow};

const BLOCK_LENGTH: u64 = BLOCK as u64;

/// What one reader came by.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    flows: Vec<u64>,
    missed: u64,
    lost: [u64; 3],
}

impl Account {
    fn read(&mut self, cursor: &mut Cursor, feed: &Feed, end: u64) -> bool {
        cursor.read(feed, end, |heard| match heard {
            Heard::Entry(entry) => match &entry.told {
                Told::Flow(flow) => self.flows.push(flow.enriched.flow.id.0),
                Told::Lost { place, count } => self.add_lost(*place, *count),
                Told::Unwatched(_) => {}
            },
            Heard::Missed(sums) => {
                self.missed += sums.flows;
                for place in PLACES {
                    self.add_lost(place, sums.lost.of(place));
                }
            }
        })
    }

    fn read_all(&mut self, cursor: &mut Cursor, feed: &Feed, end: u64) {
        while self.read(cursor, feed, end) {}
    }

    fn add_lost(&mut self, place: Where, count: u64) {
        let index = PLACES.iter().position(|known| *known == place).unwrap();
        self.lost[index] += count;
    }
}

fn tell(feed: &Feed, numbers: std::ops::Range<u64>) {
    for number in numbers {
        feed.flow(Arc::new(flow(number)));
    }
}

fn any(_: &ExplainedFlow) -> bool {
    true
}

async fn history(feed: &Feed, start: Start) -> Account {
    let (mut cursor, end) = feed.read_from(start, any).await;
    let mut account = Account::default();
    account.read_all(&mut cursor, feed, end);
    account
}

#[tokio::test]
async fn the_history_holds_as_many_as_it_has_room_for() {
    for told in [0, 1, 255, 256, 257, 300, 511, 512, 513, 1_000] {
        let feed = feed(300);
        tell(&feed, 0..told);
        let expected: Vec<u64> = (told.saturating_sub(300)..told).collect();
        assert_eq!(history(&feed, Start::Oldest).await.flows, expected, "of {told}");
        assert_eq!(feed.fill().entries, told.min(300));
        let last = history(&feed, Start::Last(7)).await.flows;
        assert_eq!(last, (told.saturating_sub(7)..told).collect::<Vec<_>>(), "of {told}");
        assert_eq!(history(&feed, Start::Last(9_999)).await.flows, expected, "of {told}");
        assert_eq!(history(&feed, Start::End).await, Account::default());
    }
}

#[tokio::test]
async fn what_falls_out_is_freed() {
    let feed = feed(300);
    let mut told: Vec<Weak<ExplainedFlow>> = Vec::new();
    for number in 0..10_000 {
        let flow = Arc::new(flow(number));
        told.push(Arc::downgrade(&flow));
        feed.flow(flow);
        let kept = told.iter().rev().take_while(|flow| flow.strong_count() > 0).count();
        assert!(kept <= 300 + BLOCK, "{kept} after {number}");
    }
    assert_eq!(told[..9_000].iter().filter(|flow| flow.strong_count() > 0).count(), 0);
}

#[tokio::test]
async fn the_last_are_those_that_are_wanted() {
    let feed = feed(2_000);
    for number in 0..1_500 {
        let flow = if number % 400 == 3 {
            dropped(number)
        } else {
            flow(number)
        };
        feed.flow(Arc::new(flow));
    }
    let wanted = |flow: &ExplainedFlow| flow.enriched.flow.verdict == Verdict::Dropped;
    let (mut cursor, end) = feed.read_from(Start::Last(2), wanted).await;
    let mut account = Account::default();
    account.read_all(&mut cursor, &feed, end);
    assert_eq!(account.flows.first(), Some(&803));
    assert_eq!(account.flows.len(), 697);
}

#[tokio::test]
async fn an_overtaken_reader_knows_to_the_last_what_it_missed() {
    let feed = feed(300);
    let (mut cursor, _) = feed.read_from(Start::End, any).await;
    tell(&feed, 0..10);
    let mut account = Account::default();
    account.read(&mut cursor, &feed, u64::MAX);
    tell(&feed, 10..500);
    feed.lost(Where::Kernel, 5);
    feed.lost(Where::Output, 6);
    tell(&feed, 500..3_000);
    feed.lost(Where::Kernel, 7);
    account.read_all(&mut cursor, &feed, u64::MAX);
    assert_eq!(account.lost, [12, 0, 6]);
    assert_eq!(account.flows.len() as u64 + account.missed, 3_000);
    let gap = account.flows.windows(2).filter(|pair| pair[0] + 1 != pair[1]);
    let gap: Vec<u64> = gap.map(|pair| pair[1] - pair[0] - 1).collect();
    assert_eq!(gap, [account.missed], "the gap is as wide as it is said to be");
}

/// Readers at many paces, beside each other: for each, what it heard and what it missed add up.
#[tokio::test]
async fn for_every_reader_at_every_pace_it_adds_up() {
    let feed = feed(600);
    let mut readers = Vec::new();
    for _ in 0..20 {
        let (cursor, _) = feed.read_from(Start::End, any).await;
        readers.push((cursor, Account::default()));
    }
    let mut told = 0;
    for round in 0..400_u64 {
        let some = round.wrapping_mul(2_654_435_761) % (BLOCK_LENGTH / 2);
        tell(&feed, told..told + some);
        told += some;
        if round % 3 == 0 {
            feed.lost(Where::FlowTable, round);
        }
        for (index, (cursor, account)) in readers.iter_mut().enumerate() {
            if round.is_multiple_of(index as u64 * index as u64 + 1) {
                account.read(cursor, &feed, u64::MAX);
            }
        }
    }
    let lost: u64 = (0..400).step_by(3).sum();
    for (index, (mut cursor, mut account)) in readers.into_iter().enumerate() {
        account.read_all(&mut cursor, &feed, u64::MAX);
        assert_eq!(account.flows.len() as u64 + account.missed, told, "reader {index}");
        assert_eq!(account.lost, [0, lost, 0], "reader {index}");
        assert!(account.flows.is_sorted(), "reader {index}");
        assert_eq!(
            account.missed > 0,
            index > 1,
            "reader {index} missed {}",
            account.missed
        );
    }
}

#[tokio::test]
async fn a_flow_is_encoded_once_for_all() {
    let feed = feed(10);
    tell(&feed, 0..1);
    let mut pieces = Vec::new();
    for _ in 0..2 {
        let (mut cursor, end) = feed.read_from(Start::Oldest, any).await;
        cursor.read(&feed, end, |heard| {
            if let Heard::Entry(entry) = heard
                && let Told::Flow(flow) = &entry.told
            {
                pieces.push(feed.encode(flow, entry));
            }
        });
    }
    assert_eq!(pieces[0].as_ptr(), pieces[1].as_ptr());
}
