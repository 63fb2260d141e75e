//! Stands in for the pod behind a service of which it is not known which pods serve it.
use super::{Choice, need::place_portrait};
use crate::{
    inventory::{Edge, Place},
    labels::{Labels, Symbol},
    policy::{Connection, Direction, Endpoint, PodFacts},
};

pub(super) struct Ends {
    client: PodFacts,
    server: PodFacts,
}

/// `None` if the edge goes to no service, or its other end is not a known workload.
pub(super) fn ends(edge: &Edge, direction: Direction, choice: &Choice<'_>) -> Option<Ends> {
    let (Place::Service(service), Direction::Egress) = (&edge.key.destination, direction) else {
        return None;
    };
    Some(Ends {
        client: place_portrait(&edge.key.source, choice)?.facts(),
        server: PodFacts {
            namespace: service.namespace.clone(),
            name: Symbol::from(""),
            labels: Labels::default(),
            namespace_labels: choice.labels_of(&service.namespace).cloned(),
            addresses: [].into(),
            host_network: false,
            node: None,
            ports: [].into(),
        },
    })
}

impl Ends {
    pub(super) fn connection(&self, edge: &Edge) -> Connection<'_> {
        Connection {
            source: Endpoint::Pod(&self.client),
            destination: Endpoint::Pod(&self.server),
            protocol: edge.key.protocol,
            port: edge.key.port,
            source_address: None,
            destination_address: None,
        }
    }
}
