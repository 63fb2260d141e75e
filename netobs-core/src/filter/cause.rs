//! What is asked of a cause.
use super::any;
use crate::{
    cause::{Cause, Kind, Labelled, Party, State},
    labels::Symbol,
    time::Timestamp,
};

/// All fields must be passed; a field is passed by any of its values, and by everything if it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CauseFilter {
    pub kinds: Vec<Kind>,
    pub states: Vec<StateKind>,
    /// Of any end affected, of the object that lacks a label, or of a policy.
    pub namespaces: Vec<Symbol>,
    /// Last seen since then.
    pub since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKind {
    Active,
    Drifted,
    Mended,
}

impl CauseFilter {
    pub fn pass(&self, cause: &Cause) -> bool {
        any(&self.kinds, |kind| *kind == cause.key.kind)
            && any(&self.states, |state| *state == StateKind::of(cause.state))
            && self.since.is_none_or(|since| cause.last >= since)
            && any(&self.namespaces, |wanted| namespaces(cause).any(|name| name == wanted))
    }
}

impl StateKind {
    pub const fn of(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Drifted { .. } => Self::Drifted,
            State::Mended { .. } => Self::Mended,
        }
    }
}

fn namespaces(cause: &Cause) -> impl Iterator<Item = &Symbol> {
    let lacking = cause.key.mend.wants().iter().map(|want| match &want.object {
        Labelled::Namespace(namespace) | Labelled::Workload { namespace, .. } => namespace,
    });
    let affected = cause.sources.iter().chain(cause.destinations.iter());
    let ends = affected
        .map(|(party, _)| party)
        .chain(cause.key.ends().into_iter().flatten());
    let policies = cause.policies.iter().filter_map(|policy| policy.namespace.as_ref());
    lacking.chain(ends.filter_map(namespace)).chain(policies)
}

const fn namespace(party: &Party) -> Option<&Symbol> {
    match party {
        Party::Workload { namespace, .. } | Party::Namespace(namespace) => Some(namespace),
        Party::Service(service) => Some(&service.namespace),
        Party::Node(_) | Party::World(_) | Party::Unknown(_) => None,
    }
}
