//! All connections that are known, each told when it is due, and never more of them than there is room for.
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use super::{
    FlowId, Phase, Report,
    entry::Entry,
    key::{End, Key},
};
use crate::{
    event::{Count, Event, Protocol, Tuple},
    time::Timestamp,
};

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub flows: usize,
    /// Ended flows that wait to be polled. Beyond these, new flows are lost, and counted.
    pub backlog: usize,
    /// How long after a flow was first seen it is told, so that both taps and the answer can be in it.
    pub settle: Duration,
    /// How often a flow that goes on is told.
    pub update_every: Duration,
    pub idle_tcp: Duration,
    pub idle_other: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: 65_536,
            backlog: 16_384,
            settle: Duration::from_millis(50),
            update_every: Duration::from_secs(10),
            idle_tcp: Duration::from_secs(300),
            idle_other: Duration::from_secs(30),
        }
    }
}

/// A flow is looked at no more often than this, whatever the limits say.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// Times that no flow waits for any more and that may lie among those that are due, beside as many as there are flows.
const STALE: usize = 1024;
/// How long a closed connection is kept for its last packets.
const LINGER: Duration = Duration::from_secs(1);

pub struct FlowTable {
    limits: Limits,
    by_key: HashMap<Key, usize>,
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
    due: BinaryHeap<Reverse<(Timestamp, usize, FlowId)>>,
    queue: VecDeque<usize>,
    unsure: VecDeque<(usize, FlowId)>,
    ended: usize,
    next_id: u64,
    hand: usize,
    lost: Count,
}

