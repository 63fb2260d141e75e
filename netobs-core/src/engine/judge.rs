//! What policies say of the ends of a flow, remembered for as long as nothing changes.
use std::{collections::HashMap, net::IpAddr, sync::Arc};

use super::surroundings::Live;
use crate::{
    cause::Ends,
    change::Namespace,
    directory::{Directory, Owner},
    enrich::Seen,
    event::{Protocol, Tuple},
    explain::{DNS_PORT, Explanation},
    policy::{Connection, Direction, Outcome, PolicySet, PortClass, PortClasses},
};

/// More ends than these are judged anew.
const MOST: usize = 8_192;

/// More pods behind a service than these are not asked for.
const MOST_BACKENDS: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Judge {
    by_ends: HashMap<Key, Judged>,
    classes: Option<PortClasses>,
}

/// Which states of which objects, by where they are stored, talk how. What is judged keeps them there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: (IpAddr, usize, usize),
    destination: (IpAddr, usize, usize),
    protocol: Protocol,
    /// Whoever tries port after port is judged once for all that are alike.
    port: PortClass,
}

#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) source: Owner,
    pub(super) destination: Owner,
    /// As it was asked for last.
    pub(super) tuple: Tuple,
    explanation: Option<Arc<Explanation>>,
}

impl Judge {
    /// To be called when policies or namespaces are not as they were.
    pub(super) fn forget(&mut self) {
        self.by_ends.clear();
        self.classes = None;
    }

    /// What is asked of a service is judged for the pods behind it.
    pub(super) fn judge(&mut self, ends: Ends<'_>, policies: &PolicySet, directory: &Directory) -> &mut Judged {
        let behind = self.stand_in(ends, policies, directory);
        match &behind {
            Some((owner, tuple)) => {
                let ends = Ends {
                    destination: owner,
                    tuple: *tuple,
                    ..ends
                };
                self.judge_ends(ends, policies)
            }
            None => self.judge_ends(ends, policies),
        }
    }

    fn judge_ends(&mut self, ends: Ends<'_>, policies: &PolicySet) -> &mut Judged {
        if self.by_ends.len() >= MOST {
            self.by_ends.clear();
        }
        let classes = self.classes.get_or_insert_with(|| PortClasses::of(policies, DNS_PORT));
        let judged = self.by_ends.entry(Key::of(ends, classes)).or_insert_with(|| Judged {
            outcome: outcome(ends, policies),
            source: ends.source.clone(),
            destination: ends.destination.clone(),
            tuple: ends.tuple,
            explanation: None,
        });
        judged.tuple = ends.tuple;
        judged
    }

    /// The first of what is behind a service, if all of it is judged alike.
    fn stand_in(&mut self, ends: Ends<'_>, policies: &PolicySet, directory: &Directory) -> Option<(Owner, Tuple)> {
        let Owner::Service(service) = ends.destination else {
            return None;
        };
        let mut first = None;
        let behind = directory.backends(service, ends.tuple.destination_port, ends.tuple.protocol);
        for (owner, address, port) in behind.take(MOST_BACKENDS) {
            let mut tuple = ends.tuple;
            (tuple.destination, tuple.destination_port) = (address, port);
            let ends = Ends {
                destination: &owner,
                tuple,
                ..ends
            };
            let outcome = self.judge_ends(ends, policies).outcome;
            let (common, ..) = first.get_or_insert((outcome, owner, tuple));
            if *common != outcome {
                return None;
            }
        }
        first.map(|(_, owner, tuple)| (owner, tuple))
    }
}

impl Judged {
    pub(super) fn explanation(&mut self, policies: &PolicySet, live: Live<'_>) -> Arc<Explanation> {
        let explain = |connection: &Connection<'_>| policies.explain(connection, &live);
        let explanation = match &self.explanation {
            Some(known) => known.at_port(self.ends().port()),
            None => Arc::new(with_connection(self.ends(), explain)),
        };
        self.explanation = Some(Arc::clone(&explanation));
        explanation
    }

    const fn ends(&self) -> Ends<'_> {
        Ends {
            source: &self.source,
            destination: &self.destination,
            tuple: self.tuple,
        }
    }
}

pub(super) fn outcome(ends: Ends<'_>, policies: &PolicySet) -> Outcome {
    with_connection(ends, |connection| policies.evaluate(connection).outcome())
}

/// What policies say for the pod at one end alone.
pub(super) fn outcome_in(direction: Direction, ends: Ends<'_>, policies: &PolicySet) -> Outcome {
    with_connection(ends, |connection| policies.decide(connection, direction).outcome())
}

/// Asks about the connection between two ends as policies see it.
pub fn with_connection<R>(ends: Ends<'_>, ask: impl FnOnce(&Connection<'_>) -> R) -> R {
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
    fn of(ends: Ends<'_>, classes: &PortClasses) -> Self {
        let named = match ends.destination {
            Owner::Pod { pod, .. } => &*pod.ports,
            Owner::Node { .. } | Owner::Service(_) | Owner::World { .. } | Owner::Unknown(_) => &[],
        };
        Self {
            source: state(ends.source, ends.tuple.source),
            destination: state(ends.destination, ends.tuple.destination),
            protocol: ends.tuple.protocol,
            port: classes.class(ends.port(), named),
        }
    }
}

fn state(owner: &Owner, address: IpAddr) -> (IpAddr, usize, usize) {
    let place = |namespace: &Arc<Namespace>| Arc::as_ptr(namespace).addr();
    match owner {
        Owner::Pod { pod, namespace } => (address, Arc::as_ptr(pod).addr(), namespace.as_ref().map_or(0, place)),
        Owner::Service(_) => (address, 4, 0),
        Owner::Node { .. } => (address, 1, 0),
        Owner::World { .. } => (address, 2, 0),
        Owner::Unknown(_) => (address, 3, 0),
    }
}

#[cfg(test)]
impl Judge {
    pub(super) fn len(&self) -> usize {
        self.by_ends.len()
    }
}
