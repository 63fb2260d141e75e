//! Policies of any dialect: ordered tiers of rules over peers and ports, and whether being selected isolates.
use std::fmt::{self, Display, Formatter};

use super::Cidr;
use crate::{
    event::Protocol,
    labels::{Selector, Symbol},
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId {
    pub kind: &'static str,
    /// `None` for policies of the whole cluster.
    pub namespace: Option<Symbol>,
    pub name: Symbol,
}

impl Display for PolicyId {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{} {namespace}/{}", self.kind, self.name),
            None => write!(out, "{} {}", self.kind, self.name),
        }
    }
}

/// Tiers are asked in ascending order; a later one only where no earlier one has decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tier(pub u16);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub id: PolicyId,
    pub tier: Tier,
    /// Its place among the policies of its tier, ascending; of equals the one whose id is less comes first.
    pub order: i32,
    pub subject: Subject,
    /// What it says about connections to its pods; `None` if it does not speak of them.
    pub ingress: Option<RuleSet>,
    /// What it says about connections that its pods begin; `None` if it does not speak of them.
    pub egress: Option<RuleSet>,
}

/// The pods a policy is for. Pods on the network of their host are never among them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    pub namespaces: Namespaces,
    pub pods: Selector,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Namespaces {
    Named(Symbol),
    Matching(Selector),
}

/// The rules for one direction. The first rule of a tier that matches decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSet {
    /// Whether a connection that no rule of the tier matches is refused.
    pub isolates: bool,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Allow,
    Deny,
    /// Leaves the decision to the next tier.
    Pass,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub action: Action,
    pub peers: Peers,
    pub ports: Ports,
}

/// The other end of the connection: the source for ingress, the destination for egress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peers {
    Any,
    /// Any one of these; nobody if there are none.
    Of(Vec<Peer>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    Pods {
        namespaces: Namespaces,
        pods: Selector,
    },
    Block(IpBlock),
    /// What could not be understood: nobody.
    Never,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IpBlock {
    pub cidr: Cidr,
    pub except: Vec<Cidr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ports {
    /// Every port of every protocol, and protocols without ports.
    All,
    /// Any one of these; nothing if there are none.
    Of(Vec<PortMatch>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PortMatch {
    pub protocol: Protocol,
    pub range: PortRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PortRange {
    All,
    /// Both included.
    Between {
        first: u16,
        last: u16,
    },
    /// The port that the destination pod gives this name.
    Named(Symbol),
}

impl Policy {
    pub fn rules(&self, direction: super::Direction) -> Option<&RuleSet> {
        match direction {
            super::Direction::Ingress => self.ingress.as_ref(),
            super::Direction::Egress => self.egress.as_ref(),
        }
    }
}

impl Display for IpBlock {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.cidr)?;
        for (index, except) in self.except.iter().enumerate() {
            let lead = if index == 0 { " except " } else { ", " };
            write!(out, "{lead}{except}")?;
        }
        Ok(())
    }
}

impl Display for PortMatch {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let protocol = Transport(self.protocol);
        match &self.range {
            PortRange::All => write!(out, "any {protocol} port"),
            PortRange::Between { first, last } if first == last => write!(out, "{first}/{protocol}"),
            PortRange::Between { first, last } => write!(out, "{first}-{last}/{protocol}"),
            PortRange::Named(name) => write!(out, "{name}/{protocol}"),
        }
    }
}

/// A protocol as policies write it.
pub(crate) struct Transport(pub(crate) Protocol);

impl Display for Transport {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Protocol::Tcp => out.write_str("TCP"),
            Protocol::Udp => out.write_str("UDP"),
            Protocol::Sctp => out.write_str("SCTP"),
            Protocol::Icmp => out.write_str("ICMP"),
            Protocol::Icmpv6 => out.write_str("ICMPv6"),
            Protocol::Other(number) => write!(out, "protocol {number}"),
        }
    }
}
