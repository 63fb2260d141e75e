//! What would mend a connection that policies do not admit.
use std::net::IpAddr;

use super::{CauseKey, Found, Kind, Labelled, Mend, Party, Want};
use crate::{
    directory::Owner,
    event::Tuple,
    explain::{Attempt, ConnectionHint, DirectionExplanation, Explanation, Ground, Mismatch, ObjectRef},
    policy::{Direction, End, PolicyId},
};

/// A cause before it is joined with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub key: CauseKey,
    pub found: Vec<Found>,
    pub policies: Vec<PolicyId>,
}

/// Both ends of a connection, with the addresses its packets carried.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    pub source: &'a Owner,
    pub destination: &'a Owner,
    pub tuple: Tuple,
}

/// One finding for each direction that does not admit it; egress, which is asked first, comes first.
pub fn find(explanation: &Explanation, ends: Ends<'_>) -> Vec<Finding> {
    let is_dns = explanation.hints.contains(&ConnectionHint::ThisIsDns);
    [&explanation.egress, &explanation.ingress]
        .into_iter()
        .filter_map(|direction| find_in(direction, ends, is_dns))
        .collect()
}

/// What does not follow from policies alone, but from their disagreeing with what happened.
pub fn disagreement(kind: Kind, explanation: &Explanation, ends: Ends<'_>) -> Finding {
    let refuses = |one: &&DirectionExplanation| matches!(one.ground, Ground::NoRuleAdmits | Ground::Denied(_));
    let refusing = [&explanation.egress, &explanation.ingress].into_iter().find(refuses);
    let direction = refusing.map_or(Direction::Ingress, |one| one.direction);
    Finding {
        key: ends.key(kind, direction, ends.party(direction.subject())),
        found: Vec::new(),
        policies: refusing.map(|one| one.policies.clone()).unwrap_or_default(),
    }
}

fn find_in(explanation: &DirectionExplanation, ends: Ends<'_>, is_dns: bool) -> Option<Finding> {
    let direction = explanation.direction;
    let subject = ends.party(direction.subject());
    match (&explanation.ground, explanation.nearest()) {
        (Ground::Denied(rule), _) => Some(Finding {
            key: ends.key(Kind::Denied, direction, subject),
            found: Vec::new(),
            policies: vec![rule.policy.clone()],
        }),
        (Ground::NoRuleAdmits, Some(nearest)) if !is_dns && only_labels(nearest) => {
            Some(ends.labels(nearest, direction))
        }
        (Ground::NoRuleAdmits, nearest) => {
            let kind = if is_dns {
                Kind::Dns
            } else {
                nearest.map_or(Kind::NoRule, kind_of)
            };
            let policies = match (kind, nearest) {
                (Kind::Port | Kind::Peer, Some(nearest)) => vec![nearest.policy.clone()],
                _ => explanation.policies.clone(),
            };
            let subject = if is_dns {
                ends.namespace_of(direction.subject())
            } else {
                subject
            };
            Some(Finding {
                key: ends.key(kind, direction, subject),
                found: Vec::new(),
                policies,
            })
        }
        (Ground::NothingIsolates | Ground::Rule(_) | Ground::OwnNode | Ground::Itself | Ground::Missing(_), _) => None,
    }
}

fn only_labels(attempt: &Attempt) -> bool {
    attempt.mismatches.iter().all(|mismatch| mismatch.label().is_some())
}

fn kind_of(attempt: &Attempt) -> Kind {
    let any = |wanted: fn(&Mismatch) -> bool| attempt.mismatches.iter().any(wanted);
    if any(|mismatch| matches!(mismatch, Mismatch::NoRule)) {
        Kind::NoRule
    } else if attempt.mismatches.iter().all(is_port) {
        Kind::Port
    } else {
        Kind::Peer
    }
}

const fn is_port(mismatch: &Mismatch) -> bool {
    matches!(mismatch, Mismatch::Port { .. } | Mismatch::Protocol { .. })
}

impl Ends<'_> {
    pub fn party(&self, end: End) -> Party {
        let (owner, address) = self.of(end);
        Party::of(owner, address)
    }

    /// Protocols without ports have none that could be named.
    pub fn port(&self) -> Option<u16> {
        let known = self.tuple.protocol.has_ports() && !self.tuple.fragment;
        known.then_some(self.tuple.destination_port)
    }

    const fn of(&self, end: End) -> (&Owner, IpAddr) {
        match end {
            End::Source => (self.source, self.tuple.source),
            End::Destination => (self.destination, self.tuple.destination),
        }
    }

    fn namespace_of(&self, end: End) -> Party {
        match self.party(end) {
            Party::Workload { namespace, .. } => Party::Namespace(namespace),
            other
            @ (Party::Namespace(_) | Party::Node(_) | Party::Service(_) | Party::World(_) | Party::Unknown(_)) => other,
        }
    }

    fn key(&self, kind: Kind, direction: Direction, subject: Party) -> CauseKey {
        let mend = Mend::Traffic {
            subject,
            peer: self.party(direction.peer()).group(),
            protocol: self.tuple.protocol,
            port: self.port(),
        };
        CauseKey { kind, direction, mend }
    }

    fn labels(&self, attempt: &Attempt, direction: Direction) -> Finding {
        let mut wants: Vec<_> = attempt
            .mismatches
            .iter()
            .filter_map(Mismatch::label)
            .map(|label| {
                let want = Want {
                    object: self.labelled(&label.object),
                    requirement: label.requirement.clone(),
                };
                let found = Found {
                    value: label.found.clone(),
                    hints: label.hints.clone(),
                };
                (want, found)
            })
            .collect();
        wants.sort_by(|left, right| left.0.cmp(&right.0));
        let (wants, found) = wants.into_iter().unzip();
        let mend = Mend::Labels(wants);
        Finding {
            key: CauseKey {
                kind: Kind::Label,
                direction,
                mend,
            },
            found,
            policies: vec![attempt.policy.clone()],
        }
    }

    fn labelled(&self, object: &ObjectRef) -> Labelled {
        let (namespace, name) = match object {
            ObjectRef::Namespace(name) => return Labelled::Namespace(name.clone()),
            ObjectRef::Pod { namespace, name } => (namespace, name),
        };
        let pods = [self.source, self.destination].into_iter().filter_map(Owner::pod);
        let mut same = pods.filter(|pod| pod.namespace == *namespace && pod.name == *name);
        same.next().map_or_else(
            || Labelled::Namespace(namespace.clone()),
            |pod| Labelled::Workload {
                namespace: namespace.clone(),
                workload: pod.workload.clone(),
            },
        )
    }
}
