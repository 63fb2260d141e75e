//! From where to where a flow went, as coarse as policies would speak of it.
use std::net::IpAddr;

use super::{EdgeKey, Place};
use crate::{
    change::Pod,
    directory::{Directory, Owner},
    enrich::EnrichedFlow,
    policy::Cidr,
};

/// Services with more pods behind them than these are taken as they are.
const MOST_BACKENDS: usize = 256;

pub(super) struct Course {
    pub(super) key: EdgeKey,
    /// Who served it: one of those behind the service, where all of them are of one workload.
    pub(super) server: Owner,
}

impl Course {
    pub(super) fn of(flow: &EnrichedFlow, directory: &Directory) -> Self {
        let tuple = flow.flow.tuple;
        let has_port = tuple.protocol.has_ports() && !tuple.fragment;
        let (server, destination, port) = behind(flow, directory).unwrap_or_else(|| {
            let destination = place(&flow.destination, tuple.destination);
            (flow.destination.clone(), destination, tuple.destination_port)
        });
        let key = EdgeKey {
            source: place(&flow.source, tuple.source),
            destination,
            protocol: tuple.protocol,
            port: has_port.then_some(port),
        };
        Self { key, server }
    }

    /// Whether it is known more closely than in the other who the ends are.
    pub(super) fn is_closer_than(&self, other: &EdgeKey) -> bool {
        let pairs = [
            (&self.key.source, &other.source),
            (&self.key.destination, &other.destination),
        ];
        let closeness = pairs.map(|(own, other)| (closeness(own), closeness(other)));
        closeness.iter().all(|(own, other)| own >= other) && closeness.iter().any(|(own, other)| own > other)
    }
}

/// Whether all is known of both ends that can be.
pub(super) fn is_settled(key: &EdgeKey) -> bool {
    [&key.source, &key.destination]
        .map(closeness)
        .iter()
        .all(|one| *one == CLOSEST)
}

/// Whether neither end is the cluster's, nor what it offers to those outside.
pub(super) const fn is_foreign(flow: &EnrichedFlow) -> bool {
    matches!(
        (&flow.source, &flow.destination),
        (Owner::World { .. }, Owner::World { service: None })
    )
}

/// Whether of neither end it is known that it is the cluster's.
pub(super) fn may_be_foreign(key: &EdgeKey) -> bool {
    [&key.source, &key.destination]
        .iter()
        .all(|place| matches!(place, Place::Unknown | Place::World(_)))
}

const CLOSEST: u8 = 4;

const fn closeness(place: &Place) -> u8 {
    match place {
        Place::Unknown => 0,
        Place::World(_) => 1,
        Place::Node(_) => 2,
        Place::Service(_) => 3,
        Place::Workload { .. } => CLOSEST,
    }
}

fn place(owner: &Owner, address: IpAddr) -> Place {
    match owner {
        Owner::Pod { pod, .. } => place_of_pod(pod),
        Owner::Service(service) => Place::Service(service.name.clone()),
        Owner::Node { name, .. } => Place::Node(name.clone()),
        Owner::World { .. } => Place::World(Cidr::single(address.to_canonical())),
        Owner::Unknown(_) => Place::Unknown,
    }
}

fn place_of_pod(pod: &Pod) -> Place {
    if pod.host_network {
        return pod.node.clone().map_or(Place::Unknown, Place::Node);
    }
    Place::Workload {
        namespace: pod.namespace.clone(),
        workload: pod.workload.clone(),
    }
}

/// What is behind the service that was asked, if all of it is of one workload and listens at one port.
fn behind(flow: &EnrichedFlow, directory: &Directory) -> Option<(Owner, Place, u16)> {
    let Owner::Service(service) = &flow.destination else {
        return None;
    };
    let tuple = flow.flow.tuple;
    let mut found: Option<(Owner, Place, u16)> = None;
    let backends = directory.backends(service, tuple.destination_port, tuple.protocol);
    for (count, (owner, address, port)) in backends.enumerate() {
        let own = place(&owner, address);
        let is_workload = matches!(own, Place::Workload { .. });
        let differs = found
            .as_ref()
            .is_some_and(|(_, first, at)| *first != own || *at != port);
        if !is_workload || differs || count >= MOST_BACKENDS {
            return None;
        }
        found.get_or_insert((owner, own, port));
    }
    found
}
