//! The question what policies say of a connection.
use std::net::IpAddr;

use netobs_core::event::Protocol;

use super::{BadFilter, place::Place, value};
use crate::v1::{self, endpoint_ref::Reference};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainQuestion {
    pub source: EndRef,
    pub destination: EndRef,
    pub protocol: Protocol,
    /// The destination's; 0 for protocols without ports.
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndRef {
    Pod { namespace: String, name: String },
    Address(IpAddr),
}

pub fn explain_question(request: &v1::ExplainRequest) -> Result<ExplainQuestion, BadFilter> {
    let protocol = protocol(request.protocol)?;
    Ok(ExplainQuestion {
        source: end(&Place::of("source"), request.source.as_ref())?,
        destination: end(&Place::of("destination"), request.destination.as_ref())?,
        protocol,
        port: port(protocol, request.port)?,
    })
}

fn protocol(number: i32) -> Result<Protocol, BadFilter> {
    match v1::Protocol::try_from(number) {
        Ok(v1::Protocol::Unspecified | v1::Protocol::Tcp) => Ok(Protocol::Tcp),
        Ok(v1::Protocol::Udp) => Ok(Protocol::Udp),
        Ok(v1::Protocol::Sctp) => Ok(Protocol::Sctp),
        Ok(v1::Protocol::Icmp) => Ok(Protocol::Icmp),
        Ok(v1::Protocol::Icmpv6) => Ok(Protocol::Icmpv6),
        Ok(v1::Protocol::Other) | Err(_) => {
            let wanted =
                "one of PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP, PROTOCOL_ICMP and PROTOCOL_ICMPV6 is wanted";
            Err(BadFilter::number(&Place::of("protocol"), &number, wanted))
        }
    }
}

fn port(protocol: Protocol, number: u32) -> Result<u16, BadFilter> {
    let place = Place::of("port");
    if protocol.has_ports() {
        value::port(&place, number)
    } else if number == 0 {
        Ok(0)
    } else {
        Err(BadFilter::number(&place, &number, "ICMP has no ports; leave it out"))
    }
}

fn end(place: &Place<'_>, end: Option<&v1::EndpointRef>) -> Result<EndRef, BadFilter> {
    match end.and_then(|end| end.reference.as_ref()) {
        Some(Reference::Pod(pod)) => {
            let place = place.field("pod");
            Ok(EndRef::Pod {
                namespace: value::namespace(&place.field("namespace"), &pod.namespace)?.to_string(),
                name: value::pod_name(&place.field("name"), &pod.name)?,
            })
        }
        Some(Reference::Address(address)) => Ok(EndRef::Address(value::address(&place.field("address"), address)?)),
        None => Err(BadFilter::missing(
            place,
            "a pod by its namespace and name, or an address, is wanted",
        )),
    }
}
