//! How many edges of an inventory a second a preview judges, and how long policies for a busy namespace take to generate.
#![expect(
    clippy::print_stdout,
    reason = "a figure a line on standard output is what this program is for"
)]
use std::{hint::black_box, net::IpAddr, sync::Arc, time::Instant};

use netobs_core::{
    event::{Count, Protocol},
    explain::Snapshot,
    generate::{Phase, Request, generate},
    inventory::{
        Edge, EdgeKey, Example, ExampleEnd, Listing, Marks, Place, Portrait, PortraitKey, SeenPod, Sides, Verdicts,
        Watched,
    },
    labels::{Labels, Requirement, Selector, Symbol},
    policy::{
        Action, NamedPort, Namespaces, Peer, Peers, Policy, PolicyId, PolicySet, PortMatch, PortRange, Ports, Rule,
        RuleSet, Subject, Tier,
    },
    preview::{Kind, State, applied, preview},
    scene::Stage,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

const PREVIEWED: usize = 100_000;
const POLICIES: usize = 500;
const GENERATED_FROM: usize = 5_000;
const NAMESPACES: usize = 100;
const WORKLOADS: usize = 20;
const PODS: u8 = 8;
/// The fastest counts: what slows the others is not ours.
const ROUNDS: usize = 5;

fn main() {
    preview_edges();
    generate_policies();
}

/// Half of the policies are in force, the other half are added; of most edges several connections are known.
fn preview_edges() {
    let listing = inventory(PREVIEWED, |random| (random.below(NAMESPACES), random.below(NAMESPACES)));
    let (current, given): (Vec<_>, Vec<_>) = (0..POLICIES).map(policy).partition(|policy| policy.order == 0);
    let before: PolicySet = current.into_iter().collect();
    let after = applied(&before, &given.into_iter().collect(), false);
    assert_eq!(after.len(), POLICIES);
    let cluster = Snapshot::default();
    let find = || {
        let stage = Stage::of(&listing);
        let state = |policies| State {
            stage: &stage,
            policies,
            cluster: &cluster,
        };
        preview(&listing, &state(&before), &state(&after), |_| true)
    };
    let found = find();
    let (breaks, edges) = (found.of(Kind::Breaks).count(), found.edges);
    assert!(
        breaks > edges / 10 && breaks < edges * 9 / 10,
        "{breaks} of {edges} that break say little"
    );
    let time = fastest(|| {
        black_box(find());
    });
    println!(
        r#"{{"figure":"preview_edges_per_s","value":{:.0},"unit":"1/s","edges":{edges},"policies":{POLICIES},"breaks":{breaks}}}"#,
        edges as f64 / time
    );
}

/// All edges are of one namespace.
fn generate_policies() {
    let listing = inventory(GENERATED_FROM, |random| {
        let other = random.below(NAMESPACES);
        if random.below(2) == 0 { (0, other) } else { (other, 0) }
    });
    let request = Request {
        namespace: namespace(0),
        phase: Phase::Full,
        since: None,
        seen_once: false,
        dropped: false,
        open_inside: false,
        namespace_labels: Vec::new(),
    };
    let plan = generate(&listing, &request);
    assert_eq!(plan.edges, listing.edges.len());
    let time = fastest(|| {
        black_box(generate(&listing, &request));
    });
    println!(
        r#"{{"figure":"generate_ms","value":{:.2},"unit":"ms","edges":{},"policies":{}}}"#,
        time * 1e3,
        plan.edges,
        plan.drafts.len()
    );
}

/// In seconds.
fn fastest(mut work: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }
}

/// So many edges, all different, between the namespaces that are drawn.
fn inventory(count: usize, draw: impl Fn(&mut Random) -> (usize, usize)) -> Listing {
    let mut random = Random(42);
    let mut edges = std::collections::BTreeMap::new();
    while edges.len() < count {
        let (from, to) = draw(&mut random);
        let (source, destination) = (random.below(WORKLOADS), random.below(WORKLOADS));
        let port = [8_080, 5_432, 9_090][random.below(3)];
        let outside = random.below(5) == 0 && from <= to;
        let edge = edge((from, source), (to, destination), port, outside, &mut random);
        edges.entry(Arc::clone(&edge.key)).or_insert(edge);
    }
    let all = (0..NAMESPACES).flat_map(|namespace| (0..WORKLOADS).map(move |workload| portrait(namespace, workload)));
    let mut portraits: Vec<_> = all.collect();
    portraits.sort_by(|left, right| left.key.cmp(&right.key));
    Listing {
        edges: edges.into_values().collect(),
        portraits,
        ..Listing::default()
    }
}

