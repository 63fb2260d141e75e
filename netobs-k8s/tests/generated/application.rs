//! An application of three tiers that asks for names, is monitored, is probed, and talks to the outside.
use std::{net::IpAddr, sync::Arc, time::Duration};

use expect_test::{ExpectFile, expect_file};
use netobs_core::{
    event::{Count, Protocol},
    generate::{Phase, Plan, Request, generate},
    inventory::{
        About, By, Edge, EdgeKey, Example, ExampleEnd, Listing, Mark, Marks, Place, Portrait, PortraitKey, SeenPod,
        Sides, Verdicts, Watched,
    },
    labels::Labels,
    policy::NamedPort,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};
use netobs_k8s::generated;

use super::{listed, read};

#[test]
fn the_whole_application() {
    check(&full(), &expect_file!["expected/full.yaml"]);
}

#[test]
fn name_resolution_alone_leaves_everything_else_open() {
    let request = Request {
        phase: Phase::Dns,
        ..full()
    };
    check(&request, &expect_file!["expected/dns.yaml"]);
}

#[test]
fn the_baseline() {
    let request = Request {
        phase: Phase::Baseline,
        ..full()
    };
    check(&request, &expect_file!["expected/baseline.yaml"]);
}

#[test]
fn what_was_seen_once_or_dropped_when_that_is_asked_for() {
    let request = Request {
        seen_once: true,
        dropped: true,
        namespace_labels: vec!["team".into()],
        open_inside: true,
        ..full()
    };
    check(&request, &expect_file!["expected/everything.yaml"]);
}

fn check(request: &Request, expected: &ExpectFile) {
    let listing = application();
    let plan = generate(&listing, request);
    let text = generated::yaml(&plan, &listing);
    expected.assert_eq(&text);
    assert_eq!(listed(&read(&text)), sorted(&plan));
}

fn sorted(plan: &Plan) -> Vec<netobs_core::policy::Policy> {
    listed(&plan.policy_set())
}

fn full() -> Request {
    Request {
        namespace: "shop".into(),
        phase: Phase::Full,
        since: None,
        seen_once: false,
        dropped: false,
        open_inside: false,
        namespace_labels: Vec::new(),
    }
}

fn application() -> Listing {
    let mut edges = edges();
    for edge in &mut edges {
        if edge.key.source == place("ops/shell") {
            edge.verdicts = Verdicts {
                dropped: 12,
                ..Verdicts::default()
            };
        }
    }
    edges.sort_by(|left, right| left.key.cmp(&right.key));
    let mut portraits = portraits();
    portraits.sort_by(|left, right| left.key.cmp(&right.key));
    Listing {
        about: About {
            node_name: "node-1".to_owned(),
            at: Timestamp::from_secs(1_772_359_318),
            watched: Watched {
                since: Timestamp::from_secs(1_771_750_000),
                length: Duration::from_secs(7 * 86_400 + 3_600),
            },
            ..About::default()
        },
        edges,
        portraits,
    }
}

fn edges() -> Vec<Edge> {
    vec![
        edge("ingress-nginx/controller", "shop/frontend", tcp(8080), 120_000, &[]),
        edge("shop/frontend", "shop/api", tcp(8080), 90_210, &[]),
        edge("shop/api", "shop/db", tcp(5432), 4_400, &[]),
        edge("shop/api", "203.0.113.7/32", tcp(443), 512, &[]),
        edge("shop/api", "198.51.100.0/24", tcp(443), 77, &[]),
        edge("shop/api", "node-1", tcp(6443), 31, &[(Mark::ApiServer, By::Service)]),
        edge(
            "shop/frontend",
            "kube-system/coredns",
            udp(53),
            8_000,
            &[(Mark::Dns, By::Service)],
        ),
        edge(
            "shop/api",
            "kube-system/coredns",
            udp(53),
            7_000,
            &[(Mark::Dns, By::Service)],
        ),
        edge(
            "monitoring/prometheus",
            "shop/api",
            tcp(9090),
            2_880,
            &[(Mark::Monitoring, By::PodLabel)],
        ),
        edge(
            "monitoring/prometheus",
            "shop/db",
            tcp(9187),
            2_880,
            &[(Mark::Monitoring, By::PodLabel)],
        ),
        edge("node-1", "shop/api", tcp(8080), 60_000, &[(Mark::Probe, By::OwnNode)]),
        edge("shop/migrate", "shop/db", tcp(5432), 1, &[]),
        edge("ops/shell", "shop/db", tcp(5432), 12, &[]),
        edge("shop/api", "?", tcp(9000), 3, &[]),
        edge("shop/frontend", "shop/api", (Protocol::Icmp, None), 3, &[]),
    ]
}

