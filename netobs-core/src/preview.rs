//! What other policies would have done to everything that was seen.
use std::collections::BTreeSet;

use crate::{
    explain::{Explanation, NamespaceFacts, Snapshot},
    inventory::{Edge, Listing},
    labels::Symbol,
    policy::{Connection, Outcome, PolicySet},
    scene::Stage,
};

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

/// The edges that `wanted` wants.
pub fn preview(
    listing: &Listing,
    stage: &Stage,
    before: &PolicySet,
    after: &PolicySet,
    wanted: impl Fn(&Edge) -> bool,
) -> Preview {
    let mut preview = Preview::default();
    for (index, edge) in listing.edges.iter().enumerate().filter(|(_, edge)| wanted(edge)) {
        preview.edges += 1;
        let mut worst: Option<Effect> = None;
        let mut was_refused = false;
        for (number, connection) in stage.connections(index, edge).enumerate() {
            let now = after.evaluate(&connection).outcome();
            let then = before.evaluate(&connection).outcome();
            was_refused |= (then, now) == (Outcome::DoesNotAdmit, Outcome::DoesNotAdmit);
            let effect = kind(edge, then, now).map(|kind| Effect {
                kind,
                edge: index,
                connection: number,
            });
            worst = worst.into_iter().chain(effect).min();
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

/// Namespaces have these labels, whatever was seen of them.
pub fn relabel(listing: &mut Listing, cluster: &Snapshot) {
    for portrait in &mut listing.portraits {
        if let Some(namespace) = cluster.namespaces.get(&portrait.key.namespace) {
            portrait.namespace_labels = Some(namespace.labels.clone());
        }
    }
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
    /// The connection that shows it.
    pub fn connection<'a>(&self, listing: &'a Listing, stage: &'a Stage) -> Option<Connection<'a>> {
        let edge = listing.edges.get(self.edge)?;
        stage.connections(self.edge, edge).nth(self.connection)
    }

    /// Why: by the policies before where it is admitted only now, otherwise by those after.
    pub fn explain(
        &self,
        connection: &Connection<'_>,
        before: &PolicySet,
        after: &PolicySet,
        cluster: &Snapshot,
    ) -> Explanation {
        match self.kind {
            Kind::Breaks | Kind::Undecidable | Kind::Refused => after.explain(connection, cluster),
            Kind::Admitted => before.explain(connection, cluster),
        }
    }
}

/// Whether one end is in the namespace.
pub fn is_of(edge: &Edge, namespace: &Symbol) -> bool {
    [&edge.key.source, &edge.key.destination]
        .into_iter()
        .any(|place| place.namespace() == Some(namespace))
}

fn kind(edge: &Edge, before: Outcome, after: Outcome) -> Option<Kind> {
    match (before, after) {
        (Outcome::DoesNotAdmit, Outcome::DoesNotAdmit) => None,
        (_, Outcome::DoesNotAdmit) if edge.never_came_through() => Some(Kind::Refused),
        (_, Outcome::DoesNotAdmit) => Some(Kind::Breaks),
        (Outcome::Undecidable, Outcome::Undecidable) => None,
        (_, Outcome::Undecidable) => Some(Kind::Undecidable),
        (Outcome::DoesNotAdmit, Outcome::Admits | Outcome::NotApplicable) => Some(Kind::Admitted),
        (_, Outcome::Admits | Outcome::NotApplicable) => None,
    }
}
