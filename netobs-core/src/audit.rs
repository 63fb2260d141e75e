//! Looks at a whole cluster without any connection: labels that policies count on and objects lack, and policies for nobody.
use crate::{
    explain::{LabelHint, ObjectRef, Snapshot},
    labels::{Selector, Symbol},
    policy::{Direction, PolicyId, PolicySet},
};

mod isolation;
mod labels_lacking;
mod selects_nothing;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Policies select on this key, and the object lacks it or has something much like it.
    LabelLacking(LabelLacking),
    /// The policy is for pods that do not exist.
    NoSubject {
        policy: PolicyId,
        selector: Selector,
        namespace_exists: bool,
    },
    /// A rule is for namespaces or pods that do not exist.
    NoPeer {
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        peer: usize,
        part: SelectorPart,
        selector: Selector,
    },
    /// Pods may send only what policies admit, and DNS is not among it.
    NoDns {
        namespace: Symbol,
        policies: Vec<PolicyId>,
        pods: Vec<Symbol>,
        count: usize,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelLacking {
    pub object: ObjectRef,
    pub key: Symbol,
    /// The values that policies select; empty if any will do.
    pub wanted: Vec<Symbol>,
    pub found: Option<Symbol>,
    pub hints: Vec<LabelHint>,
    pub policies: Vec<PolicyId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SelectorPart {
    Namespaces,
    Pods,
}

/// Everything that is found, sorted.
pub fn audit(policies: &PolicySet, cluster: &Snapshot) -> Vec<Finding> {
    let mut findings: Vec<_> = labels_lacking::find(policies, cluster)
        .into_iter()
        .map(Finding::LabelLacking)
        .collect();
    findings.extend(selects_nothing::find(policies, cluster));
    findings.extend(isolation::find(policies, cluster));
    findings.sort();
    findings
}
