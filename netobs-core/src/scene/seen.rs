//! Short ways to say what was seen, and random inventories, for tests.
use std::{net::IpAddr, sync::Arc};

use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    change::Scoped,
    event::{Count, Protocol},
    fixtures::{at, ip, labels},
    inventory::{
        By, Edge, EdgeKey, Example, ExampleEnd, Listing, Mark, Marks, Place, Portrait, PortraitKey, SeenPod, Sides,
        Verdicts, Watched,
    },
    policy::{Cidr, NamedPort},
    workload::{Workload, WorkloadKind},
};

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) listing: Listing,
    edges: Vec<Edge>,
    pods: u8,
}

impl Seen {
    /// `shop/web` with two pods, one on each of two nodes; `ports` as `http:80,dns:53`.
    pub(crate) fn workload(mut self, name: &str, own: &str, ports: &str) -> Self {
        let (namespace, name) = name.split_once('/').unwrap();
        let pod = |number: u8| SeenPod {
            name: format!("{name}-{number}").as_str().into(),
            addresses: [IpAddr::from([10, 244, self.pods, number])].into(),
            node: Some(format!("node-{number}").as_str().into()),
        };
        let port = |text: &str| {
            let (name, port) = text.split_once(':')?;
            Some(NamedPort {
                name: name.into(),
                protocol: Protocol::Tcp,
                port: port.parse().unwrap(),
            })
        };
        self.listing.portraits.push(Portrait {
            key: PortraitKey {
                namespace: namespace.into(),
                workload: workload(name),
            },
            labels: labels(own),
            namespace_labels: Some(labels(&format!(
                "kubernetes.io/metadata.name={namespace},team={namespace}"
            ))),
            ports: ports.split(',').filter_map(port).collect(),
            last: at(1_000),
            pods: [pod(1), pod(2)].into(),
        });
        self.pods += 1;
        self
    }

    /// From one place to another, so many times: `shop/web`, `service shop/web`, `node-1`, `203.0.113.7/32` or `?`.
    pub(crate) fn edge(self, source: &str, destination: &str, port: u16, connections: u64) -> Self {
        self.edge_with(source, destination, Protocol::Tcp, port, connections, |_| {})
    }

    pub(crate) fn edge_with(
        mut self,
        source: &str,
        destination: &str,
        protocol: Protocol,
        port: u16,
        connections: u64,
        change: impl FnOnce(&mut Edge),
    ) -> Self {
        let example = self.example(source, destination, Ends::default());
        let mut edge = Edge {
            key: Arc::new(EdgeKey {
                source: place(source),
                destination: place(destination),
                protocol,
                port: protocol.has_ports().then_some(port),
            }),
            service: None,
            first: at(10),
            last: at(1_000),
            watched: Watched::default(),
            sides: Sides::default(),
            connections,
            sent: Count::default(),
            replied: Count::default(),
            verdicts: Verdicts {
                forwarded: connections,
                ..Verdicts::default()
            },
            dropped: Count::default(),
            cause: None,
            marks: Marks::default(),
            examples: [example].into_iter().collect(),
        };
        change(&mut edge);
        self.edges.push(edge);
        self
    }

    pub(crate) fn finish(mut self) -> Listing {
        self.edges.sort_by(|left, right| left.key.cmp(&right.key));
        self.edges.dedup_by(|left, right| left.key == right.key);
        self.listing.portraits.sort_by(|left, right| left.key.cmp(&right.key));
        self.listing.edges = self.edges;
        self.listing
    }

    fn example(&self, source: &str, destination: &str, ends: Ends) -> Example {
        Example {
            source: self.end(source, ends.source, ends.address),
            destination: self.end(destination, ends.destination, ends.address),
            at: at(1_000),
        }
    }

    /// `offset`: which of its addresses it has, if it is no pod.
    fn end(&self, text: &str, number: usize, offset: u8) -> ExampleEnd {
        match place(text) {
            Place::Workload { .. } => {
                let (_, name) = text.split_once('/').unwrap();
                let known = self
                    .listing
                    .portraits
                    .iter()
                    .find(|portrait| portrait.key.workload.name == *name);
                let pod = known.and_then(|portrait| portrait.pods.get(number - 1));
                ExampleEnd {
                    address: pod.map_or(ip("10.99.0.1"), |pod| pod.addresses[0]),
                    name: pod.map(|pod| pod.name.clone()),
                }
            }
            Place::World(block) => ExampleEnd {
                address: within(block, offset),
                name: None,
            },
            Place::Node(node) => ExampleEnd {
                address: IpAddr::from([192, 168, offset, node.as_bytes().last().copied().unwrap_or_default()]),
                name: Some(node),
            },
            Place::Service(_) | Place::Unknown => ExampleEnd {
                address: ip("10.96.0.9"),
                name: None,
            },
        }
    }
}

pub(crate) fn dns(edge: &mut Edge) {
    edge.marks.add(Mark::Dns, By::PodLabel);
}

pub(crate) fn monitoring(edge: &mut Edge) {
    edge.marks.add(Mark::Monitoring, By::PodLabel);
}

