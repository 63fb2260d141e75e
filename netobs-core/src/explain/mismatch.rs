//! What a rule wanted of a connection and did not find.
use std::{
    fmt::{self, Display, Formatter},
    net::IpAddr,
};

use super::hint::{LabelHint, PortHint};
use crate::{
    event::Protocol,
    labels::{Requirement, Symbol},
    policy::{Cidr, IpBlock, Missing, PortMatch},
};

/// A Kubernetes object that carries labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectRef {
    Namespace(Symbol),
    Pod { namespace: Symbol, name: Symbol },
}

/// Long lists of what is wanted are not told to their ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mismatch {
    NamespaceLabel(LabelMismatch),
    PodLabel(LabelMismatch),
    /// The rule is for pods of one namespace, and this is another.
    Namespace {
        wanted: Symbol,
        found: Symbol,
    },
    /// The rule is for pods, and this is none that selectors could select.
    NoPod(NoPod),
    IpBlock {
        wanted: IpBlock,
        /// The addresses of the peer that are not in the block; none where only a block of them is known.
        found: Vec<IpAddr>,
        /// The exception of the block that excludes the first of them, or all.
        excepted: Option<Cidr>,
    },
    Port {
        /// What the rule has for this protocol.
        wanted: Vec<PortMatch>,
        found: Option<u16>,
        protocol: Protocol,
        hints: Vec<PortHint>,
    },
    Protocol {
        wanted: Vec<PortMatch>,
        found: Protocol,
    },
    /// The policy has no rule for this direction: nothing speaks of the connection at all.
    NoRule,
    /// The rule has an empty list of peers or ports that were refused as invalid, so that nothing can match it.
    Never,
    /// Whether it matches depends on this.
    Unknown(Missing),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelMismatch {
    pub object: ObjectRef,
    /// Of many values some, those first that it is about.
    pub requirement: Requirement,
    /// The value the object has for the key.
    pub found: Option<Symbol>,
    /// The strongest first; the last one says only whether the key is missing or the value differs.
    pub hints: Vec<LabelHint>,
}

/// Why selectors do not see an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoPod {
    /// A pod on the network of its host, which has its node's address.
    HostNetwork,
    Node,
    World,
}

impl Mismatch {
    pub fn label(&self) -> Option<&LabelMismatch> {
        match self {
            Self::NamespaceLabel(label) | Self::PodLabel(label) => Some(label),
            Self::Namespace { .. }
            | Self::NoPod(_)
            | Self::IpBlock { .. }
            | Self::Port { .. }
            | Self::Protocol { .. }
            | Self::NoRule
            | Self::Never
            | Self::Unknown(_) => None,
        }
    }
}

impl ObjectRef {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Namespace(_) => "Namespace",
            Self::Pod { .. } => "Pod",
        }
    }

    pub fn name(&self) -> &Symbol {
        match self {
            Self::Namespace(name) | Self::Pod { name, .. } => name,
        }
    }

    pub fn namespace(&self) -> &Symbol {
        match self {
            Self::Namespace(namespace) | Self::Pod { namespace, .. } => namespace,
        }
    }
}

impl Display for ObjectRef {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace(name) => write!(out, "namespace {name}"),
            Self::Pod { namespace, name } => write!(out, "pod {namespace}/{name}"),
        }
    }
}
