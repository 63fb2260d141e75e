//! What was told, counted for the metrics.
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use netobs_core::{
    engine::{ExplainedFlow, Judgement, Where},
    event::{Count, ReasonId},
    flow::{Flow, FlowId, Verdict},
};

/// Of more flows with drops than these, the drops are counted when they end, and not before.
const MOST_FOLLOWED: usize = 65_536;

#[derive(Clone, Debug, Default)]
pub(in crate::serve) struct Counts {
    /// Each time a flow was told.
    pub(in crate::serve) told: BTreeMap<Verdict, u64>,
    pub(in crate::serve) judged: BTreeMap<Judgement, u64>,
    /// Once for each connection, with its last verdict.
    pub(in crate::serve) ended: BTreeMap<Verdict, u64>,
    /// `None` stands for reasons that flows do not keep apart.
    pub(in crate::serve) dropped: BTreeMap<Option<ReasonId>, Count>,
    pub(in crate::serve) lost: BTreeMap<Where, u64>,
}

#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counting>);

#[derive(Debug, Default)]
struct Counting {
    counts: Counts,
    /// Flows tell totals; this is what is counted of them already.
    counted: HashMap<FlowId, Vec<(Option<ReasonId>, Count)>>,
}

impl Tally {
    pub(super) fn flow(&self, explained: &ExplainedFlow) {
        let flow = &explained.enriched.flow;
        let mut counting = self.counting();
        let counts = &mut counting.counts;
        *counts.told.entry(flow.verdict).or_default() += 1;
        *counts.judged.entry(explained.judgement).or_default() += 1;
        let is_last = explained.phase.is_last();
        if is_last {
            *counts.ended.entry(flow.verdict).or_default() += 1;
        }
        if !flow.drops.is_empty() {
            counting.count_drops(flow, is_last);
        }
    }

    pub(super) fn lost(&self, place: Where, count: u64) {
        let mut counting = self.counting();
        let lost = counting.counts.lost.entry(place).or_default();
        *lost = lost.saturating_add(count);
    }

    pub(super) fn counts(&self) -> Counts {
        self.counting().counts.clone()
    }

    fn counting(&self) -> MutexGuard<'_, Counting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counting {
    fn count_drops(&mut self, flow: &Flow, is_last: bool) {
        let counted = self.counted.remove(&flow.id);
        if counted.is_none() && !is_last && self.counted.len() >= MOST_FOLLOWED {
            return;
        }
        let before = counted.unwrap_or_default();
        let totals = totals(flow);
        for (reason, total) in &totals {
            let known = before.iter().find(|(known, _)| known == reason);
            let known = known.map_or(Count::ZERO, |(_, count)| *count);
            *self.counts.dropped.entry(*reason).or_default() += less(*total, known);
        }
        if !is_last {
            self.counted.insert(flow.id, totals);
        }
    }
}

fn totals(flow: &Flow) -> Vec<(Option<ReasonId>, Count)> {
    let mut by_reason: Vec<(Option<ReasonId>, Count)> = Vec::with_capacity(flow.drops.len());
    let drops = flow.drops.iter().map(|drop| (Some(drop.reason), drop.count));
    let further = (!flow.further_drops.is_zero()).then_some((None, flow.further_drops));
    for (reason, count) in drops.chain(further) {
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, total)) => *total += count,
            None => by_reason.push((reason, count)),
        }
    }
    by_reason
}

const fn less(total: Count, known: Count) -> Count {
    Count {
        packets: total.packets.saturating_sub(known.packets),
        bytes: total.bytes.saturating_sub(known.bytes),
    }
}
