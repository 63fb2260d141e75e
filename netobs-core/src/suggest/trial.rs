//! Makes changes on paper and asks the policies again.
use super::{Change, labels_after, policy_after};
use crate::{
    explain::ObjectRef,
    policy::{Connection, Direction, Endpoint, Outcome, PodFacts, PolicySet},
};

pub(super) fn mends(set: &PolicySet, connection: &Connection<'_>, direction: Direction, changes: &[Change]) -> bool {
    with_changes(set, connection, changes, |set, connection| {
        set.decide(connection, direction).outcome()
    })
}

pub(super) fn admits(set: &PolicySet, connection: &Connection<'_>, changes: &[Change]) -> bool {
    with_changes(set, connection, changes, |set, connection| {
        set.evaluate(connection).outcome()
    })
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

fn with_changes(
    set: &PolicySet,
    connection: &Connection<'_>,
    changes: &[Change],
    ask: impl FnOnce(&PolicySet, &Connection<'_>) -> Outcome,
) -> bool {
    let pods = [connection.source, connection.destination].map(|end| match end {
        Endpoint::Pod(pod) => Some(pod_after(pod, changes)),
        Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Unknown(_) => None,
    });
    let after = Connection {
        source: pods[0].as_ref().map_or(connection.source, Endpoint::Pod),
        destination: pods[1].as_ref().map_or(connection.destination, Endpoint::Pod),
        ..*connection
    };
    let changed: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            Change::AddRule { policy, .. } | Change::AddPort { policy, .. } => set.get(policy),
            Change::SetLabel { .. } | Change::RemoveLabel { .. } => None,
        })
        .map(|policy| policy_after(policy, changes))
        .collect();
    if changed.is_empty() {
        return ask(set, &after).passes();
    }
    let mut set = set.clone();
    changed.into_iter().for_each(|policy| set.insert(policy));
    ask(&set, &after).passes()
}
