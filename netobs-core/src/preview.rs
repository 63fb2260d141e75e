//! What other policies would have done to everything that was seen.
use std::collections::BTreeSet;

use crate::{
    explain::{Explanation, NamespaceFacts, Snapshot},
    inventory::{Edge, Listing, Place},
    labels::Symbol,
    policy::{Connection, Direction, Outcome, Policy, PolicySet},
    scene::Stage,
};

pub use self::idle::{Idle, Why, idle};

mod idle;
mod parts;

#[cfg(test)]
mod tests;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// What breaks first; in the inventory's order within its kind.
    pub effects: Vec<Effect>,
    /// How many edges were looked at.
    pub edges: usize,
    /// How many of them came through though the policies in force refuse them, and will be refused further on.
    pub refused_before: usize,
}

/// What becomes of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    pub kind: Kind,
    /// By its place in the inventory.
    pub edge: usize,
    /// The connection that shows it, by its place among those of the edge.
    pub connection: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It came through, and would be refused.
    Breaks,
    /// Something that would have to be known decides about it.
    Undecidable,
    /// It would be refused, and never came through anyway.
    Refused,
    /// It was refused, and would be admitted.
    Admitted,
}

/// What policies say, and of whom: as it is, or as it would be.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    pub stage: &'a Stage,
    pub policies: &'a PolicySet,
    pub cluster: &'a Snapshot,
}

/// The edges that `wanted` wants.
pub fn preview(listing: &Listing, before: &State<'_>, after: &State<'_>, wanted: impl Fn(&Edge) -> bool) -> Preview {
    let mut preview = Preview::default();
    for (index, edge) in listing.edges.iter().enumerate().filter(|(_, edge)| wanted(edge)) {
        preview.edges += 1;
        let mut worst: Option<Effect> = None;
        let (mut is_known, mut was_refused) = (false, false);
        let pairs = before.stage.connections(index, edge);
        let pairs = pairs.zip(after.stage.connections(index, edge));
        for (number, (then, now)) in pairs.enumerate() {
            let outcomes = [
                before.policies.evaluate(&then).outcome(),
                after.policies.evaluate(&now).outcome(),
            ];
            is_known = true;
            was_refused |= outcomes == [Outcome::DoesNotAdmit, Outcome::DoesNotAdmit];
            let in_parts = match outcomes {
                [_, Outcome::DoesNotAdmit] => None,
                [Outcome::Undecidable, _] | [_, Outcome::Undecidable] => {
                    parts::kind(edge, [before, after], [then, now])
                }
                [..] => None,
            };
            let kind = in_parts.unwrap_or_else(|| kind(edge, outcomes));
            let effect = kind.map(|kind| Effect {
                kind,
                edge: index,
                connection: number,
            });
            worst = worst.into_iter().chain(effect).min();
        }
        if !is_known && may_be_refused(edge, before.policies, after.policies) {
            worst = Some(Effect {
                kind: Kind::Undecidable,
                edge: index,
                connection: 0,
            });
        }
        preview.refused_before += usize::from(was_refused && worst.is_none() && !edge.never_came_through());
        preview.effects.extend(worst);
    }
    preview.effects.sort_unstable();
    preview
}

/// The policies in force once these are added to them; of their namespaces no others are left if they replace them.
pub fn applied(current: &PolicySet, given: &PolicySet, replace: bool) -> PolicySet {
    let namespaces: BTreeSet<_> = given.iter().map(|policy| &policy.id.namespace).collect();
    let kept = current
        .iter()
        .filter(|policy| !(replace && namespaces.contains(&policy.id.namespace)));
    kept.chain(given.iter()).cloned().collect()
}

/// What the inventory knows of the cluster, and what is known better.
pub fn surroundings(stage: &Stage, cluster: &Snapshot) -> Snapshot {
    let mut all = cluster.clone();
    for pod in stage.pods() {
        let key = (pod.namespace.clone(), pod.name.clone());
        all.pods.entry(key).or_insert_with(|| pod.clone());
        if let Some(labels) = &pod.namespace_labels {
            let facts = || NamespaceFacts {
                labels: labels.clone(),
                ..NamespaceFacts::default()
            };
            all.namespaces.entry(pod.namespace.clone()).or_insert_with(facts);
        }
    }
    all
}

impl Preview {
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Effect> {
        self.effects.iter().filter(move |effect| effect.kind == kind)
    }

    pub fn breaks(&self) -> bool {
        self.of(Kind::Breaks).next().is_some()
    }
}

impl Effect {
    /// The connection that shows it, and why: by what is before where it is admitted only then, otherwise by what comes after. `None`
    /// where no connection of the edge is known.
    pub fn explain<'a>(
        &self,
        listing: &'a Listing,
        before: &State<'a>,
        after: &State<'a>,
    ) -> Option<(Connection<'a>, Explanation)> {
        let state = match self.kind {
            Kind::Breaks | Kind::Undecidable | Kind::Refused => after,
            Kind::Admitted => before,
        };
        let connection = self.connection(listing, state)?;
        let explanation = state.policies.explain(&connection, state.cluster);
        Some((connection, explanation))
    }

    /// What the policies of a state say of that connection.
    pub fn outcome(&self, listing: &Listing, state: &State<'_>) -> Option<Outcome> {
        let connection = self.connection(listing, state)?;
        Some(state.policies.evaluate(&connection).outcome())
    }

    pub fn connection<'a>(&self, listing: &'a Listing, state: &State<'a>) -> Option<Connection<'a>> {
        let edge = listing.edges.get(self.edge)?;
        state.stage.connections(self.edge, edge).nth(self.connection)
    }
}

/// Whether one end is in the namespace.
pub fn is_of(edge: &Edge, namespace: &Symbol) -> bool {
    [&edge.key.source, &edge.key.destination]
        .into_iter()
        .any(|place| place.namespace() == Some(namespace))
}

fn kind(edge: &Edge, [before, after]: [Outcome; 2]) -> Option<Kind> {
    match (before, after) {
        (Outcome::DoesNotAdmit, Outcome::DoesNotAdmit) => None,
        (_, Outcome::DoesNotAdmit) if edge.never_came_through() => Some(Kind::Refused),
        // No policy can name it, and engines differ in what they make of that.
        (_, Outcome::DoesNotAdmit) if !edge.key.protocol.has_ports() => Some(Kind::Undecidable),
        (_, Outcome::DoesNotAdmit) => Some(Kind::Breaks),
        (Outcome::Undecidable, Outcome::Undecidable) => None,
        (_, Outcome::Undecidable) => Some(Kind::Undecidable),
        (Outcome::DoesNotAdmit, Outcome::Admits | Outcome::NotApplicable) => Some(Kind::Admitted),
        (_, Outcome::Admits | Outcome::NotApplicable) => None,
    }
}

/// Whether there will be a policy that may be for an end of the edge.
fn may_be_refused(edge: &Edge, before: &PolicySet, after: &PolicySet) -> bool {
    let ends = [
        (&edge.key.destination, Direction::Ingress),
        (&edge.key.source, Direction::Egress),
    ];
    let is_new = |policy: &Policy, direction| {
        policy.rules(direction).is_some() && before.get(&policy.id).is_none_or(|known| known != policy)
    };
    !edge.never_came_through()
        && ends.into_iter().any(|(place, direction)| match place {
            Place::Workload { namespace, .. } => after.candidates(namespace).any(|policy| is_new(policy, direction)),
            Place::Unknown => after.iter().any(|policy| is_new(policy, direction)),
            Place::Service(_) | Place::Node(_) | Place::World(_) => false,
        })
}
