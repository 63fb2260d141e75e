//! What policies say about a connection, for each direction and together.
use super::{Direction, End, Policy, Rule};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleRef<'s> {
    pub policy: &'s Policy,
    pub direction: Direction,
    /// Its place among the policy's rules for that direction, from 0.
    pub index: usize,
}

impl<'s> RuleRef<'s> {
    pub fn rule(&self) -> Option<&'s Rule> {
        self.policy.rules(self.direction)?.rules.get(self.index)
    }
}

/// What the policies of one direction say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'s> {
    /// No policy isolates the pod, or there is no pod that policies could isolate.
    NotApplicable,
    Admits(Admission<'s>),
    DoesNotAdmit(Refusal<'s>),
    /// Whether it is admitted depends on something that is not known.
    Undecidable(Missing),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission<'s> {
    Rule(RuleRef<'s>),
    /// A pod is always open to the node it runs on.
    OwnNode,
    /// A pod is always open to itself.
    Itself,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal<'s> {
    /// These isolate the pod, and no rule of theirs admits the connection.
    Isolated(Vec<&'s Policy>),
    /// A rule of a dialect that has them denies it.
    Denied(RuleRef<'s>),
}

/// A fact that would have to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// Whose address this end is.
    Owner(End),
    /// The labels of the namespace of this end.
    NamespaceLabels(End),
    /// The address of this end.
    Address(End),
    /// Which of its addresses this end uses.
    AddressFamily(End),
    /// The destination port.
    Port,
    /// Whether both ends are on the same node.
    Node,
}

/// The one word for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    NotApplicable,
    Admits,
    DoesNotAdmit,
    Undecidable,
}

impl Decision<'_> {
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::NotApplicable => Outcome::NotApplicable,
            Self::Admits(_) => Outcome::Admits,
            Self::DoesNotAdmit(_) => Outcome::DoesNotAdmit,
            Self::Undecidable(_) => Outcome::Undecidable,
        }
    }
}

impl Decision<'_> {
    /// The fact that would decide it.
    pub const fn missing(&self) -> Option<Missing> {
        match self {
            Self::Undecidable(missing) => Some(*missing),
            Self::NotApplicable | Self::Admits(_) | Self::DoesNotAdmit(_) => None,
        }
    }
}

impl Outcome {
    /// Whether nothing in the policies is in the connection's way.
    pub const fn passes(self) -> bool {
        matches!(self, Self::NotApplicable | Self::Admits)
    }

    /// Both directions must let a connection through.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::DoesNotAdmit, _) | (_, Self::DoesNotAdmit) => Self::DoesNotAdmit,
            (Self::Undecidable, _) | (_, Self::Undecidable) => Self::Undecidable,
            (Self::Admits, _) | (_, Self::Admits) => Self::Admits,
            (Self::NotApplicable, Self::NotApplicable) => Self::NotApplicable,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation<'s> {
    pub ingress: Decision<'s>,
    pub egress: Decision<'s>,
}

impl<'s> Evaluation<'s> {
    pub const fn outcome(&self) -> Outcome {
        self.ingress.outcome().and(self.egress.outcome())
    }

    pub const fn of(&self, direction: Direction) -> &Decision<'s> {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}
