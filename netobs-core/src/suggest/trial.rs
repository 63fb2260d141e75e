//! Makes changes on paper and asks the policies again.
use super::{Change, labels_after, policy_after};
use crate::{
    explain::ObjectRef,
    policy::{Connection, Direction, Endpoint, PodFacts, Policy, PolicySet},
};

pub(super) fn mends(set: &PolicySet, connection: &Connection<'_>, direction: Direction, changes: &[Change]) -> bool {
    Trial::of(set, connection, changes).passes(set, connection, &[direction])
}

pub(super) fn admits(set: &PolicySet, connection: &Connection<'_>, changes: &[Change]) -> bool {
    Trial::of(set, connection, changes).passes(set, connection, &[Direction::Ingress, Direction::Egress])
}

/// The pod as it is once the changes are made.
pub(super) fn pod_after(pod: &PodFacts, changes: &[Change]) -> PodFacts {
    let itself = ObjectRef::Pod {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
    };
    let namespace = ObjectRef::Namespace(pod.namespace.clone());
    PodFacts {
        labels: labels_after(&itself, &pod.labels, changes),
        namespace_labels: pod
            .namespace_labels
            .as_ref()
            .map(|labels| labels_after(&namespace, labels, changes)),
        ..pod.clone()
    }
}

/// What the changes make of both ends and of the policies.
struct Trial {
    source: Option<PodFacts>,
    destination: Option<PodFacts>,
    policies: Vec<Policy>,
}

impl Trial {
    fn of(set: &PolicySet, connection: &Connection<'_>, changes: &[Change]) -> Self {
        let after = |end| match end {
            Endpoint::Pod(pod) => Some(pod_after(pod, changes)),
            Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Block(_) | Endpoint::Unknown(_) => None,
        };
        let changed = changes.iter().filter_map(|change| match change {
            Change::AddRule { policy, .. } | Change::AddPort { policy, .. } => set.get(policy),
            Change::SetLabel { .. } | Change::RemoveLabel { .. } => None,
        });
        Self {
            source: after(connection.source),
            destination: after(connection.destination),
            policies: changed.map(|policy| policy_after(policy, changes)).collect(),
        }
    }

    fn passes(&self, set: &PolicySet, connection: &Connection<'_>, directions: &[Direction]) -> bool {
        let after = Connection {
            source: self.source.as_ref().map_or(connection.source, Endpoint::Pod),
            destination: self.destination.as_ref().map_or(connection.destination, Endpoint::Pod),
            ..*connection
        };
        directions
            .iter()
            .all(|direction| set.decide_with(&after, *direction, &self.policies).outcome().passes())
    }
}
