//! Who calls whom in the shop, and where.

use super::part::Part;
use crate::node::Family;
use std::fmt;

/// Who calls, or is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Part(Part),
    /// The host behind the node's uplink: a customer, and somebody else's API.
    Outside,
    /// The node itself, which probes its pods.
    Node,
}

/// A call that is made again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub from: End,
    pub to: End,
    pub port: u16,
    pub family: Family,
}

impl Route {
    /// The port where names are asked for, over UDP; all others are of TCP.
    const DNS: u16 = 53;

    pub const ALL: [Self; 13] = [
        Self::new(End::Outside, End::Part(Part::Frontend), 8080),
        Self::new(End::Part(Part::Frontend), End::Part(Part::Api), 8080),
        Self::new(End::Part(Part::Worker), End::Part(Part::Api), 8080),
        Self::new(End::Part(Part::Api), End::Part(Part::Db), 5432),
        Self {
            family: Family::V6,
            ..Self::new(End::Part(Part::Worker), End::Part(Part::Db), 5432)
        },
        Self::new(End::Part(Part::Api), End::Outside, 443),
        Self::new(End::Part(Part::Frontend), End::Part(Part::Dns), Self::DNS),
        Self::new(End::Part(Part::Api), End::Part(Part::Dns), Self::DNS),
        Self::new(End::Part(Part::Worker), End::Part(Part::Dns), Self::DNS),
        Self::new(End::Part(Part::Prometheus), End::Part(Part::Frontend), 9100),
        Self::new(End::Part(Part::Prometheus), End::Part(Part::Api), 9100),
        Self::new(End::Part(Part::Prometheus), End::Part(Part::Db), 9100),
        Self::new(End::Node, End::Part(Part::Api), 8080),
    ];

    const fn new(from: End, to: End, port: u16) -> Self {
        Self {
            from,
            to,
            port,
            family: Family::V4,
        }
    }

    pub const fn is_dns(self) -> bool {
        self.port == Self::DNS
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = if self.is_dns() { "UDP" } else { "TCP" };
        write!(f, "{} -> {} {protocol} {}", self.from, self.to, self.port)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => write!(f, "{}/{}", part.namespace(), part.deployment()),
            Self::Outside => f.write_str("outside"),
            Self::Node => f.write_str("node"),
        }
    }
}
