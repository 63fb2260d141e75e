//! Explanations joined over time by what would mend them.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use self::worth::Worth;
pub use self::{
    affected::Affected,
    find::{Ends, Finding, disagreement, find},
    hint::Hint,
    model::{Cause, CauseId, CauseKey, CauseRef, Example, Found, Kind, Labelled, Mend, Party, State, Toll, Want},
    worth::Rank,
};
use crate::{event::Count, explain::LabelHint, policy::End, time::Timestamp};

mod affected;
mod find;
mod hint;
mod model;
#[cfg(test)]
mod tests;
mod worth;

/// More policies than these a cause does not name.
const MOST_POLICIES: usize = 32;

/// Between the same two ends further ports than these are one cause together.
const MOST_PORTS: usize = 16;

/// How many causes are kept, and for how long after they were last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub causes: usize,
    pub age: Duration,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            causes: 4_096,
            age: Duration::from_secs(24 * 3600),
        }
    }
}

#[derive(Debug)]
pub struct Causes {
    extent: Extent,
    by_id: BTreeMap<CauseId, Cause>,
    by_key: HashMap<CauseKey, CauseId>,
    /// How many causes of one port each there are, by the key of what is joined beyond them.
    ports: HashMap<CauseKey, usize>,
    by_worth: BTreeSet<(Worth, CauseId)>,
    changed: BTreeSet<CauseId>,
    made: u64,
    merged: Toll,
    overflow: Toll,
}

/// What a connection did because of a finding.
#[derive(Clone, Debug)]
pub struct Sighting {
    pub finding: Finding,
    pub example: Example,
    pub toll: Toll,
    pub first: Timestamp,
    pub last: Timestamp,
}

impl Causes {
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            by_id: BTreeMap::new(),
            by_key: HashMap::new(),
            ports: HashMap::new(),
            by_worth: BTreeSet::new(),
            changed: BTreeSet::new(),
            made: 0,
            merged: Toll::default(),
            overflow: Toll::default(),
        }
    }

    /// `None` if there are too many causes for a new one; then it is counted.
    pub fn add(&mut self, mut sighting: Sighting) -> Option<CauseId> {
        self.merge_ports(&mut sighting);
        let id = match self.by_key.get(&sighting.finding.key).copied() {
            Some(id) => id,
            None if self.by_id.len() < self.extent.causes || self.make_room(&sighting) => self.make(&sighting),
            None => {
                self.overflow.add(sighting.toll);
                return None;
            }
        };
        self.change(id, |cause| cause.take(sighting));
        Some(id)
    }

    pub fn get(&self, id: CauseId) -> Option<&Cause> {
        self.by_id.get(&id)
    }

    /// In the order in which they were first seen.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Cause> {
        self.by_id.values()
    }

    pub fn mend(&mut self, id: CauseId, at: Timestamp) {
        if self.by_id.get(&id).is_some_and(|cause| !cause.is_mended()) {
            self.change(id, |cause| cause.state = State::Mended { at });
        }
    }

    /// Those that are not as they were when this was last asked.
    pub fn take_changed(&mut self) -> Vec<Cause> {
        let changed = std::mem::take(&mut self.changed);
        changed.iter().filter_map(|id| self.by_id.get(id).cloned()).collect()
    }

    pub fn expire(&mut self, now: Timestamp) {
        let before = now.minus(self.extent.age);
        let old = |cause: &&Cause| cause.last < before;
        let old: Vec<CauseId> = self.by_id.values().filter(old).map(|cause| cause.id).collect();
        for id in old {
            self.forget(id);
        }
    }

    /// What was counted for ports that have no cause of their own, since there are too many.
    pub const fn merged(&self) -> Toll {
        self.merged
    }

    /// What was counted for causes that were too many: for which there was no room, or which had to make room.
    pub const fn overflow(&self) -> Toll {
        self.overflow
    }

    /// Whoever tries port after port does not make a cause of each.
    fn merge_ports(&mut self, sighting: &mut Sighting) {
        let key = &mut sighting.finding.key;
        if !self.by_key.contains_key(key)
            && let Some(further) = key.of_further_ports()
            && self.ports.get(&further).is_some_and(|ports| *ports >= MOST_PORTS)
        {
            *key = further;
            self.merged.add(sighting.toll);
        }
    }

    fn make(&mut self, sighting: &Sighting) -> CauseId {
        self.made += 1;
        let id = CauseId(self.made);
        let cause = Cause::new(id, sighting);
        if let Some(further) = cause.key.of_further_ports() {
            *self.ports.entry(further).or_default() += 1;
        }
        self.by_key.insert(cause.key.clone(), id);
        self.by_worth.insert((Worth::of(&cause), id));
        self.by_id.insert(id, cause);
        id
    }

    fn change(&mut self, id: CauseId, how: impl FnOnce(&mut Cause)) {
        if let Some(cause) = self.by_id.get_mut(&id) {
            self.by_worth.remove(&(Worth::of(cause), id));
            how(cause);
            self.by_worth.insert((Worth::of(cause), id));
            self.changed.insert(id);
        }
    }

    /// A mended cause gives way to a new one, the oldest first, and then what is worth less.
    fn make_room(&mut self, sighting: &Sighting) -> bool {
        let rank = Rank::of(&sighting.finding.key, state(&sighting.finding.found));
        let new = Worth::new(rank, sighting.toll, sighting.last);
        let Some((_, id)) = self
            .by_worth
            .first()
            .filter(|(least, _)| least.gives_way_to(new))
            .copied()
        else {
            return false;
        };
        if let Some(unmended) = self.by_id.get(&id).filter(|cause| !cause.is_mended()) {
            self.overflow.add(unmended.toll);
        }
        self.forget(id);
        true
    }

    fn forget(&mut self, id: CauseId) {
        if let Some(cause) = self.by_id.remove(&id) {
            self.by_worth.remove(&(Worth::of(&cause), id));
            self.by_key.remove(&cause.key);
            self.changed.remove(&id);
            if let Some(further) = cause.key.of_further_ports()
                && let Some(ports) = self.ports.get_mut(&further)
            {
                *ports -= 1;
                if *ports == 0 {
                    self.ports.remove(&further);
                }
            }
        }
    }
}