/// Never came through.
pub(crate) fn dropped(edge: &mut Edge) {
    edge.verdicts = Verdicts {
        dropped: edge.connections,
        ..Verdicts::default()
    };
}

fn place(text: &str) -> Place {
    if text == "?" {
        Place::Unknown
    } else if text.starts_with("node-") {
        Place::Node(text.into())
    } else if let Some((namespace, name)) = text.strip_prefix("service ").and_then(|name| name.split_once('/')) {
        Place::Service(Scoped {
            namespace: namespace.into(),
            name: name.into(),
        })
    } else if let Ok(block) = text.parse() {
        Place::World(block)
    } else {
        let (namespace, name) = text.split_once('/').unwrap();
        Place::Workload {
            namespace: namespace.into(),
            workload: workload(name),
        }
    }
}

fn workload(name: &str) -> Workload {
    Workload {
        kind: WorkloadKind::Deployment,
        name: name.into(),
    }
}

/// Which pods of both ends, and which address of an end that is none.
#[derive(Clone, Copy, Debug)]
struct Ends {
    source: usize,
    destination: usize,
    address: u8,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            source: 1,
            destination: 2,
            address: 0,
        }
    }
}

fn within(block: Cidr, offset: u8) -> IpAddr {
    match block.network() {
        IpAddr::V4(network) if !block.is_single() => IpAddr::V4((network.to_bits() | u32::from(offset)).into()),
        network @ (IpAddr::V4(_) | IpAddr::V6(_)) => network,
    }
}

const WORKLOADS: [&str; 8] = [
    "shop/web", "shop/api", "shop/db", "shop/job", "ops/prom", "ops/web", "sys/dns", "sys/gone",
];
const PLACES: [&str; 20] = [
    "shop/web",
    "shop/api",
    "shop/db",
    "shop/job",
    "ops/prom",
    "ops/web",
    "sys/dns",
    "sys/gone",
    "node-1",
    "node-2",
    "203.0.113.7/32",
    "203.0.113.200/32",
    "203.0.113.0/24",
    "203.0.0.0/16",
    "2001:db8::7/128",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "service sys/dns",
    "service away/dns",
    "?",
];

/// Few names, few labels, few ports: selectors and blocks overlap often.
pub(crate) fn inventory() -> impl Strategy<Value = Listing> {
    let own = vec(
        (
            select(vec![
                "app",
                "tier",
                "app.kubernetes.io/name",
                "pod-template-hash",
                "zone",
            ]),
            select(vec!["a", "b"]),
        ),
        0..4,
    );
    let own = own.prop_map(|pairs| {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
        pairs.join(",")
    });
    let ports = select(vec!["", "http:80", "http:81", "http:80,metrics:81"]);
    // The last has no portrait: its pods were never seen.
    let workloads = vec((own, ports), WORKLOADS.len() - 1);
    (workloads, vec(edge(), 0..24)).prop_map(|(workloads, edges)| {
        let mut seen = Seen::default();
        for (name, (own, ports)) in WORKLOADS.iter().zip(workloads) {
            seen = seen.workload(name, &own, ports);
        }
        for (source, destination, protocol, port, connections, kind) in edges {
            let examples = kind
                .examples
                .iter()
                .map(|ends| seen.example(source, destination, *ends));
            let examples: Vec<_> = examples.collect();
            seen = seen.edge_with(source, destination, protocol, port, connections, |edge| {
                edge.examples = examples.into_iter().collect();
                kind.apply(edge);
            });
        }
        seen.finish()
    })
}

type RandomEdge = (&'static str, &'static str, Protocol, u16, u64, Kind);

fn edge() -> impl Strategy<Value = RandomEdge> {
    let protocol = select(vec![Protocol::Tcp, Protocol::Tcp, Protocol::Udp, Protocol::Icmp]);
    let port = select(vec![80_u16, 81, 53]);
    let connections = select(vec![1_u64, 2, 1_000]);
    let place = || select(PLACES.to_vec());
    (place(), place(), protocol, port, connections, kind())
}

#[derive(Clone, Debug)]
struct Kind {
    dropped: bool,
    mark: Option<Mark>,
    by: By,
    examples: Vec<Ends>,
}

fn kind() -> impl Strategy<Value = Kind> {
    let mark = option::of(select(vec![Mark::Dns, Mark::Monitoring, Mark::Probe, Mark::ApiServer]));
    let by = select(vec![By::Service, By::Port]);
    let ends = (1..3_usize, 1..3_usize, select(vec![7_u8, 200])).prop_map(|(source, destination, address)| Ends {
        source,
        destination,
        address,
    });
    let examples = prop_oneof![1 => Just(Vec::new()), 9 => vec(ends, 1..4)];
    (prop::bool::weighted(0.1), mark, by, examples).prop_map(|(dropped, mark, by, examples)| Kind {
        dropped,
        mark,
        by,
        examples,
    })
}

impl Kind {
    fn apply(&self, edge: &mut Edge) {
        if self.dropped {
            dropped(edge);
        }
        if let Some(mark) = self.mark {
            edge.marks.add(mark, self.by);
        }
    }
}
