//! What holds whatever happens: nothing is lost untold, nothing grows, and every flow has one beginning and one end.
use std::collections::HashMap;

use proptest::{collection::vec, prelude::*};

use super::story::{
    Seen as _, answer, at, data, dropped, few, fin, inside, nothing, reports, request, reset, tap, tcp, udp,
};
use crate::{
    event::{Count, Direction, Event},
    flow::{Flow, FlowId, FlowTable, Phase, Report},
};

const FLOWS: usize = 4;
const BACKLOG: usize = 2;

#[derive(Clone, Debug)]
enum Step {
    Observe { client: u16, what: u8, packets: u64 },
    Wait { milliseconds: u64 },
    Poll { reports: usize },
    EndAll,
}

/// A table, what went into it, and what came out.
struct Run {
    table: FlowTable,
    now: u64,
    observed: Count,
    told: Count,
    alive: HashMap<FlowId, Phase>,
    ended: Vec<FlowId>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_that_was_observed_is_told_or_reported_lost(steps in vec(step(), 1..400)) {
        let mut run = Run::new();
        for step in steps {
            run.take(&step);
            run.is_bounded();
        }
        run.finish();
    }
}

#[test]
fn a_million_events_leave_nothing_behind() {
    let mut run = Run::new();
    let mut state = 1_u64;
    for _ in 0..1_000_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let [what, low, high, chance, packets, ..] = (state >> 16).to_le_bytes();
        run.take(&match chance {
            0..3 => Step::Wait {
                milliseconds: u64::from(low) * 50,
            },
            3..30 => Step::Poll {
                reports: usize::from(high % 8),
            },
            _ => Step::Observe {
                client: u16::from(high % 64),
                what,
                packets: u64::from(packets),
            },
        });
        run.is_bounded();
    }
    run.finish();
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0_u16..12, any::<u8>(), 0_u64..5)
            .prop_map(|(client, what, packets)| Step::Observe { client, what, packets }),
        3 => (0_u64..4000).prop_map(|milliseconds| Step::Wait { milliseconds }),
        1 => Just(Step::Wait { milliseconds: 400_000 }),
        3 => (0_usize..6).prop_map(|reports| Step::Poll { reports }),
        1 => Just(Step::EndAll),
    ]
}

impl Run {
    fn new() -> Self {
        Self {
            table: FlowTable::new(few(FLOWS, BACKLOG)),
            now: 0,
            observed: Count::ZERO,
            told: Count::ZERO,
            alive: HashMap::new(),
            ended: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Observe { client, what, packets } => {
                let event = event(client, what, packets, self.now);
                self.observed += count(&event);
                self.table.observe(&event);
            }
            Step::Wait { milliseconds } => {
                self.now += milliseconds;
                self.table.handle_timeout(at(self.now));
            }
            Step::Poll { reports } => (0..reports).for_each(|_| self.poll()),
            Step::EndAll => self.table.end_all(),
        }
    }

    fn poll(&mut self) {
        if let Some(report) = self.table.poll() {
            self.hear(&report);
        }
    }

    /// Opened at most once and before all else; ended once and after all else.
    fn hear(&mut self, report: &Report) {
        let id = report.flow.id;
        assert!(
            self.ended.last().is_none_or(|_| !self.ended.contains(&id)),
            "told after its end"
        );
        let before = self.alive.insert(id, report.phase);
        assert!(before.is_none() || report.phase != Phase::Opened, "opened twice");
        assert!(
            before.is_some() || report.phase != Phase::Updated,
            "updated before it was opened"
        );
        if report.phase.is_last() {
            self.alive.remove(&id);
            self.ended.push(id);
            if self.ended.len() > 1000 {
                self.ended.drain(..500);
            }
            self.told += total(&report.flow);
        }
    }

    fn is_bounded(&self) {
        let held = self.table.held();
        assert!(held.flows <= FLOWS, "{held:?}");
        assert!(held.entries <= FLOWS + BACKLOG, "{held:?}");
        assert!(held.queued <= FLOWS + BACKLOG, "{held:?}");
        assert!(held.unsure <= FLOWS, "{held:?}");
        assert!(held.ended <= FLOWS + BACKLOG, "{held:?}");
        assert!(held.due <= 2 * FLOWS + 1024, "{held:?}");
    }

    fn finish(mut self) {
        self.table.end_all();
        while self.table.has_reports() {
            self.poll();
        }
        assert!(self.table.is_empty());
        assert!(self.alive.is_empty(), "opened and never ended");
        let held = self.table.held();
        assert_eq!((held.flows, held.queued, held.ended), (0, 0, 0));
        assert_eq!(held.in_use, 0, "an entry was left behind");
        let mut accounted = self.told;
        accounted += self.table.take_lost();
        assert_eq!(accounted, self.observed);
    }
}

/// One tap a connection, because a packet that two saw is told once.
fn event(client: u16, what: u8, packets: u64, now: u64) -> Event {
    let there = if client.is_multiple_of(2) {
        tcp(&format!("10.0.0.1:{}", 40_000 + client), "10.0.0.2:80")
    } else {
        udp(&format!("10.0.0.1:{}", 40_000 + client), "10.0.0.2:53")
    };
    let sent: [Direction; 8] = [
        request(packets),
        data(packets),
        nothing(),
        fin(packets),
        reset(packets),
        data(1),
        data(packets),
        nothing(),
    ];
    let [there_signs, back_signs] = [what & 7, what >> 3 & 7].map(|index| sent[usize::from(index)]);
    let lag = u64::from(what >> 4).min(now);
    match what >> 6 {
        0 => {
            let mut reading = dropped(there, u32::from(what % 16), packets);
            reading.place = inside(u32::from(what % 3));
            reading.seen(now - lag, now)
        }
        1 => dropped(there.reversed(), u32::from(what % 16), packets).seen(now - lag, now),
        2 => tap(1, there, there_signs, answer(packets)).seen(now - lag, now),
        _ => tap(1, there, there_signs, back_signs).seen(now - lag, now),
    }
}

fn count(event: &Event) -> Count {
    match event {
        Event::Tap(reading) => {
            let mut count = reading.from_pod.count;
            count += reading.to_pod.count;
            count
        }
        Event::Drop(reading) => reading.count,
    }
}

fn total(flow: &Flow) -> Count {
    let mut total = flow.further_drops;
    total += flow.forward;
    total += flow.reply;
    flow.drops.iter().for_each(|drop| total += drop.count);
    total
}

#[test]
fn the_tables_own_rest_is_polled_in_order() {
    let mut table = FlowTable::new(few(FLOWS, BACKLOG));
    (0..4).for_each(|client| table.observe(&event(client, 0xc0, 1, 0)));
    table.handle_timeout(at(60));
    let ids: Vec<_> = reports(&mut table).iter().map(|report| report.flow.id.0).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
}
