//! Ends of flows, and transports.
use netobs_api::v1::{Endpoint, EndpointKind, Flow, Protocol};

/// `prod-a/api`, `node node-a`, `world 8.8.8.8`, or just the address of what is not known.
pub(crate) fn name(endpoint: &Endpoint) -> String {
    let Endpoint {
        namespace,
        name,
        address,
        ..
    } = endpoint;
    match endpoint.kind() {
        EndpointKind::Pod => format!("{namespace}/{name}"),
        EndpointKind::Service => format!("service {namespace}/{name}"),
        EndpointKind::Node if name.is_empty() => format!("node {address}"),
        EndpointKind::Node => format!("node {name}"),
        EndpointKind::World => format!("world {address}"),
        EndpointKind::Unknown | EndpointKind::Unspecified => format!("unknown {address}"),
    }
}

pub(crate) fn with_port(endpoint: &Endpoint, protocol: Protocol, port: u32) -> String {
    let name = name(endpoint);
    if !has_ports(protocol) {
        return name;
    }
    match endpoint.kind() {
        EndpointKind::Pod | EndpointKind::Service => format!("{name}:{port}"),
        EndpointKind::Node if !endpoint.name.is_empty() => format!("{name}:{port}"),
        EndpointKind::Node | EndpointKind::World | EndpointKind::Unknown | EndpointKind::Unspecified => {
            let address = &endpoint.address;
            let bracketed = if address.contains(':') {
                format!("[{address}]")
            } else {
                address.clone()
            };
            format!("{}:{port}", name.replace(address.as_str(), &bracketed))
        }
    }
}

pub(crate) fn protocol(protocol: Protocol, number: u32) -> String {
    match protocol {
        Protocol::Tcp => "TCP".to_owned(),
        Protocol::Udp => "UDP".to_owned(),
        Protocol::Sctp => "SCTP".to_owned(),
        Protocol::Icmp => "ICMP".to_owned(),
        Protocol::Icmpv6 => "ICMPv6".to_owned(),
        Protocol::Other | Protocol::Unspecified => format!("protocol {number}"),
    }
}

pub(crate) fn flow_protocol(flow: &Flow) -> String {
    protocol(flow.protocol(), flow.protocol_number)
}

pub(crate) const fn has_ports(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp)
}