impl Cause {
    fn new(id: CauseId, sighting: &Sighting) -> Self {
        Self {
            id,
            key: sighting.finding.key.clone(),
            found: Vec::new(),
            policies: BTreeSet::new(),
            first: sighting.first,
            last: sighting.last,
            toll: Toll::default(),
            sources: Affected::default(),
            destinations: Affected::default(),
            ports: Affected::default(),
            state: State::Active,
            example: sighting.example.clone(),
        }
    }

    fn take(&mut self, sighting: Sighting) {
        let Sighting {
            finding,
            example,
            toll,
            first,
            last,
        } = sighting;
        let ends = example.ends();
        self.sources.add(ends.party(End::Source), toll.weight());
        self.destinations.add(ends.party(End::Destination), toll.weight());
        self.ports.add((example.tuple.protocol, ends.port()), toll.weight());
        let room = MOST_POLICIES.saturating_sub(self.policies.len());
        self.policies.extend(finding.policies.into_iter().take(room));
        // A drop that was only heard of after the mending does not undo it.
        if !matches!(self.state, State::Mended { at } if last <= at) {
            self.state = state(&finding.found);
        }
        self.found = finding.found;
        self.first = self.first.min(first);
        self.last = self.last.max(last);
        self.toll.add(toll);
        self.example = example;
    }
}

impl Example {
    pub const fn ends(&self) -> Ends<'_> {
        Ends {
            source: &self.source,
            destination: &self.destination,
            tuple: self.tuple,
        }
    }
}

impl Toll {
    pub const fn of_drops(dropped: Count) -> Self {
        Self {
            dropped,
            unanswered: 0,
            passed: 0,
        }
    }

    fn add(&mut self, other: Self) {
        self.dropped += other.dropped;
        self.unanswered += other.unanswered;
        self.passed += other.passed;
    }
}

fn state(found: &[Found]) -> State {
    let hints = found.iter().flat_map(|found| &found.hints);
    let lost = hints.filter_map(|hint| match hint {
        LabelHint::WasThere { until, .. } => Some(*until),
        LabelHint::Annotation { .. }
        | LabelHint::NearKey { .. }
        | LabelHint::NearValue { .. }
        | LabelHint::ValueDiffers
        | LabelHint::KeyMissing
        | LabelHint::Unwanted => None,
    });
    lost.max().map_or(State::Active, |at| State::Drifted { at })
}
