//! What is asked about: a connection between two ends, with everything policies can ask of them.
use std::{net::IpAddr, sync::Arc};

use crate::{
    event::Protocol,
    labels::{Labels, Symbol},
    policy::Cidr,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Judged for the pod that is connected to.
    Ingress,
    /// Judged for the pod that connects.
    Egress,
}

impl Direction {
    /// The end whose policies speak.
    pub const fn subject(self) -> End {
        match self {
            Self::Ingress => End::Destination,
            Self::Egress => End::Source,
        }
    }

    /// The end that rules name as their peer.
    pub const fn peer(self) -> End {
        match self {
            Self::Ingress => End::Source,
            Self::Egress => End::Destination,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    Source,
    Destination,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedPort {
    pub name: Symbol,
    pub protocol: Protocol,
    pub port: u16,
}

/// A pod as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFacts {
    pub namespace: Symbol,
    pub name: Symbol,
    pub labels: Labels,
    /// `None` while the namespace itself has not been seen.
    pub namespace_labels: Option<Labels>,
    /// Empty while none has been given to it.
    pub addresses: Arc<[IpAddr]>,
    pub host_network: bool,
    /// `None` while it is not scheduled.
    pub node: Option<Symbol>,
    pub ports: Arc<[NamedPort]>,
}

#[derive(Clone, Copy, Debug)]
pub enum Endpoint<'a> {
    Pod(&'a PodFacts),
    /// A node itself: its kubelet, or anything else on its network that is no pod.
    Node {
        name: Option<&'a Symbol>,
        address: Option<IpAddr>,
    },
    /// An address that belongs to nothing in the cluster.
    World(IpAddr),
    /// Some of these addresses, none of which belongs to anything in the cluster.
    Block(Cidr),
    /// An address of which it is not known whose it is.
    Unknown(IpAddr),
}

/// A connection that happened or might; replies to it are part of it.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a> {
    pub source: Endpoint<'a>,
    pub destination: Endpoint<'a>,
    pub protocol: Protocol,
    /// The destination's; `None` if not known, or for protocols without ports.
    pub port: Option<u16>,
    /// The addresses the packets carried; `None` stands for any address that end has.
    pub source_address: Option<IpAddr>,
    pub destination_address: Option<IpAddr>,
}

impl<'a> Connection<'a> {
    /// One of which no packet was seen, so that each end may use any of its addresses.
    pub const fn between(source: Endpoint<'a>, destination: Endpoint<'a>, protocol: Protocol, port: u16) -> Self {
        Self {
            source,
            destination,
            protocol,
            port: Some(port),
            source_address: None,
            destination_address: None,
        }
    }

    /// The same with this address at that end.
    #[must_use]
    pub const fn at(mut self, end: End, address: IpAddr) -> Self {
        match end {
            End::Source => self.source_address = Some(address),
            End::Destination => self.destination_address = Some(address),
        }
        self
    }

    pub const fn end(&self, end: End) -> Endpoint<'a> {
        match end {
            End::Source => self.source,
            End::Destination => self.destination,
        }
    }

    pub(super) const fn seen_address(&self, end: End) -> Option<IpAddr> {
        match end {
            End::Source => self.source_address,
            End::Destination => self.destination_address,
        }
    }

    /// The addresses this end may have in this connection: of those it has, the ones the other end can talk to.
    pub fn addresses(&self, end: End) -> impl Iterator<Item = IpAddr> + use<'a> {
        let families = self.families(end);
        let seen = self.seen_address(end).or(self.end(end).address());
        let several = match (seen, self.end(end)) {
            (None, Endpoint::Pod(pod)) => &*pod.addresses,
            (
                _,
                Endpoint::Pod(_)
                | Endpoint::Node { .. }
                | Endpoint::World(_)
                | Endpoint::Block(_)
                | Endpoint::Unknown(_),
            ) => &[],
        };
        // Ends that share no family do not talk at all; then what they have is all there is to go by.
        let shared = several.iter().any(|address| families.have(*address));
        let usable = several
            .iter()
            .copied()
            .filter(move |address| !shared || families.have(*address));
        seen.into_iter().chain(usable)
    }

    /// The families in which the other end could talk to this one.
    pub(super) fn families(&self, end: End) -> Families {
        match end {
            End::Source => Families::of(self.destination, self.destination_address),
            End::Destination => Families::of(self.source, self.source_address),
        }
    }
}

