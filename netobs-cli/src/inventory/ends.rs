//! Ends of edges and what lies between them, in words.
use netobs_core::{
    event::Protocol,
    inventory::{EdgeKey, Place},
    policy::Cidr,
};

/// `shop/api`, `service shop/api`, `node node-a`, `world 203.0.113.0/24`, `unknown`.
pub(super) fn text(place: &Place) -> String {
    match place {
        Place::Workload { namespace, workload } => format!("{namespace}/{}", workload.name),
        Place::Service(service) => format!("service {}/{}", service.namespace, service.name),
        Place::Node(name) => format!("node {name}"),
        Place::World(block) => format!("world {}", self::block(*block)),
        Place::Unknown => "unknown".to_owned(),
    }
}

/// Without what the box says that it is drawn in.
pub(super) fn short(place: &Place) -> String {
    match place {
        Place::Workload { workload, .. } => workload.name.to_string(),
        Place::Service(service) => format!("service {}", service.name),
        Place::Node(name) => name.to_string(),
        Place::World(block) => self::block(*block),
        Place::Unknown => "unknown".to_owned(),
    }
}

/// `Deployment`, `service`, `node`, `world`, `unknown`.
pub(super) fn kind(place: &Place) -> &str {
    match place {
        Place::Workload { workload, .. } => workload.kind.as_str(),
        Place::Service(_) => "service",
        Place::Node(_) => "node",
        Place::World(_) => "world",
        Place::Unknown => "unknown",
    }
}

/// A single address without the length that says so.
pub(super) fn block(block: Cidr) -> String {
    if block == Cidr::single(block.network()) {
        block.network().to_string()
    } else {
        block.to_string()
    }
}

/// `8080/TCP`, or the protocol alone where it has no ports.
pub(super) fn port(key: &EdgeKey) -> String {
    let protocol = protocol(key.protocol);
    match key.port {
        Some(port) => format!("{port}/{protocol}"),
        None => protocol,
    }
}

pub(super) fn protocol(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "TCP".to_owned(),
        Protocol::Udp => "UDP".to_owned(),
        Protocol::Sctp => "SCTP".to_owned(),
        Protocol::Icmp => "ICMP".to_owned(),
        Protocol::Icmpv6 => "ICMPv6".to_owned(),
        Protocol::Other(number) => format!("protocol {number}"),
    }
}
