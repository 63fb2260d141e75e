//! Which of the kernel's reasons for a drop may be a policy's doing.
use std::collections::HashMap;

use crate::{
    event::{Place, ReasonId},
    labels::Symbol,
};

/// Whether policies are a possible explanation of a drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspicion {
    /// Policies are enforced by drops with this reason.
    Policy,
    /// The kernel did not say why; it may have been one.
    Unspecified,
    /// It was something else.
    None,
}

/// The running kernel's names for its reasons, as it gave them.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    by_id: HashMap<ReasonId, Symbol>,
}

impl Reasons {
    pub fn name(&self, reason: ReasonId) -> Option<&Symbol> {
        self.by_id.get(&reason)
    }

    /// Inside a pod's namespace no CNI enforces policies: what drops there are the pod's own rules.
    pub fn suspicion(&self, reason: ReasonId, place: Place) -> Suspicion {
        match (place, self.name(reason)) {
            (Place::Inside { .. }, _) => Suspicion::None,
            (Place::Node { .. } | Place::Unknown, Some(name)) => suspicion_of(name),
            (Place::Node { .. } | Place::Unknown, None) => Suspicion::Unspecified,
        }
    }
}

impl FromIterator<(ReasonId, Symbol)> for Reasons {
    fn from_iter<I: IntoIterator<Item = (ReasonId, Symbol)>>(names: I) -> Self {
        Self {
            by_id: names.into_iter().collect(),
        }
    }
}

fn suspicion_of(name: &str) -> Suspicion {
    match name.strip_prefix("SKB_DROP_REASON_").unwrap_or(name) {
        // iptables and nftables; eBPF programs at tc and at cgroups; Open vSwitch.
        "NETFILTER_DROP"
        | "TC_INGRESS"
        | "TC_EGRESS"
        | "BPF_CGROUP_EGRESS"
        | "OVS_DROP_EXPLICIT"
        | "OVS_DROP_EXPLICIT_WITH_ERROR"
        | "OVS_DROP_LAST_ACTION" => Suspicion::Policy,
        "NOT_SPECIFIED" => Suspicion::Unspecified,
        _ => Suspicion::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NetnsId;

    const ON_NODE: Place = Place::Node { interface: None };

    fn suspicion(name: &str, place: Place) -> Suspicion {
        let reasons: Reasons = [(ReasonId(7), name.into())].into_iter().collect();
        reasons.suspicion(ReasonId(7), place)
    }

    #[test]
    fn enforcers_of_policies_are_known_by_the_names_of_their_drops() {
        assert_eq!(suspicion("NETFILTER_DROP", ON_NODE), Suspicion::Policy);
        assert_eq!(suspicion("SKB_DROP_REASON_TC_EGRESS", ON_NODE), Suspicion::Policy);
        assert_eq!(suspicion("NO_SOCKET", ON_NODE), Suspicion::None);
        assert_eq!(suspicion("NOT_SPECIFIED", ON_NODE), Suspicion::Unspecified);
        assert_eq!(
            Reasons::default().suspicion(ReasonId(7), ON_NODE),
            Suspicion::Unspecified
        );
    }

    #[test]
    fn rules_inside_a_pod_are_no_policies() {
        let inside = Place::Inside {
            namespace: NetnsId(1),
            interface: None,
        };
        assert_eq!(suspicion("NETFILTER_DROP", inside), Suspicion::None);
    }
}
