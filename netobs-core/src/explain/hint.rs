//! What may have gone wrong, beside the bare mismatch.
use crate::{
    labels::{Selector, Symbol},
    policy::{Direction, PolicyId},
    time::Timestamp,
};

/// About one label, the strongest kind first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabelHint {
    /// A satisfying value was there until then.
    WasThere {
        value: Symbol,
        until: Timestamp,
    },
    /// A satisfying value is there, as an annotation, which selectors do not see.
    Annotation {
        value: Symbol,
    },
    /// A key much like the wanted one is there.
    NearKey {
        key: Symbol,
        value: Symbol,
    },
    /// The value is much like a wanted one.
    NearValue {
        wanted: Symbol,
    },
    /// Somewhere in the mesh of values the object has another one.
    ValueDiffers,
    KeyMissing,
    /// The rule wants the key or this value to be absent.
    Unwanted,
}

impl LabelHint {
    /// The value that was meant.
    pub(crate) const fn value(&self) -> Option<&Symbol> {
        match self {
            Self::WasThere { value, .. } | Self::Annotation { value } | Self::NearKey { value, .. } => Some(value),
            Self::NearValue { wanted } => Some(wanted),
            Self::ValueDiffers | Self::KeyMissing | Self::Unwanted => None,
        }
    }
}

/// About the port a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortHint {
    /// The destination pod has no port of that name and protocol.
    NoPortOfThatName { name: Symbol },
    /// The destination pod has it, with another number.
    NameIsOtherPort { name: Symbol, port: u16 },
    /// The destination is no pod, and only pods have named ports.
    OnlyPodsHaveNames { name: Symbol },
}

/// About how a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleHint {
    /// `namespaceSelector` and `podSelector` stand in one item, so that both must match, and only one does.
    BothMustMatch { namespace_matches: bool },
    /// A `podSelector` alone selects in the policy's own namespace only; the pod matches it, from another namespace.
    PodSelectorIsLocal {
        /// The rule has another item with a `namespaceSelector` alone: one item was perhaps meant.
        beside_namespace_selector: bool,
    },
    /// No namespace in the cluster has the labels.
    NoSuchNamespace { selector: Selector },
    /// No pod in the cluster has the labels, in the namespaces that are meant.
    NoSuchPod { selector: Selector },
}

/// About the connection as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionHint {
    /// A rule admits it in one direction; the other direction was perhaps forgotten.
    OneDirectionOnly { admitted: Direction },
    /// The source may not ask for names, so that connections by name fail before they begin.
    DnsNotAdmitted,
    /// This is a question to a name server.
    ThisIsDns,
    /// A `namespaceSelector` and a `podSelector` stand in two items, each of which is enough; this was admitted by one.
    EitherIsEnough { policy: PolicyId, rule: usize },
}