fn edge(source: (usize, usize), destination: (usize, usize), port: u16, outside: bool, random: &mut Random) -> Edge {
    let world = IpAddr::from([203, 0, u8::try_from(random.below(16)).unwrap_or_default(), 7]);
    let end = |(namespace, workload): (usize, usize), pod: u8| ExampleEnd {
        address: address(namespace, workload, pod),
        name: Some(pod_name(workload, pod)),
    };
    let examples = (0..=random.below(3)).map(|_| {
        let mut pod = || u8::try_from(random.below(PODS.into())).unwrap_or_default();
        Example {
            source: end(source, pod()),
            destination: if outside {
                ExampleEnd {
                    address: world,
                    name: None,
                }
            } else {
                end(destination, pod())
            },
            at: Timestamp::default(),
        }
    });
    let examples = examples.collect();
    let connections = 2 + u64::try_from(random.below(1_000)).unwrap_or_default();
    Edge {
        key: Arc::new(EdgeKey {
            source: place(source),
            destination: if outside {
                Place::World(netobs_core::policy::Cidr::single(world))
            } else {
                place(destination)
            },
            protocol: Protocol::Tcp,
            port: Some(port),
        }),
        service: None,
        first: Timestamp::default(),
        last: Timestamp::default(),
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
        examples,
    }
}

fn portrait(namespace: usize, workload: usize) -> Portrait {
    let app = format!("app-{workload}");
    let name = self::namespace(namespace);
    let env = ["prod", "stage", "test"][namespace % 3];
    let tier = if workload.is_multiple_of(2) { "web" } else { "backend" };
    let pod = |number: u8| SeenPod {
        name: pod_name(workload, number),
        addresses: [address(namespace, workload, number)].into(),
        node: Some(format!("node-{}", number % 7).as_str().into()),
    };
    let http = NamedPort {
        name: "http".into(),
        protocol: Protocol::Tcp,
        port: 8_080,
    };
    Portrait {
        key: PortraitKey {
            namespace: name.clone(),
            workload: self::workload(workload),
        },
        labels: Labels::of([
            ("app", app.as_str()),
            ("app.kubernetes.io/version", "1.2.3"),
            ("pod-template-hash", "5d9f8c7b6"),
            ("tier", tier),
        ]),
        namespace_labels: Some(Labels::of([
            ("env", env),
            ("kubernetes.io/metadata.name", name.as_str()),
        ])),
        ports: [http].into(),
        last: Timestamp::default(),
        pods: (0..PODS).map(pod).collect(),
    }
}

/// Every namespace has five: one that refuses, and four that admit some; every other one is added.
fn policy(number: usize) -> Policy {
    let (of, which) = (number / 5, number % 5);
    let name = namespace(of);
    let pods = |namespaces, key: &str, value: &str| Peer::Pods {
        namespaces,
        pods: Selector::new(vec![Requirement::is(key.into(), value.into())]),
    };
    let own = Namespaces::Named(name.clone());
    let env = Requirement::is("env".into(), "prod".into());
    let everywhere = Namespaces::Matching(Selector::new(vec![env]));
    let rule = |peer, range| Rule {
        action: Action::Allow,
        peers: Peers::Of(vec![peer]),
        ports: Ports::Of(vec![PortMatch {
            protocol: Protocol::Tcp,
            range,
        }]),
    };
    let rules = match which {
        0 => Vec::new(),
        1 => vec![rule(pods(own, "tier", "web"), PortRange::Named("http".into()))],
        2 => vec![rule(pods(everywhere, "tier", "backend"), PortRange::All)],
        3 => vec![rule(
            pods(everywhere, "app", "app-3"),
            PortRange::Between {
                first: 5_432,
                last: 5_432,
            },
        )],
        _ => vec![rule(
            pods(own, "app", "app-4"),
            PortRange::Between { first: 1, last: 65_535 },
        )],
    };
    Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some(name.clone()),
            name: format!("policy-{which}").as_str().into(),
        },
        tier: Tier(1_000),
        order: i32::from(of % 2 == 1),
        subject: Subject {
            namespaces: Namespaces::Named(name),
            pods: Selector::everything(),
        },
        ingress: Some(RuleSet { isolates: true, rules }),
        egress: None,
    }
}

fn place((namespace, workload): (usize, usize)) -> Place {
    Place::Workload {
        namespace: self::namespace(namespace),
        workload: self::workload(workload),
    }
}

fn workload(number: usize) -> Workload {
    Workload {
        kind: WorkloadKind::Deployment,
        name: format!("app-{number}").as_str().into(),
    }
}

fn namespace(number: usize) -> Symbol {
    format!("team-{number}").as_str().into()
}

fn pod_name(workload: usize, pod: u8) -> Symbol {
    format!("app-{workload}-{pod}").as_str().into()
}

fn address(namespace: usize, workload: usize, pod: u8) -> IpAddr {
    let small = |number: usize| u8::try_from(number).unwrap_or_default();
    IpAddr::from([10, small(namespace), small(workload), pod])
}
