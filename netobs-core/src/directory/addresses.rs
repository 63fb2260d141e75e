//! Pods by the addresses they hold and held.
use std::{collections::VecDeque, net::IpAddr, sync::Arc, time::Duration};

use super::{
    GONE_KEPT, QuickMap,
    tenure::{Holder, Interval, Tenancy, Tenure},
};
use crate::{
    change::{Pod, PodUid},
    event::Ifindex,
    policy::Cidr,
    time::Timestamp,
};

#[derive(Debug)]
pub(super) struct Addresses {
    by_ip: QuickMap<IpAddr, Tenancy>,
    /// How many of them are in each block of neighbours.
    by_block: QuickMap<Cidr, usize>,
    /// Tenures that are over, to be forgotten when their grace is, too.
    left: VecDeque<(Timestamp, IpAddr, PodUid)>,
    keep: Duration,
    forgotten_early: u64,
}

impl Addresses {
    pub(super) fn new(keep: Duration) -> Self {
        Self {
            by_ip: QuickMap::default(),
            by_block: QuickMap::default(),
            left: VecDeque::new(),
            keep,
            forgotten_early: 0,
        }
    }

    pub(super) fn holder(&self, address: IpAddr, during: Interval, interface: Option<Ifindex>) -> Holder<'_> {
        self.by_ip
            .get(&address)
            .map_or(Holder::Nobody, |tenancy| tenancy.holder(during, interface))
    }

    /// Whether pods have or had addresses close by.
    pub(super) fn have_neighbour(&self, address: IpAddr) -> bool {
        self.by_block.contains_key(&block(address))
    }

    /// Packets of this pod come from this interface; the lowest number is its own, others only pass its packets on.
    pub(super) fn seen_at(&mut self, address: IpAddr, uid: &PodUid, interface: Ifindex) {
        if let Some(tenure) = self.tenure(address, uid) {
            tenure.interface = Some(tenure.interface.map_or(interface, |known| known.min(interface)));
        }
    }

    /// Begins the tenures of a pod that was not known, or goes on with them.
    ///
    /// They are over at `until`, or now if the pod has come to its end.
    pub(super) fn hold(&mut self, pod: &Arc<Pod>, since: Timestamp, at: Timestamp, until: Option<Timestamp>) {
        if pod.host_network {
            return;
        }
        let until = until.or_else(|| pod.phase.is_terminal().then_some(at));
        for address in &*pod.addresses {
            let tenure = Tenure {
                pod: Arc::clone(pod),
                since,
                from: pod.started.map_or(at, |started| started.min(at)),
                until,
                interface: None,
            };
            self.begin(*address, tenure);
            if let Some(until) = until {
                self.leave(until, *address, &pod.uid);
            }
        }
    }

    /// Follows a known pod from one state to the next.
    pub(super) fn follow(&mut self, before: &Pod, pod: &Arc<Pod>, since: Timestamp, at: Timestamp) {
        if before.phase.is_terminal() {
            return;
        }
        for address in &*before.addresses {
            if !pod.addresses.contains(address) {
                self.end(*address, &pod.uid, at);
            }
        }
        self.hold(pod, since, at, None);
    }

    pub(super) fn end_all(&mut self, pod: &Pod, at: Timestamp) {
        for address in &*pod.addresses {
            self.end(*address, &pod.uid, at);
        }
    }

    /// How many tenures were forgotten before their grace was over.
    pub(super) const fn forgotten_early(&self) -> u64 {
        self.forgotten_early
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        let before = now.minus(self.keep);
        while self.left.front().is_some_and(|(at, ..)| *at < before) {
            self.forget_first();
        }
    }

    fn tenure(&mut self, address: IpAddr, uid: &PodUid) -> Option<&mut Tenure> {
        self.by_ip.get_mut(&address)?.of(uid)
    }

    fn begin(&mut self, address: IpAddr, tenure: Tenure) {
        let Some(tenancy) = self.by_ip.get_mut(&address) else {
            self.by_ip.insert(address, Tenancy::new(tenure));
            *self.by_block.entry(block(address)).or_default() += 1;
            return;
        };
        let Some(known) = tenancy.of(&tenure.pod.uid) else {
            tenancy.add(tenure);
            return;
        };
        // Its sandbox may have been made anew, with another interface; on its way out that does not happen any more.
        if !tenure.pod.terminating && tenure.until.is_none() {
            known.interface = None;
        }
        known.until = tenure.until;
        known.since = tenure.since;
        known.pod = tenure.pod;
    }

    fn end(&mut self, address: IpAddr, uid: &PodUid, at: Timestamp) {
        let Some(tenure) = self.tenure(address, uid).filter(|tenure| tenure.until.is_none()) else {
            return;
        };
        let until = at.max(tenure.from);
        tenure.until = Some(until);
        self.leave(until, address, uid);
    }

    fn leave(&mut self, at: Timestamp, address: IpAddr, uid: &PodUid) {
        self.left.push_back((at, address, uid.clone()));
        if self.left.len() > GONE_KEPT {
            self.forgotten_early += 1;
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((at, address, uid)) = self.left.pop_front() else {
            return;
        };
        let Some(tenancy) = self.by_ip.get_mut(&address) else {
            return;
        };
        let over = tenancy.of(&uid).is_some_and(|tenure| tenure.until == Some(at));
        if over && !tenancy.remove(&uid) {
            self.by_ip.remove(&address);
            self.leave_block(address);
        }
    }

    fn leave_block(&mut self, address: IpAddr) {
        if let Some(count) = self.by_block.get_mut(&block(address)) {
            *count -= 1;
            if *count == 0 {
                self.by_block.remove(&block(address));
            }
        }
    }
}

/// As many addresses as are commonly given to one node for its pods.
fn block(address: IpAddr) -> Cidr {
    let prefix = if address.is_ipv4() { 24 } else { 64 };
    Cidr::new(address, prefix).unwrap_or(Cidr::single(address))
}

#[cfg(test)]
impl Addresses {
    pub(super) fn len(&self) -> usize {
        self.by_ip.len()
    }
}