fn portraits() -> Vec<Portrait> {
    vec![
        portrait(
            "ingress-nginx/controller",
            "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller",
            &[],
        ),
        portrait("shop/frontend", "app=frontend,pod-template-hash=7c9", &[("http", 8080)]),
        portrait(
            "shop/api",
            "app=api,version=v12,pod-template-hash=5d8",
            &[("http", 8080), ("metrics", 9090)],
        ),
        portrait(
            "shop/db",
            "app=db,statefulset.kubernetes.io/pod-name=db-0",
            &[("postgres", 5432), ("metrics", 9187)],
        ),
        portrait("shop/migrate", "job-name=migrate-12,app=migrate", &[]),
        portrait("kube-system/coredns", "k8s-app=kube-dns,pod-template-hash=1", &[]),
        portrait("monitoring/prometheus", "app.kubernetes.io/name=prometheus", &[]),
        portrait("ops/shell", "run=shell", &[]),
    ]
}

type PortOf = (Protocol, Option<u16>);

const fn tcp(port: u16) -> PortOf {
    (Protocol::Tcp, Some(port))
}

const fn udp(port: u16) -> PortOf {
    (Protocol::Udp, Some(port))
}

fn edge(source: &str, destination: &str, (protocol, port): PortOf, connections: u64, marks: &[(Mark, By)]) -> Edge {
    let mut all = Marks::default();
    for (mark, by) in marks {
        all.add(*mark, *by);
    }
    let last = Timestamp::from_secs(1_772_359_000);
    let example = Example {
        source: end(source, 0),
        destination: end(destination, 1),
        at: last,
    };
    Edge {
        key: Arc::new(EdgeKey {
            source: place(source),
            destination: place(destination),
            protocol,
            port,
        }),
        service: None,
        first: if connections == 1 {
            last
        } else {
            Timestamp::from_secs(1_771_750_000)
        },
        last,
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
        marks: all,
        examples: [example].into_iter().collect(),
    }
}

fn end(text: &str, number: u8) -> ExampleEnd {
    let (address, name) = match place(text) {
        Place::Workload { workload, .. } => (
            IpAddr::from([10, 244, number, 9]),
            Some(format!("{}-{number}", workload.name)),
        ),
        Place::Node(node) => (IpAddr::from([192, 168, 0, 1]), Some(node.to_string())),
        Place::World(block) => (block.network(), None),
        Place::Service(_) | Place::Unknown => (IpAddr::from([10, 9, 9, 9]), None),
    };
    ExampleEnd {
        address,
        name: name.as_deref().map(Into::into),
    }
}

fn place(text: &str) -> Place {
    if text == "?" {
        return Place::Unknown;
    }
    if let Ok(block) = text.parse() {
        return Place::World(block);
    }
    match text.split_once('/') {
        Some((namespace, name)) => Place::Workload {
            namespace: namespace.into(),
            workload: workload(name),
        },
        None => Place::Node(text.into()),
    }
}

fn workload(name: &str) -> Workload {
    Workload {
        kind: match name {
            "db" => WorkloadKind::StatefulSet,
            "migrate" => WorkloadKind::Job,
            _ => WorkloadKind::Deployment,
        },
        name: name.into(),
    }
}

fn portrait(name: &str, labels: &str, ports: &[(&str, u16)]) -> Portrait {
    let (namespace, name) = name.split_once('/').unwrap();
    let named = |(name, port): &(&str, u16)| NamedPort {
        name: (*name).into(),
        protocol: Protocol::Tcp,
        port: *port,
    };
    let pod = |number: u8| SeenPod {
        name: format!("{name}-{number}").as_str().into(),
        addresses: [IpAddr::from([10, 244, number, 9])].into(),
        node: Some(format!("node-{number}").as_str().into()),
    };
    let labels = Labels::of(labels.split(',').filter_map(|pair| pair.split_once('=')));
    Portrait {
        key: PortraitKey {
            namespace: namespace.into(),
            workload: workload(name),
        },
        labels,
        namespace_labels: Some(Labels::of([
            ("kubernetes.io/metadata.name", namespace),
            ("team", namespace),
        ])),
        ports: ports.iter().map(named).collect(),
        last: Timestamp::from_secs(1_772_359_000),
        pods: [pod(0), pod(1)].into(),
    }
}