impl<'a> Endpoint<'a> {
    /// The pod, if policies can tell it from its node.
    pub fn pod(self) -> Option<&'a PodFacts> {
        match self {
            Self::Pod(pod) if !pod.host_network => Some(pod),
            Self::Pod(_) | Self::Node { .. } | Self::World(_) | Self::Block(_) | Self::Unknown(_) => None,
        }
    }

    fn address(self) -> Option<IpAddr> {
        match self {
            Self::Pod(_) | Self::Block(_) => None,
            Self::Node { address, .. } => address,
            Self::World(address) | Self::Unknown(address) => Some(address),
        }
    }
}

/// The address families an end has.
#[derive(Clone, Copy)]
pub(super) struct Families {
    v4: bool,
    v6: bool,
}

impl Families {
    fn of(endpoint: Endpoint<'_>, seen: Option<IpAddr>) -> Self {
        let pod_addresses = match endpoint {
            Endpoint::Pod(pod) => &*pod.addresses,
            Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Block(_) | Endpoint::Unknown(_) => &[],
        };
        let of_block = match endpoint {
            Endpoint::Block(block) => Some(block.network()),
            Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Unknown(_) => None,
        };
        let one = seen.or(endpoint.address()).or(of_block);
        let one = one.map(|address| address.to_canonical());
        match one {
            Some(address) => Self {
                v4: address.is_ipv4(),
                v6: address.is_ipv6(),
            },
            None if pod_addresses.is_empty() => Self { v4: true, v6: true },
            None => Self {
                v4: pod_addresses.iter().any(IpAddr::is_ipv4),
                v6: pod_addresses.iter().any(IpAddr::is_ipv6),
            },
        }
    }

    pub(super) fn have(self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.v4 } else { self.v6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(addresses: &[&str]) -> PodFacts {
        PodFacts {
            namespace: "shop".into(),
            name: "pod".into(),
            labels: Labels::default(),
            namespace_labels: None,
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            host_network: false,
            node: None,
            ports: [].into(),
        }
    }

    fn used(source: &PodFacts, destination: Endpoint<'_>) -> Vec<String> {
        let connection = Connection::between(Endpoint::Pod(source), destination, Protocol::Tcp, 80);
        connection
            .addresses(End::Source)
            .map(|address| address.to_string())
            .collect()
    }

    #[test]
    fn of_its_addresses_an_end_uses_those_that_the_other_end_can_talk_to() {
        let (both, four, six) = (pod(&["10.0.0.1", "fd00::1"]), pod(&["10.0.0.2"]), pod(&["fd00::2"]));
        assert_eq!(used(&both, Endpoint::Pod(&four)), ["10.0.0.1"]);
        assert_eq!(used(&both, Endpoint::Pod(&six)), ["fd00::1"]);
        assert_eq!(
            used(&both, Endpoint::World("2001:db8::1".parse().unwrap())),
            ["fd00::1"]
        );
        assert_eq!(used(&both, Endpoint::Pod(&both)), ["10.0.0.1", "fd00::1"]);
        assert_eq!(used(&both, Endpoint::Pod(&pod(&[]))), ["10.0.0.1", "fd00::1"]);
        assert_eq!(used(&four, Endpoint::Pod(&six)), ["10.0.0.2"]);
    }

    #[test]
    fn an_address_that_was_seen_is_the_one_that_counts() {
        let both = pod(&["10.0.0.1", "fd00::1"]);
        let seen = "fd00::1".parse().unwrap();
        let connection = Connection {
            source_address: Some(seen),
            ..Connection::between(Endpoint::Pod(&both), Endpoint::Pod(&both), Protocol::Tcp, 80)
        };
        assert_eq!(connection.addresses(End::Source).collect::<Vec<_>>(), [seen]);
        assert_eq!(connection.addresses(End::Destination).collect::<Vec<_>>(), [seen]);
    }
}
