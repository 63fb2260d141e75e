//! Gives a flow its ends: whose its addresses were while it was seen.
use std::{net::IpAddr, sync::Arc};

use crate::{
    change::Service,
    directory::{Directory, Interval, Owner, Question, facts},
    event::Protocol,
    flow::{Flow, FlowId},
    policy::{Endpoint, PodFacts},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrichedFlow {
    pub flow: Flow,
    pub source: Owner,
    pub destination: Owner,
    /// The service the source asked for, where that is known.
    pub service: Option<Arc<Service>>,
    /// The same connection as it was seen with the service's address, or with that of the pod that served it.
    pub twin: Option<FlowId>,
}

pub fn enrich(flow: Flow, directory: &Directory) -> EnrichedFlow {
    let (source, destination) = owners(&flow, flow.last, directory);
    let tuple = flow.tuple;
    let service = asked_service(&destination, tuple.destination_port, tuple.protocol, directory);
    EnrichedFlow {
        flow,
        source,
        destination,
        service,
        twin: None,
    }
}

/// Whose the source and the destination were from the flow's first packet on, as they were at a time of it.
pub fn owners(flow: &Flow, at: Timestamp, directory: &Directory) -> (Owner, Owner) {
    let tuple = flow.tuple;
    let owner = |address, port, interface| {
        directory.owner(Question {
            address,
            port,
            protocol: tuple.protocol,
            during: Interval {
                first: flow.first.min(at),
                last: at,
            },
            interface,
        })
    };
    (
        owner(tuple.source, tuple.source_port, flow.source_interface),
        owner(tuple.destination, tuple.destination_port, flow.destination_interface),
    )
}

fn asked_service(destination: &Owner, port: u16, protocol: Protocol, directory: &Directory) -> Option<Arc<Service>> {
    match destination {
        Owner::Service(service) => Some(Arc::clone(service)),
        Owner::Node { .. } if protocol.has_ports() => directory.service_at_node_port(port, protocol).cloned(),
        Owner::World { service } => service.clone(),
        Owner::Pod { .. } | Owner::Node { .. } | Owner::Unknown(_) => None,
    }
}

/// One end of a connection as policies see it.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    owner: &'a Owner,
    address: IpAddr,
    facts: Option<PodFacts>,
}

impl<'a> Seen<'a> {
    pub fn new(owner: &'a Owner, address: IpAddr) -> Self {
        let facts = match owner {
            Owner::Pod { pod, namespace } => Some(facts(pod, namespace.as_deref())),
            Owner::Node { .. } | Owner::Service(_) | Owner::World { .. } | Owner::Unknown(_) => None,
        };
        Self { owner, address, facts }
    }

    /// The address of a service stands for one of its pods, and which one is not known.
    pub fn endpoint(&self) -> Endpoint<'_> {
        match (self.owner, &self.facts) {
            (_, Some(pod)) => Endpoint::Pod(pod),
            (Owner::Node { name, .. }, None) => Endpoint::Node {
                name: Some(name),
                address: Some(self.address),
            },
            (Owner::World { .. }, None) => Endpoint::World(self.address),
            (Owner::Pod { .. } | Owner::Service(_) | Owner::Unknown(_), None) => Endpoint::Unknown(self.address),
        }
    }
}
