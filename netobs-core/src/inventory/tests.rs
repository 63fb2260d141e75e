//! Flows go in, and what a person would read of the inventory comes out.
use std::net::IpAddr;

use super::*;
use crate::{
    cause,
    change::{Backend, Change, EndpointSlice, Kind, Object, Pod, PodUid, Service, SlicePort},
    enrich::{EnrichedFlow, enrich},
    event::{Count, Protocol, TcpFlags, Tuple},
    explained::Judgement,
    fixtures::{applied, at, ip, namespace, node, pod, service},
    flow::{Evidence, Flow, FlowId, InitiatorEvidence, Phase, Verdict},
};

mod agents;
mod bounds;
mod counting;
mod marks;
mod properties;

struct Scene {
    inventory: Inventory,
    directory: Directory,
    causes: Causes,
}

impl Scene {
    fn new(extent: Extent) -> Self {
        let mut scene = Self {
            inventory: Inventory::new(extent),
            directory: Directory::new(Duration::from_secs(300)),
            causes: Causes::new(cause::Extent::default()),
        };
        scene
            .hear(&namespace("shop", "env=prod"))
            .hear(&applied(pod("shop/web-0", "10.244.0.10", "app=web")))
            .hear(&applied(pod("shop/db-0", "10.244.0.11", "app=db")))
            .hear(&applied(pod("shop/db-1", "10.244.0.12", "app=db")))
            .hear(&applied(pod("shop/cache-0", "10.244.0.13", "app=cache")))
            .hear(&node("node-1", "192.168.0.1"))
            .hear(&Change::RelistEnds(Kind::Pod));
        scene
    }

    fn hear(&mut self, change: &Change) -> &mut Self {
        self.directory.apply(change, at(1));
        self
    }

    /// A service with these pods, or addresses, behind it.
    fn serve(&mut self, service: Service, target: u16, behind: &[&str]) -> &mut Self {
        let backend = |name: &&str| {
            let address = name.parse().ok();
            Backend {
                addresses: [address.unwrap_or_else(|| ip("10.244.0.99"))].into(),
                pod: address.is_none().then(|| PodUid((*name).into())),
            }
        };
        let slice = EndpointSlice {
            name: service.name.clone(),
            service: Some(service.name.name.clone()),
            ports: service
                .ports
                .iter()
                .map(|port| slice_port(port.protocol, target))
                .collect(),
            backends: behind.iter().map(backend).collect(),
        };
        self.hear(&Change::Applied(Object::EndpointSlice(Arc::new(slice))));
        self.hear(&Change::Applied(Object::Service(Arc::new(service))))
    }

    fn tell(&mut self, flow: Flow) -> &mut Self {
        self.tell_twin(flow, None, Phase::Updated)
    }

    fn tell_last(&mut self, flow: Flow) -> &mut Self {
        self.tell_twin(flow, None, Phase::Closed)
    }

    fn tell_twin(&mut self, flow: Flow, twin: Option<u64>, phase: Phase) -> &mut Self {
        let enriched = EnrichedFlow {
            twin: twin.map(FlowId),
            ..enrich(flow, &self.directory)
        };
        let explained = ExplainedFlow {
            phase,
            enriched,
            outcome: None,
            judgement: Judgement::Plain,
            explanation: None,
            causes: Vec::new(),
        };
        let around = Around {
            directory: &self.directory,
            causes: &self.causes,
        };
        self.inventory.add(&explained, around);
        self
    }

    /// One edge a line, in the order of their keys.
    fn read(&self) -> String {
        let mut edges: Vec<_> = self.inventory.edges().collect();
        edges.sort_by_key(|edge| &edge.key);
        edges.iter().map(|edge| line(edge)).collect()
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new(Extent::default())
    }
}

fn slice_port(protocol: Protocol, port: u16) -> SlicePort {
    SlicePort {
        name: None,
        port: Some(port),
        protocol,
    }
}

fn line(edge: &Edge) -> String {
    let key = &edge.key;
    let port = key.port.map_or_else(String::new, |port| format!(":{port}"));
    let through = edge
        .service
        .as_ref()
        .map_or_else(String::new, |service| format!(" through {}", service.name));
    let marks: String = edge
        .marks
        .iter()
        .map(|(mark, by)| format!(", {mark:?} by {by:?}"))
        .collect();
    format!(
        "{} to {}{port}/{:?}{through}: {} connections, {} sent, {} replied, {} dropped{marks}\n",
        place(&key.source),
        place(&key.destination),
        key.protocol,
        edge.connections,
        edge.sent.packets,
        edge.replied.packets,
        edge.dropped.packets,
    )
}

fn place(place: &Place) -> String {
    match place {
        Place::Workload { namespace, workload } => format!("{namespace}/{}", workload.name),
        Place::Service(service) => format!("service {}/{}", service.namespace, service.name),
        Place::Node(name) => format!("node {name}"),
        Place::World(block) => block.to_string(),
        Place::Unknown => "unknown".to_owned(),
    }
}

/// A connection that was answered with as many packets as were sent.
fn flow(id: u64, from: &str, to: &str, port: u16, packets: u64) -> Flow {
    let count = Count {
        packets,
        bytes: packets * 100,
    };
    Flow {
        id: FlowId(id),
        tuple: tuple(ip(from), ip(to), port),
        initiator: InitiatorEvidence::Request,
        source_interface: None,
        destination_interface: None,
        forward: count,
        reply: count,
        forward_flags: TcpFlags::default(),
        reply_flags: TcpFlags::default(),
        verdict: Verdict::Forwarded,
        evidence: Evidence::Replied,
        drops: Vec::new(),
        further_drops: Count::ZERO,
        source_ports_merged: false,
        first: at(1_000),
        last: at(1_000 + packets),
    }
}

const fn tuple(source: IpAddr, destination: IpAddr, port: u16) -> Tuple {
    Tuple {
        source,
        destination,
        source_port: 40_000,
        destination_port: port,
        protocol: Protocol::Tcp,
        fragment: false,
    }
}

fn dropped(flow: Flow, packets: u64) -> Flow {
    Flow {
        verdict: Verdict::Dropped,
        evidence: Evidence::KernelReason,
        reply: Count::ZERO,
        further_drops: Count {
            packets,
            bytes: packets * 100,
        },
        ..flow
    }
}

fn udp(flow: Flow) -> Flow {
    let tuple = Tuple {
        protocol: Protocol::Udp,
        ..flow.tuple
    };
    Flow { tuple, ..flow }
}

fn labelled(name: &str, address: &str, labels: &str, ports: &[(&str, u16)]) -> Pod {
    let ports = ports.iter().map(|(name, port)| crate::policy::NamedPort {
        name: (*name).into(),
        protocol: Protocol::Tcp,
        port: *port,
    });
    Pod {
        ports: ports.collect(),
        ..pod(name, address, labels)
    }
}
