//! One cause as several agents tell it.
use std::collections::BTreeSet;

use netobs_api::v1::{AffectedParty, AffectedPort, Cause, CauseState, Count};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Joined {
    /// With the counts of all, and all else as the agent tells it that saw it last.
    pub(super) cause: Cause,
    pub(super) nodes: BTreeSet<String>,
}

impl Joined {
    pub(super) fn of(node: &str, cause: Cause) -> Self {
        Self {
            cause,
            nodes: BTreeSet::from([node.to_owned()]),
        }
    }

    #[must_use]
    pub(super) fn with(self, node: &str, other: &Cause) -> Self {
        let Self { cause, mut nodes } = self;
        nodes.insert(node.to_owned());
        let (latest, earlier) = if cause.last_unix_nanos >= other.last_unix_nanos {
            (&cause, other)
        } else {
            (other, &cause)
        };
        let (state, since) = state(latest, earlier);
        let mut policies = latest.policies.clone();
        policies.extend(
            earlier
                .policies
                .iter()
                .filter(|policy| !latest.policies.contains(policy))
                .cloned(),
        );
        let cause = Cause {
            state: state.into(),
            state_since_unix_nanos: since,
            first_unix_nanos: cause.first_unix_nanos.min(other.first_unix_nanos),
            dropped: Some(Count {
                packets: packets(&cause) + packets(other),
                bytes: bytes(&cause) + bytes(other),
            }),
            unanswered: cause.unanswered + other.unanswered,
            passed: cause.passed + other.passed,
            policies,
            sources: parties(&latest.sources, &earlier.sources),
            destinations: parties(&latest.destinations, &earlier.destinations),
            ports: ports(&latest.ports, &earlier.ports),
            ..latest.clone()
        };
        Self { cause, nodes }
    }

    pub(super) fn is_mended(&self) -> bool {
        self.cause.state() == CauseState::Mended
    }
}

pub(super) fn packets(cause: &Cause) -> u64 {
    cause.dropped.as_ref().map_or(0, |count| count.packets)
}

fn bytes(cause: &Cause) -> u64 {
    cause.dropped.as_ref().map_or(0, |count| count.bytes)
}

/// What is active anywhere is not mended.
fn state(latest: &Cause, earlier: &Cause) -> (CauseState, Option<i64>) {
    let of = |cause: &Cause| (cause.state(), cause.state_since_unix_nanos);
    let of_both = [of(latest), of(earlier)];
    let find = |wanted: CauseState| of_both.into_iter().find(|(state, _)| *state == wanted);
    find(CauseState::Drifted)
        .or_else(|| find(CauseState::Active))
        .unwrap_or(of(latest))
}

fn parties(some: &[AffectedParty], more: &[AffectedParty]) -> Vec<AffectedParty> {
    let mut all = some.to_vec();
    for party in more {
        match all.iter_mut().find(|known| known.party == party.party) {
            Some(known) => known.count += party.count,
            None => all.push(party.clone()),
        }
    }
    all.sort_by_key(|party| (party.party.is_none(), std::cmp::Reverse(party.count)));
    all
}

fn ports(some: &[AffectedPort], more: &[AffectedPort]) -> Vec<AffectedPort> {
    let what = |port: &AffectedPort| (port.protocol, port.protocol_number, port.port);
    let mut all = some.to_vec();
    for port in more {
        match all.iter_mut().find(|known| what(known) == what(port)) {
            Some(known) => known.count += port.count,
            None => all.push(*port),
        }
    }
    all
}