impl FlowTable {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits {
                flows: limits.flows.max(1),
                ..limits
            },
            by_key: HashMap::new(),
            entries: Vec::new(),
            free: Vec::new(),
            due: BinaryHeap::new(),
            queue: VecDeque::new(),
            unsure: VecDeque::new(),
            ended: 0,
            next_id: 1,
            hand: 0,
            lost: Count::ZERO,
        }
    }

    /// Flows that go on.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Tap(reading) => {
                let (key, pod) = Key::of(&reading.tuple, false);
                let opened_by = if reading.opened_by_pod { pod } else { pod.other() };
                match self.entry(key, opened_by, reading.first) {
                    Some(entry) => entry.add_tap(reading, pod),
                    None => self.lose(reading.from_pod.count, reading.to_pod.count),
                }
            }
            Event::Drop(reading) => {
                let (key, sender) = Key::of(&reading.tuple, reading.source_ports_merged);
                match self.entry(key, sender, reading.first) {
                    Some(entry) => entry.add_drop(reading, sender),
                    None => self.lose(reading.count, Count::ZERO),
                }
            }
        }
    }

    /// Looks at all flows that are due.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        // What is due at the end of time would be due again at once, without end.
        while let Some(Reverse((due, index, id))) = self.due.peek().copied()
            && due <= now
            && due < Timestamp(u64::MAX)
        {
            self.due.pop();
            if is_waited_for(&self.entries, due, index, id) {
                self.look(index, now);
            }
        }
    }

    /// The next flow to be told.
    pub fn poll(&mut self) -> Option<Report> {
        let index = self.queue.pop_front()?;
        let entry = self.entries[index].as_mut()?;
        let phase = entry.told.queued.take()?;
        let flow = entry.flow();
        entry.told.verdict = Some(flow.verdict);
        if phase.is_last() {
            self.entries[index] = None;
            self.free.push(index);
            self.ended -= 1;
        }
        Some(Report { phase, flow })
    }

    /// The next flow of which it is not known who began it. To be asked before it is polled; [`FlowTable::began`] takes the
    /// answer.
    pub fn poll_unsure(&mut self) -> Option<Tuple> {
        while let Some((index, id)) = self.unsure.pop_front() {
            if let Some(entry) = self.entries[index].as_ref().filter(|entry| entry.id == id) {
                return Some(entry.key.tuple(entry.initiator().0));
            }
        }
        None
    }

    /// The source of the tuple began its connection.
    pub fn began(&mut self, tuple: &Tuple) {
        let (key, source) = Key::of(tuple, false);
        if let Some(entry) = self.by_key.get(&key).and_then(|index| self.entries[*index].as_mut()) {
            entry.begun_by = Some(source);
        }
    }

    /// Whether there is something to poll.
    pub fn has_reports(&self) -> bool {
        !self.queue.is_empty()
    }

    /// What could not be kept since this was last asked.
    pub fn take_lost(&mut self) -> Count {
        std::mem::take(&mut self.lost)
    }

    /// Ends every flow, so that all is told before the end.
    pub fn end_all(&mut self) {
        let live: Vec<_> = self.by_key.values().copied().collect();
        for index in live {
            self.end(index, Phase::Evicted);
        }
    }

    fn lose(&mut self, one: Count, other: Count) {
        self.lost += one;
        self.lost += other;
    }

    /// The connection's entry; a new one if there is room or can be made.
    fn entry(&mut self, key: Key, opened_by: End, first: Timestamp) -> Option<&mut Entry> {
        if let Some(index) = self.by_key.get(&key) {
            return self.entries[*index].as_mut();
        }
        if self.by_key.len() + self.ended >= self.limits.flows.saturating_add(self.limits.backlog) {
            return None;
        }
        if self.by_key.len() >= self.limits.flows {
            self.evict();
        }
        let id = FlowId(self.next_id);
        self.next_id += 1;
        let mut entry = Entry::new(id, key, opened_by, first);
        entry.due = first.plus(self.limits.settle);
        let due = entry.due;
        let index = self.free.pop().unwrap_or(self.entries.len());
        if index == self.entries.len() {
            self.entries.push(None);
        }
        self.by_key.insert(key, index);
        self.entries[index] = Some(entry);
        self.wait_for(due, index, id);
        self.entries[index].as_mut()
    }

    /// Looks again at that time. Flows that were let go leave theirs behind, which is swept out when it is too much.
    fn wait_for(&mut self, due: Timestamp, index: usize, id: FlowId) {
        self.due.push(Reverse((due, index, id)));
        if self.due.len() > 2 * self.by_key.len() + STALE {
            let entries = &self.entries;
            self.due
                .retain(|Reverse((due, index, id))| is_waited_for(entries, *due, *index, *id));
        }
    }

    /// Gives each flow that was seen lately a second chance.
    fn evict(&mut self) {
        for _ in 0..2 * self.entries.len() {
            self.hand = (self.hand + 1) % self.entries.len();
            match &mut self.entries[self.hand] {
                Some(entry) if entry.has_ended() => {}
                Some(entry) if entry.touched => entry.touched = false,
                Some(_) => return self.end(self.hand, Phase::Evicted),
                None => {}
            }
        }
    }

    /// Tells a flow that is due, ends it, or finds when to look again.
    fn look(&mut self, index: usize, now: Timestamp) {
        let limits = self.limits;
        let Some(entry) = self.entries[index].as_mut() else {
            return;
        };
        let idle = now - entry.last;
        let linger = if entry.is_closed() {
            LINGER
        } else {
            patience(&limits, entry.key.protocol())
        };
        if idle >= linger {
            let phase = if entry.is_closed() { Phase::Closed } else { Phase::Idle };
            return self.end(index, phase);
        }
        let phase = if entry.told.ever { Phase::Updated } else { Phase::Opened };
        let verdict = entry.verdict().0;
        let unsure = !entry.told.ever && entry.is_unsure();
        let waited = now - entry.told.at >= limits.update_every;
        let news = entry.told.verdict != Some(verdict) || waited && entry.told.changed;
        if news {
            entry.told = super::entry::Told {
                ever: true,
                at: now,
                changed: false,
                ..entry.told
            };
        }
        let wait = (linger - idle).min(limits.update_every).min(LINGER);
        entry.due = now.plus(wait.max(SHORTEST_WAIT));
        let (due, id) = (entry.due, entry.id);
        self.wait_for(due, index, id);
        if news {
            self.tell(index, phase);
        }
        // Asking is worth less than being bounded: where nobody asks, the guess stands.
        if unsure && self.unsure.len() < limits.flows {
            self.unsure.push_back((index, id));
        }
    }

    fn end(&mut self, index: usize, phase: Phase) {
        if let Some(entry) = &self.entries[index] {
            self.by_key.remove(&entry.key);
            self.ended += 1;
            self.tell(index, phase);
        }
    }

    fn tell(&mut self, index: usize, phase: Phase) {
        let Some(entry) = &mut self.entries[index] else {
            return;
        };
        match entry.told.queued {
            // It is polled as it is by then, and that is the first that is heard of it.
            Some(Phase::Opened) if phase == Phase::Updated => return,
            Some(_) => {}
            None => self.queue.push_back(index),
        }
        entry.told.queued = Some(phase);
    }
}

fn is_waited_for(entries: &[Option<Entry>], due: Timestamp, index: usize, id: FlowId) -> bool {
    let entry = entries[index].as_ref();
    entry.is_some_and(|entry| entry.id == id && entry.due == due && !entry.has_ended())
}

fn patience(limits: &Limits, protocol: Protocol) -> Duration {
    match protocol {
        Protocol::Tcp | Protocol::Sctp => limits.idle_tcp,
        Protocol::Udp | Protocol::Icmp | Protocol::Icmpv6 | Protocol::Other(_) => limits.idle_other,
    }
}

/// How much of everything a table holds.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Held {
    pub(super) flows: usize,
    pub(super) entries: usize,
    pub(super) in_use: usize,
    pub(super) due: usize,
    pub(super) queued: usize,
    pub(super) unsure: usize,
    pub(super) ended: usize,
}

#[cfg(test)]
impl FlowTable {
    pub(super) fn held(&self) -> Held {
        Held {
            flows: self.by_key.len(),
            entries: self.entries.len(),
            in_use: self.entries.iter().flatten().count(),
            due: self.due.len(),
            queued: self.queue.len(),
            unsure: self.unsure.len(),
            ended: self.ended,
        }
    }
}
