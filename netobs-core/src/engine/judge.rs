//! What policies say of the ends of a flow, remembered for as long as nothing changes.
use std::{collections::HashMap, net::IpAddr, sync::Arc};

use super::surroundings::Live;
use crate::{
    cause::Ends,
    change::Namespace,
    directory::Owner,
    enrich::Seen,
    event::{Protocol, Tuple},
    explain::Explanation,
    policy::{Connection, Direction, Outcome, PolicySet},
};

/// More ends than these are judged anew.
const MOST: usize = 8_192;

/// More pods behind a service than these are not asked for.
const MOST_BACKENDS: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Judge {
    by_ends: HashMap<Key, Judged>,
}

/// Which states of which objects, by where they are stored, talk how. What is judged keeps them there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: (IpAddr, usize, usize),
    destination: (IpAddr, usize, usize),
    protocol: Protocol,
    port: Option<u16>,
}

/// What was found for two ends, of which a service is replaced by a pod that stands for all behind it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) source: Owner,
    pub(super) destination: Owner,
    /// The address and port of the destination.
    pub(super) target: (IpAddr, u16),
    asked: Owner,
    explanation: Option<Arc<Explanation>>,
}

impl Judge {
    /// To be called when policies or namespaces are not as they were.
    pub(super) fn forget(&mut self) {
        self.by_ends.clear();
    }

    pub(super) fn judge(&mut self, ends: Ends<'_>, policies: &PolicySet, live: Live<'_>) -> &mut Judged {
        if self.by_ends.len() >= MOST {
            self.by_ends.clear();
        }
        self.by_ends
            .entry(Key::of(ends))
            .or_insert_with(|| judge(ends, policies, live))
    }
}

impl Judged {
    pub(super) fn explanation(&mut self, tuple: Tuple, policies: &PolicySet, live: Live<'_>) -> Arc<Explanation> {
        if let Some(known) = &self.explanation {
            return Arc::clone(known);
        }
        let tuple = self.aim(tuple);
        let ends = Ends {
            source: &self.source,
            destination: &self.destination,
            tuple,
        };
        let made = Arc::new(with_connection(ends, |connection| policies.explain(connection, &live)));
        self.explanation = Some(Arc::clone(&made));
        made
    }

    /// The same packets as they reach the pod that was judged.
    pub(super) const fn aim(&self, mut tuple: Tuple) -> Tuple {
        (tuple.destination, tuple.destination_port) = self.target;
        tuple
    }
}

/// Whether and why, as of the states that these owners have.
pub(super) fn outcome(ends: Ends<'_>, policies: &PolicySet) -> Outcome {
    with_connection(ends, |connection| policies.evaluate(connection).outcome())
}

/// What policies say for the pod at one end alone.
pub(super) fn outcome_in(direction: Direction, ends: Ends<'_>, policies: &PolicySet) -> Outcome {
    with_connection(ends, |connection| policies.decide(connection, direction).outcome())
}

fn judge(ends: Ends<'_>, policies: &PolicySet, live: Live<'_>) -> Judged {
    let mut judged = Judged {
        outcome: outcome(ends, policies),
        source: ends.source.clone(),
        destination: ends.destination.clone(),
        target: (ends.tuple.destination, ends.tuple.destination_port),
        asked: ends.destination.clone(),
        explanation: None,
    };
    if let Owner::Service(service) = ends.destination {
        let behind = live
            .directory
            .backends(service, ends.tuple.destination_port, ends.tuple.protocol);
        judged.stand_in(behind.take(MOST_BACKENDS), ends, policies);
    }
    judged
}

impl Judged {
    /// If all that is behind the service is judged alike, the first stands for it.
    fn stand_in(&mut self, behind: impl Iterator<Item = (Owner, IpAddr, u16)>, ends: Ends<'_>, policies: &PolicySet) {
        let mut common: Option<(Outcome, Owner, (IpAddr, u16))> = None;
        for (owner, address, port) in behind {
            let mut tuple = ends.tuple;
            (tuple.destination, tuple.destination_port) = (address, port);
            let ends = Ends {
                destination: &owner,
                tuple,
                ..ends
            };
            let outcome = outcome(ends, policies);
            match &common {
                None => common = Some((outcome, owner, (address, port))),
                Some((other, ..)) if *other != outcome => return,
                Some(_) => {}
            }
        }
        if let Some((outcome, owner, target)) = common {
            (self.outcome, self.destination, self.target) = (outcome, owner, target);
        }
    }
}

fn with_connection<R>(ends: Ends<'_>, ask: impl FnOnce(&Connection<'_>) -> R) -> R {
    let source = Seen::new(ends.source, ends.tuple.source);
    let destination = Seen::new(ends.destination, ends.tuple.destination);
    ask(&Connection {
        source: source.endpoint(),
        destination: destination.endpoint(),
        protocol: ends.tuple.protocol,
        port: ends.port(),
        source_address: Some(ends.tuple.source),
        destination_address: Some(ends.tuple.destination),
    })
}

impl Key {
    fn of(ends: Ends<'_>) -> Self {
        Self {
            source: state(ends.source, ends.tuple.source),
            destination: state(ends.destination, ends.tuple.destination),
            protocol: ends.tuple.protocol,
            port: ends.port(),
        }
    }
}

fn state(owner: &Owner, address: IpAddr) -> (IpAddr, usize, usize) {
    let place = |namespace: &Arc<Namespace>| Arc::as_ptr(namespace).addr();
    match owner {
        Owner::Pod { pod, namespace } => (address, Arc::as_ptr(pod).addr(), namespace.as_ref().map_or(0, place)),
        Owner::Service(service) => (address, Arc::as_ptr(service).addr(), 0),
        Owner::Node { .. } => (address, 1, 0),
        Owner::World { .. } => (address, 2, 0),
        Owner::Unknown(_) => (address, 3, 0),
    }
}
