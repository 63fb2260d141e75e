//! What is known of one connection.
use super::{
    FlowDrop, FlowId, Phase,
    key::{End, Key},
};
use crate::{
    event::{Count, Direction, DropReading, Ifindex, TapReading, TcpFlags},
    time::Timestamp,
};

const MAX_DROPS: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: FlowId,
    pub(super) key: Key,
    /// The tap at each end, if that end is a pod of this node.
    pub(super) taps: [Option<Tap>; 2],
    /// What each end sent, as signs.
    pub(super) signs: [Signs; 2],
    pub(super) opened_by: End,
    /// Who began, as whoever was asked knows it.
    pub(super) begun_by: Option<End>,
    pub(super) drops: Vec<FlowDrop>,
    pub(super) further_drops: Count,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// When something that is no mere reset was last seen from each end.
    pub(super) last_from: [Timestamp; 2],
    pub(super) told: Told,
    /// When it must be looked at next.
    pub(super) due: Timestamp,
    /// Set whenever it is seen, cleared by the hand that looks for one to evict.
    pub(super) touched: bool,
}

/// What one pod's interface counted, by sender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub(super) interface: Ifindex,
    pub(super) sent_by: [Count; 2],
    last: Timestamp,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    pub(super) flags: TcpFlags,
    pub(super) asked: bool,
    pub(super) answered: bool,
    pub(super) other_than_reset: bool,
}

/// What of it was told already, and what is waiting to be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) ever: bool,
    /// As it was last polled.
    pub(super) verdict: Option<super::Verdict>,
    pub(super) at: Timestamp,
    pub(super) changed: bool,
    /// Waiting in the queue, as this.
    pub(super) queued: Option<Phase>,
}

impl Entry {
    pub(super) fn new(id: FlowId, key: Key, opened_by: End, first: Timestamp) -> Self {
        let told = Told {
            ever: false,
            verdict: None,
            at: first,
            changed: true,
            queued: None,
        };
        Self {
            id,
            key,
            taps: [None; 2],
            signs: [Signs::default(); 2],
            opened_by,
            begun_by: None,
            drops: Vec::new(),
            further_drops: Count::ZERO,
            first,
            last: first,
            last_from: [Timestamp::default(); 2],
            told,
            due: first,
            touched: true,
        }
    }

    pub(super) fn add_tap(&mut self, reading: &TapReading, pod: End) {
        let opened_by = if reading.opened_by_pod { pod } else { pod.other() };
        self.saw(reading.first, reading.last, opened_by);
        let tap = self.taps[pod.index()].get_or_insert(Tap::new(reading));
        if tap.interface != reading.interface {
            // Another interface saw the same end's packets: it counts only if it took over.
            if reading.first <= tap.last {
                return;
            }
            tap.interface = reading.interface;
        }
        tap.last = tap.last.max(reading.last);
        tap.sent_by[pod.index()] += reading.from_pod.count;
        tap.sent_by[pod.other().index()] += reading.to_pod.count;
        self.heard(pod, &reading.from_pod, reading.last);
        self.heard(pod.other(), &reading.to_pod, reading.last);
    }

    pub(super) fn add_drop(&mut self, reading: &DropReading, sender: End) {
        self.saw(reading.first, reading.last, sender);
        let of_reply = sender != End::Lower;
        let same = |drop: &&mut FlowDrop| {
            (drop.reason, drop.place, drop.arrived_by, drop.of_reply)
                == (reading.reason, reading.place, reading.arrived_by, of_reply)
        };
        if let Some(drop) = self.drops.iter_mut().find(same) {
            drop.count += reading.count;
            drop.first = drop.first.min(reading.first);
            drop.last = drop.last.max(reading.last);
        } else if self.drops.len() < MAX_DROPS {
            self.drops.push(FlowDrop {
                reason: reading.reason,
                place: reading.place,
                arrived_by: reading.arrived_by,
                of_reply,
                count: reading.count,
                first: reading.first,
                last: reading.last,
            });
        } else {
            self.further_drops += reading.count;
        }
    }

    /// The most that any one point saw of what `sender` sent.
    pub(super) fn sent(&self, sender: End) -> Count {
        let seen = self.taps.iter().flatten().map(|tap| tap.sent_by[sender.index()]);
        seen.max_by_key(|count| count.packets).unwrap_or_default()
    }

    /// Both ends closed it, or one reset it.
    pub(super) fn is_closed(&self) -> bool {
        let [lower, upper] = self.signs.map(|signs| signs.flags);
        let reset = lower.has(TcpFlags::RST) || upper.has(TcpFlags::RST);
        reset || lower.has(TcpFlags::FIN) && upper.has(TcpFlags::FIN)
    }

    /// Waiting to be told for the last time; its connection, if it goes on, is another flow.
    pub(super) fn has_ended(&self) -> bool {
        self.told.queued.is_some_and(Phase::is_last)
    }

    fn saw(&mut self, first: Timestamp, last: Timestamp, opened_by: End) {
        if first < self.first {
            self.first = first;
            self.opened_by = opened_by;
        }
        self.last = self.last.max(last);
        self.told.changed = true;
        self.touched = true;
    }

    fn heard(&mut self, sender: End, direction: &Direction, last: Timestamp) {
        let signs = &mut self.signs[sender.index()];
        signs.flags.0 |= direction.flags.0;
        signs.asked |= direction.syn;
        signs.answered |= direction.syn_ack;
        signs.other_than_reset |= direction.other_than_reset;
        if !direction.count.is_zero() && direction.other_than_reset {
            self.last_from[sender.index()] = self.last_from[sender.index()].max(last);
        }
    }
}

impl Tap {
    fn new(reading: &TapReading) -> Self {
        Self {
            interface: reading.interface,
            sent_by: [Count::ZERO; 2],
            last: reading.last,
        }
    }
}
