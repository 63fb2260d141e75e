//! Pods that policies isolate from name resolution.
use std::collections::BTreeMap;

use super::Finding;
use crate::{
    explain::{Snapshot, may_ask_dns},
    labels::Symbol,
    policy::{Direction, PolicyId, PolicySet},
};

/// How many pods a finding names.
const MOST_NAMED: usize = 10;

/// One finding for each namespace and set of policies.
pub(super) fn find(policies: &PolicySet, cluster: &Snapshot) -> Vec<Finding> {
    let mut pods_by_policies: BTreeMap<(Symbol, Vec<PolicyId>), Vec<Symbol>> = BTreeMap::new();
    for pod in cluster
        .pods
        .values()
        .filter(|pod| !pod.host_network && !may_ask_dns(policies, pod, cluster))
    {
        let isolating = policies
            .isolating(pod, Direction::Egress, None)
            .map(|policy| policy.id.clone())
            .collect();
        pods_by_policies
            .entry((pod.namespace.clone(), isolating))
            .or_default()
            .push(pod.name.clone());
    }
    let finding = |((namespace, policies), mut pods): ((Symbol, Vec<PolicyId>), Vec<Symbol>)| {
        let count = pods.len();
        pods.truncate(MOST_NAMED);
        Finding::NoDns {
            namespace,
            policies,
            pods,
            count,
        }
    };
    pods_by_policies.into_iter().map(finding).collect()
}
