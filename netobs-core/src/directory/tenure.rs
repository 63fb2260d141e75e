//! Who held an address when: one tenure for each pod that had it, never guessed where two could have.
use std::{sync::Arc, time::Duration};

use crate::{
    change::{Pod, PodUid},
    event::Ifindex,
    time::Timestamp,
};

/// Clocks of nodes may differ by this much before a packet is taken to be older than the pod it names.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The time from the first to the last packet in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub first: Timestamp,
    pub last: Timestamp,
}

impl Interval {
    pub const fn at(time: Timestamp) -> Self {
        Self {
            first: time,
            last: time,
        }
    }
}

/// A pod and the widest time in which it can have had the address.
#[derive(Clone, Debug)]
pub(super) struct Tenure {
    pub(super) pod: Arc<Pod>,
    /// Since when the pod is as it is here.
    pub(super) since: Timestamp,
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
    /// The interface on this node its packets were seen at.
    pub(super) interface: Option<Ifindex>,
}

impl Tenure {
    fn overlaps(&self, during: Interval) -> bool {
        self.from <= during.last && self.until.is_none_or(|until| during.first <= until)
    }

    fn order(&self) -> (Timestamp, Option<Timestamp>, &PodUid) {
        (self.from, self.until, &self.pod.uid)
    }

    /// Interfaces get rising numbers: a higher one with the same address belongs to a later pod.
    fn may_use(&self, interface: Option<Ifindex>) -> bool {
        match (self.interface, interface) {
            (Some(own), Some(seen)) => seen <= own,
            _ => true,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Holder<'a> {
    Only(&'a Tenure),
    /// More than one pod can have had it.
    Several,
    /// Nobody has it now, or somebody we do not know of yet; this one had it last.
    Former(&'a Tenure),
    Nobody,
}

/// All tenures of one address.
#[derive(Clone, Debug)]
pub(super) struct Tenancy {
    one: Tenure,
    others: Vec<Tenure>,
}

impl Tenancy {
    pub(super) fn new(tenure: Tenure) -> Self {
        Self {
            one: tenure,
            others: Vec::new(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Tenure> {
        std::iter::once(&self.one).chain(&self.others)
    }

    pub(super) fn of(&mut self, uid: &PodUid) -> Option<&mut Tenure> {
        std::iter::once(&mut self.one)
            .chain(&mut self.others)
            .find(|tenure| tenure.pod.uid == *uid)
    }

    pub(super) fn add(&mut self, tenure: Tenure) {
        self.others.push(tenure);
    }

    /// Whether anything is left of it.
    pub(super) fn remove(&mut self, uid: &PodUid) -> bool {
        self.others.retain(|tenure| tenure.pod.uid != *uid);
        if self.one.pod.uid != *uid {
            return true;
        }
        match self.others.pop() {
            Some(other) => {
                self.one = other;
                true
            }
            None => false,
        }
    }

    pub(super) fn holder(&self, during: Interval, interface: Option<Ifindex>) -> Holder<'_> {
        let mut candidates = self
            .iter()
            .filter(|tenure| tenure.overlaps(during) && tenure.may_use(interface));
        match (candidates.next(), candidates.next()) {
            (Some(only), None) => Holder::Only(only),
            (Some(_), Some(_)) => self.holder_by_interface(during, interface),
            (None, _) => self.holder_outside(during, interface),
        }
    }

    /// Of several, the one whose interface the packets were seen at.
    fn holder_by_interface(&self, during: Interval, interface: Option<Ifindex>) -> Holder<'_> {
        let mut seen_there = self
            .iter()
            .filter(|tenure| interface.is_some() && tenure.interface == interface && tenure.overlaps(during));
        match (seen_there.next(), seen_there.next()) {
            (Some(tenure), None) => Holder::Only(tenure),
            _ => Holder::Several,
        }
    }

    fn holder_outside(&self, during: Interval, interface: Option<Ifindex>) -> Holder<'_> {
        let skewed = during.last.plus(CLOCK_SKEW);
        if self.others.is_empty()
            && self.one.may_use(interface)
            && during.last < self.one.from
            && skewed >= self.one.from
        {
            return Holder::Only(&self.one);
        }
        let ended = |tenure: &&Tenure| {
            tenure.until.is_some_and(|until| until < during.first)
                || tenure.overlaps(during) && !tenure.may_use(interface)
        };
        self.iter()
            .filter(ended)
            .max_by(|left, right| left.order().cmp(&right.order()))
            .map_or(Holder::Nobody, Holder::Former)
    }
}
