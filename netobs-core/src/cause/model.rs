//! What a cause is, and what it is known by.
use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use super::{Affected, Rank};
use crate::{
    change::{Pod, Scoped},
    directory::Owner,
    event::{Count, Protocol, Tuple},
    explain::{Explanation, LabelHint},
    labels::{Requirement, Symbol},
    policy::{Direction, PolicyId},
    time::Timestamp,
    workload::Workload,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(pub u64);

/// A cause as a flow names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseRef {
    pub id: CauseId,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An object lacks a label, has it with another value, or has one it must not have.
    Label,
    /// Questions to a name server are not admitted.
    Dns,
    /// A rule is for such ends, and for other ports.
    Port,
    /// No rule is for such an end.
    Peer,
    /// The policies that isolate have no rule at all for this direction.
    NoRule,
    /// A rule denies it.
    Denied,
    /// Policies do not admit it, and it passed: nobody enforces them here.
    NotEnforced,
    /// Policies admit it, and it was dropped all the same: they are enforced late, or something else is.
    DroppedThoughAdmitted,
}

/// What carries a label. For a pod it is its workload: that is where it would be put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Labelled {
    Namespace(Symbol),
    Workload { namespace: Symbol, workload: Workload },
}

/// A label that an object would have to have, or not to have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Want {
    pub object: Labelled,
    pub requirement: Requirement,
}

/// An end of affected traffic, as coarse as it can be mended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    Workload {
        namespace: Symbol,
        workload: Workload,
    },
    Namespace(Symbol),
    Node(Symbol),
    Service(Scoped),
    /// `None` stands for all of it.
    World(Option<IpAddr>),
    Unknown(Option<IpAddr>),
}

/// What would mend a cause, by which explanations are joined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mend {
    Labels(Vec<Want>),
    /// A rule, or its enforcement, for this traffic.
    Traffic {
        subject: Party,
        peer: Party,
        protocol: Protocol,
        port: Option<u16>,
    },
    /// The same for more ports than are told apart.
    FurtherPorts {
        subject: Party,
        peer: Party,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseKey {
    pub kind: Kind,
    pub direction: Direction,
    pub mend: Mend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Active,
    /// It is active since a label that was there was lost.
    Drifted {
        at: Timestamp,
    },
    /// What was lacking is there.
    Mended {
        at: Timestamp,
    },
}

/// What an object has where something else is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub value: Option<Symbol>,
    /// The strongest first.
    pub hints: Vec<LabelHint>,
}

/// One connection that shows the cause, the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub source: Owner,
    pub destination: Owner,
    pub tuple: Tuple,
    pub explanation: Arc<Explanation>,
}

/// How strongly it is known that traffic was lost, or passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    /// What the kernel said it dropped.
    pub dropped: Count,
    /// Connections asked for again and again without an answer; why is not known.
    pub unanswered: u64,
    /// Connections that came through.
    pub passed: u64,
}

impl Toll {
    /// For what is affected: packets where they were counted, connections elsewhere.
    pub const fn weight(&self) -> u64 {
        self.dropped.packets + self.unanswered + self.passed
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub id: CauseId,
    pub key: CauseKey,
    /// For each wanted label, in the same order.
    pub found: Vec<Found>,
    /// Those whose rule came nearest, or, where none speaks of such traffic, those that isolate.
    pub policies: BTreeSet<PolicyId>,
    pub first: Timestamp,
    pub last: Timestamp,
    pub toll: Toll,
    pub sources: Affected<Party>,
    pub destinations: Affected<Party>,
    pub ports: Affected<(Protocol, Option<u16>)>,
    pub state: State,
    pub example: Example,
}

impl Cause {
    pub const fn is_mended(&self) -> bool {
        matches!(self.state, State::Mended { .. })
    }

    /// Each label that would mend it, and what is there instead.
    pub fn lacking(&self) -> impl Iterator<Item = (&Want, &Found)> {
        self.key.mend.wants().iter().zip(&self.found)
    }

    /// What comes before what, where not all can be kept or told.
    pub const fn rank(&self) -> Rank {
        Rank::of(&self.key, self.state)
    }
}

impl Mend {
    /// The labels that would mend it, if labels would.
    pub const fn wants(&self) -> &[Want] {
        match self {
            Self::Labels(wants) => wants.as_slice(),
            Self::Traffic { .. } | Self::FurtherPorts { .. } => &[],
        }
    }
}

impl CauseKey {
    /// From whom to whom the traffic goes; `None` where labels would mend it, whoever it is.
    pub const fn ends(&self) -> Option<[&Party; 2]> {
        let (Mend::Traffic { subject, peer, .. } | Mend::FurtherPorts { subject, peer }) = &self.mend else {
            return None;
        };
        Some(match self.direction {
            Direction::Egress => [subject, peer],
            Direction::Ingress => [peer, subject],
        })
    }

    /// What this is joined into once there are too many ports between its ends; `None` if it is not about one port.
    pub(super) fn of_further_ports(&self) -> Option<Self> {
        let Mend::Traffic { subject, peer, .. } = &self.mend else {
            return None;
        };
        Some(Self {
            mend: Mend::FurtherPorts {
                subject: subject.clone().group(),
                peer: peer.clone(),
            },
            ..*self
        })
    }
}

impl Party {
    pub fn of(owner: &Owner, address: IpAddr) -> Self {
        match owner {
            Owner::Pod { pod, .. } => Self::workload(pod),
            Owner::Node { name, .. } => Self::Node(name.clone()),
            Owner::Service(service) => Self::Service(service.name.clone()),
            Owner::World { .. } => Self::World(Some(address)),
            Owner::Unknown(_) => Self::Unknown(Some(address)),
        }
    }

    pub fn workload(pod: &Pod) -> Self {
        Self::Workload {
            namespace: pod.namespace.clone(),
            workload: pod.workload.clone(),
        }
    }

    /// Addresses that nothing in the cluster has are mended together.
    #[must_use]
    pub fn group(self) -> Self {
        match self {
            Self::World(_) => Self::World(None),
            Self::Unknown(_) => Self::Unknown(None),
            Self::Workload { .. } | Self::Namespace(_) | Self::Node(_) | Self::Service(_) => self,
        }
    }
}
