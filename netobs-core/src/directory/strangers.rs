//! Addresses near those of pods that nobody in the cluster has.
use std::{net::IpAddr, time::Duration};

use super::{Question, QuickMap};
use crate::time::Timestamp;

/// More of them are not told from new pods.
const MOST: usize = 16_384;

/// By then we have heard of a pod that got an address.
const HEARD_BY_THEN: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Strangers {
    first_met: QuickMap<IpAddr, Timestamp>,
}

impl Strangers {
    pub(super) fn meet(&mut self, address: IpAddr, at: Timestamp) {
        if self.first_met.len() >= MOST {
            self.first_met.clear();
        }
        let first = self.first_met.entry(address).or_insert(at);
        *first = at.min(*first);
    }

    /// Whether it may be a pod's of which we have not heard yet.
    pub(super) fn may_be_new(&self, question: Question) -> bool {
        let met = self.first_met.get(&question.address);
        met.is_none_or(|first| question.during.last < first.plus(HEARD_BY_THEN))
    }
}
