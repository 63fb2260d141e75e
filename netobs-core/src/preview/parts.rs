//! What becomes of connections with a block of addresses of which policies admit some, or all and did not before.
use super::{Kind, State};
use crate::{
    inventory::Edge,
    policy::{Connection, End, Endpoint, Policy, parts},
};

/// `None` if it is not about a block. Which of the parts was used is not known.
pub(super) fn kind(edge: &Edge, states: [&State<'_>; 2], [then, now]: [Connection<'_>; 2]) -> Option<Option<Kind>> {
    let mut ends = [(End::Source, now.source), (End::Destination, now.destination)].into_iter();
    let (end, block) = ends.find_map(|(end, endpoint)| match endpoint {
        Endpoint::Block(block) => Some((end, block)),
        Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Unknown(_) => None,
    })?;
    let [before, after] = states.map(|state| speaking(state, &now));
    let parts = parts::of(block, before.iter().chain(&after).copied());
    if parts.is_empty() {
        // Too many to look at.
        return Some((before != after).then_some(Kind::Undecidable));
    }
    let kinds = parts.into_iter().map(|address| {
        let outcome = |state: &State<'_>, connection: Connection<'_>| {
            let connection = connection.at(end, address);
            state.policies.evaluate(&connection).outcome()
        };
        super::kind(edge, [outcome(states[0], then), outcome(states[1], now)])
    });
    Some(kinds.flatten().min().map(|worst| match worst {
        Kind::Breaks => Kind::Undecidable,
        Kind::Undecidable | Kind::Refused | Kind::Admitted => worst,
    }))
}

/// The policies that may be for the pod at the other end.
fn speaking<'a>(state: &State<'a>, connection: &Connection<'_>) -> Vec<&'a Policy> {
    let pods = [connection.source.pod(), connection.destination.pod()];
    let policies = pods
        .into_iter()
        .flatten()
        .flat_map(|pod| state.policies.candidates(&pod.namespace));
    policies.collect()
}
