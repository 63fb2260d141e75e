//! The policies of a cluster in one model for every dialect, and what they say about a connection.
pub use self::{
    cidr::{Cidr, CidrError},
    connection::{Connection, Direction, End, Endpoint, NamedPort, PodFacts},
    decision::{Admission, Decision, Evaluation, Missing, Outcome, Refusal, RuleRef},
    model::{
        Action, IpBlock, Namespaces, Peer, Peers, Policy, PolicyId, PortMatch, PortRange, Ports, Rule, RuleSet,
        Subject, Tier,
    },
    set::PolicySet,
};

#[cfg(test)]
pub(crate) mod arbitrary;
mod cidr;
mod connection;
mod decision;
mod evaluate;
pub(crate) mod matching;
mod model;
pub(crate) mod parts;
mod port_classes;
mod set;

pub(crate) use self::{
    model::Transport,
    port_classes::{PortClass, PortClasses},
};
