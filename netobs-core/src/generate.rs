//! NetworkPolicies that admit what was seen of a namespace, as a person would write them.
use crate::{
    inventory::{Edge, Listing, Place},
    labels::{Selector, Symbol},
    policy::{
        Action, Connection, Direction, Namespaces, Peer, Peers, Policy, PolicyId, PolicySet, PortMatch, Ports, Rule,
        RuleSet, Subject, Tier,
    },
    scene::Stage,
    time::Timestamp,
};

pub use self::{
    beside::{Beside, beside},
    select::Choice,
};

mod backend;
mod beside;
mod draft;
mod name;
mod need;
mod port;
mod prune;
mod select;
mod server;
#[cfg(test)]
mod tests;

const KIND: &str = "NetworkPolicy";
/// The tier of NetworkPolicies, among those of all dialects.
const TIER: Tier = Tier(1_000);

/// How far the policies go; each is narrower than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Name resolution is spelt out, everything else stays open.
    Dns,
    /// Everything is refused but name resolution, the namespace itself and monitoring.
    Baseline,
    /// Everything is refused but what was seen.
    Full,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub namespace: Symbol,
    pub phase: Phase,
    /// Edges that were last seen before this are left out.
    pub since: Option<Timestamp>,
    pub seen_once: bool,
    pub dropped: bool,
    /// Whether all pods of the namespace may talk to each other, rather than those that did.
    pub open_inside: bool,
    /// Keys of labels by which other namespaces are named, where they have one; otherwise they are named by their name.
    pub namespace_labels: Vec<Symbol>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub namespace: Symbol,
    pub phase: Phase,
    /// In the order in which they are to be read.
    pub drafts: Vec<Draft>,
    /// By edge.
    pub left_out: Vec<LeftOut>,
    /// Whether any name server is known, so that it is admitted.
    pub knows_name_servers: bool,
    /// How many edges of the namespace were looked at.
    pub edges: usize,
}

/// A policy, and what each part of it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: Symbol,
    pub purpose: Purpose,
    pub subject: Selector,
    /// `None` if it does not speak of that direction.
    pub ingress: Option<Vec<DraftRule>>,
    pub egress: Option<Vec<DraftRule>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    DefaultDeny,
    Dns,
    SameNamespace,
    Monitoring,
    /// For these workloads; more than one where their labels do not tell them apart.
    Workloads {
        names: Vec<Symbol>,
        /// Others that the selector selects, too.
        also: Vec<Symbol>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRule {
    /// Empty is for everybody.
    pub peers: Vec<Peer>,
    /// Empty is for every port.
    pub ports: Vec<PortMatch>,
    /// The edges it is for, by their place in the inventory.
    pub edges: Vec<usize>,
    pub status: Status,
    /// Others that a selector among the peers selects, too.
    pub also: Vec<Symbol>,
    /// What nothing tells from the rest of its namespace, so that all of that is admitted.
    pub indistinct: Vec<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Admitted,
    /// It is there for whoever reads it, and admits nothing.
    SeenOnce,
    /// It is there for the phase, or for name resolution, though nothing of the namespace was seen to need it.
    Open,
}

/// An edge that the policies do not admit, or need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    pub edge: usize,
    pub direction: Direction,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It never came through.
    Dropped,
    Unanswered,
    SeenOnce,
    /// A later phase is about it.
    LaterPhase,
    /// Of the workload at this end no labels are known.
    NoLabels,
    /// Whose address the other end had is not known.
    NoOwner,
    /// It went to a service, and which pods served it is not known.
    NoBackend,
    NoAddress,
    NoPort,
    /// Policies cannot name this protocol.
    NoSuchProtocol,
    /// Policies never refuse it: it comes from a pod's own node, or from the pod itself.
    AlwaysAdmitted,
}

pub fn generate(listing: &Listing, request: &Request) -> Plan {
    let stage = Stage::of(listing);
    let choice = Choice::new(&listing.portraits, &request.namespace_labels);
    let needs = need::all(listing, &stage, &choice, request);
    let mut drafts = draft::all(listing, request, &choice, &needs);
    prune::prune(&mut drafts, request, &stage, listing, &choice, &needs.wanted);
    name::name(&mut drafts);
    let knows_name_servers = needs.knows_name_servers();
    let mut left_out = needs.left_out;
    left_out.sort();
    left_out.dedup();
    Plan {
        namespace: request.namespace.clone(),
        phase: request.phase,
        drafts,
        left_out,
        knows_name_servers,
        edges: needs.edges,
    }
}

impl Request {
    const fn is_open_inside(&self) -> bool {
        self.open_inside || matches!(self.phase, Phase::Baseline)
    }

    fn looks_at(&self, edge: &Edge) -> bool {
        self.since.is_none_or(|since| edge.last >= since)
    }
}

/// The namespace with all of its pods closed: what it does not refuse, no policy can.
struct Closed(PolicySet);

impl Closed {
    fn new(namespace: &Symbol) -> Self {
        Self([Draft::default_deny().policy(namespace)].into_iter().collect())
    }

    fn refuses(&self, connection: &Connection<'_>, direction: Direction) -> bool {
        !self.0.decide(connection, direction).outcome().passes()
    }
}

impl Plan {
    pub fn policies(&self) -> impl Iterator<Item = Policy> {
        self.drafts.iter().map(|draft| draft.policy(&self.namespace))
    }

    pub fn policy_set(&self) -> PolicySet {
        self.policies().collect()
    }
}

impl Draft {
    fn empty(purpose: Purpose, subject: Selector) -> Self {
        Self {
            name: Symbol::from(""),
            purpose,
            subject,
            ingress: None,
            egress: None,
        }
    }

    fn default_deny() -> Self {
        Self {
            ingress: Some(Vec::new()),
            egress: Some(Vec::new()),
            ..Self::empty(Purpose::DefaultDeny, Selector::everything())
        }
    }

    pub fn policy(&self, namespace: &Symbol) -> Policy {
        let rules = |rules: &Option<Vec<DraftRule>>| {
            rules.as_ref().map(|rules| RuleSet {
                isolates: true,
                rules: rules.iter().filter_map(DraftRule::rule).collect(),
            })
        };
        Policy {
            id: PolicyId {
                kind: KIND,
                namespace: Some(namespace.clone()),
                name: self.name.clone(),
            },
            tier: TIER,
            order: 0,
            subject: Subject {
                namespaces: Namespaces::Named(namespace.clone()),
                pods: self.subject.clone(),
            },
            ingress: rules(&self.ingress),
            egress: rules(&self.egress),
        }
    }

    pub fn rules(&self, direction: Direction) -> Option<&Vec<DraftRule>> {
        match direction {
            Direction::Ingress => self.ingress.as_ref(),
            Direction::Egress => self.egress.as_ref(),
        }
    }

    const fn rules_mut(&mut self, direction: Direction) -> &mut Option<Vec<DraftRule>> {
        match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        }
    }
}

impl DraftRule {
    /// `None` if it admits nothing.
    pub fn rule(&self) -> Option<Rule> {
        (self.status != Status::SeenOnce).then(|| self.written())
    }

    /// What it would be if it admitted something.
    pub fn written(&self) -> Rule {
        Rule {
            action: Action::Allow,
            peers: if self.peers.is_empty() {
                Peers::Any
            } else {
                Peers::Of(self.peers.clone())
            },
            ports: if self.ports.is_empty() {
                Ports::All
            } else {
                Ports::Of(self.ports.clone())
            },
        }
    }
}
