//! How many connections a second the policies of a big cluster decide, and how long an explanation takes.
#![expect(
    clippy::print_stdout,
    reason = "a figure a line on standard output is what this program is for"
)]
use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

use netobs_core::{
    event::Protocol,
    explain::{NamespaceFacts, Snapshot},
    labels::{Interner, Operator, Requirement, Selector},
    policy::{
        Action, Cidr, Connection, Endpoint, IpBlock, NamedPort, Namespaces, Outcome, Peer, Peers, PodFacts, Policy,
        PolicyId, PolicySet, PortMatch, PortRange, Ports, Rule, RuleSet, Subject, Tier,
    },
};

const NAMESPACES: u32 = 200;
const PODS_OF_A_NAMESPACE: u32 = 20;
const CONNECTIONS: usize = 100_000;
/// The fastest counts: what slows the others is not ours.
const ROUNDS: usize = 10;

fn main() {
    let mut interner = Interner::default();
    let policies: PolicySet = (0..NAMESPACES)
        .flat_map(|number| policies_of(number, &mut interner))
        .collect();
    let cluster = cluster(&mut interner);
    let pods: Vec<_> = cluster.pods.values().collect();
    let connections = connections(&pods);
    let refused: Vec<_> = connections
        .iter()
        .filter(|connection| policies.evaluate(connection).outcome() == Outcome::DoesNotAdmit)
        .collect();
    let admitted = connections.len() - refused.len();
    let each_is_common = refused.len() > CONNECTIONS / 10 && admitted > CONNECTIONS / 10;
    assert!(
        each_is_common,
        "{admitted} admitted and {} refused say little",
        refused.len()
    );
    // In parts that fit between two turns of the scheduler.
    let parts = connections.chunks(1_000).map(|part| {
        fastest(|| {
            for connection in part {
                black_box(policies.evaluate(connection));
            }
        })
    });
    let evaluation = parts.sum::<f64>() / CONNECTIONS as f64;
    let explanation = fastest(|| {
        for connection in refused.iter().take(1_000) {
            black_box(policies.explain(connection, &()));
        }
    }) / 1_000.0;
    let whole = fastest(|| {
        for connection in refused.iter().take(10) {
            let explanation = policies.explain(connection, &cluster);
            black_box(policies.suggest(connection, &explanation, &cluster));
        }
    }) / 10.0;
    let count = policies.len();
    println!(
        r#"{{"figure":"policy_evals_per_s","value":{:.0},"unit":"1/s","policies":{count}}}"#,
        1.0 / evaluation
    );
    println!(
        r#"{{"figure":"explain_us","value":{:.2},"unit":"us"}}"#,
        explanation * 1e6
    );
    println!(
        r#"{{"figure":"explain_and_suggest_us","value":{:.2},"unit":"us"}}"#,
        whole * 1e6
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

/// Five, as a careful team writes them.
fn policies_of(number: u32, interner: &mut Interner) -> Vec<Policy> {
    let namespace = interner.symbol(&format!("team-{number}"));
    let rules = rules_of(number, &Namespaces::Named(namespace.clone()), interner);
    let rule_set = |rules: Vec<Rule>, name: &str| {
        (name == "default-deny" || !rules.is_empty()).then_some(RuleSet { isolates: true, rules })
    };
    let policy = |(name, pods, ingress, egress): (&str, Selector, Vec<Rule>, Vec<Rule>)| Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some(namespace.clone()),
            name: name.into(),
        },
        tier: Tier(1_000),
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named(namespace.clone()),
            pods,
        },
        ingress: rule_set(ingress, name),
        egress: rule_set(egress, name),
    };
    rules.into_iter().map(policy).collect()
}

/// The name of each, the pods it is for, and its rules for ingress and egress.
fn rules_of(
    number: u32,
    own: &Namespaces,
    interner: &mut Interner,
) -> [(&'static str, Selector, Vec<Rule>, Vec<Rule>); 5] {
    let any = Selector::everything;
    let everywhere = Namespaces::Matching(any());
    let dns = pods(&everywhere, selector(interner, "k8s-app", &["kube-dns"]));
    let same = pods(own, any());
    let prod = Namespaces::Matching(selector(interner, "env", &["prod", "stage"]));
    let caller = pods(&prod, selector(interner, "app", &[&format!("app-{}", number % 10)]));
    let named = PortRange::Named(interner.symbol("http"));
    let domain = PortRange::Between { first: 53, last: 53 };
    let high = PortRange::Between {
        first: 1_024,
        last: 65_535,
    };
    let out = vec![outside(), pods(&everywhere, any())];
    [
        ("default-deny", any(), vec![], vec![]),
        ("dns", any(), vec![], vec![rule(vec![dns], Protocol::Udp, domain)]),
        (
            "same-namespace",
            any(),
            vec![rule(vec![same], Protocol::Tcp, PortRange::All)],
            vec![],
        ),
        (
            "prod",
            selector(interner, "tier", &["web"]),
            vec![rule(vec![caller], Protocol::Tcp, named)],
            vec![],
        ),
        ("outside", any(), vec![], vec![rule(out, Protocol::Tcp, high)]),
    ]
}

fn selector(interner: &mut Interner, key: &str, values: &[&str]) -> Selector {
    let values = values.iter().map(|value| interner.symbol(value)).collect();
    Selector::new(vec![Requirement {
        key: interner.symbol(key),
        operator: Operator::In,
        values,
    }])
}

fn pods(namespaces: &Namespaces, pods: Selector) -> Peer {
    Peer::Pods {
        namespaces: namespaces.clone(),
        pods,
    }
}

/// Everything but the cluster's own blocks.
fn outside() -> Peer {
    let except = ["10.0.0.0/8", "172.16.0.0/12"]
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let everything = Cidr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
    everything.map_or(Peer::Never, |cidr| Peer::Block(IpBlock { cidr, except }))
}

fn rule(peers: Vec<Peer>, protocol: Protocol, range: PortRange) -> Rule {
    let ports = Ports::Of(vec![PortMatch { protocol, range }]);
    Rule {
        action: Action::Allow,
        peers: Peers::Of(peers),
        ports,
    }
}

fn cluster(interner: &mut Interner) -> Snapshot {
    let mut cluster = Snapshot::default();
    for number in 0..NAMESPACES {
        let name = format!("team-{number}");
        let env = ["prod", "stage", "test"][number as usize % 3];
        let labels = interner.labels([
            ("env", env),
            ("kubernetes.io/metadata.name", name.as_str()),
            ("pod-security.kubernetes.io/enforce", "restricted"),
            ("team", name.as_str()),
        ]);
        let facts = NamespaceFacts {
            labels: labels.clone(),
            ..NamespaceFacts::default()
        };
        cluster.namespaces.insert(interner.symbol(&name), facts);
        for pod in 0..PODS_OF_A_NAMESPACE {
            let app = format!("app-{}", pod % 10);
            let facts = PodFacts {
                namespace: interner.symbol(&name),
                name: interner.symbol(&format!("{app}-{pod}")),
                labels: interner.labels([
                    ("app", app.as_str()),
                    ("app.kubernetes.io/managed-by", "helm"),
                    ("app.kubernetes.io/version", "1.2.3"),
                    ("pod-template-hash", "5d9f8c7b6"),
                    ("tier", if pod % 2 == 0 { "web" } else { "backend" }),
                ]),
                namespace_labels: Some(labels.clone()),
                addresses: [IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number * 256 + pod))].into(),
                host_network: false,
                node: Some(interner.symbol(&format!("node-{}", pod % 7))),
                ports: [NamedPort {
                    name: interner.symbol("http"),
                    protocol: Protocol::Tcp,
                    port: 8_080,
                }]
                .into(),
            };
            cluster
                .pods
                .insert((facts.namespace.clone(), facts.name.clone()), facts);
        }
    }
    cluster
}

/// Between pods anywhere, most within their namespace, some to the outside.
fn connections<'a>(pods: &[&'a PodFacts]) -> Vec<Connection<'a>> {
    let mut seed = 42_u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or_default() % below
    };
    let each = PODS_OF_A_NAMESPACE as usize;
    (0..CONNECTIONS)
        .map(|_| {
            let from = random(pods.len());
            let near = from / each * each + random(each);
            let to = [near, random(pods.len())][random(2)];
            let port = [8_080, 443, 5_432][random(3)];
            let world = Endpoint::World(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)));
            let destination = if random(10) == 0 {
                world
            } else {
                Endpoint::Pod(pods[to])
            };
            Connection::between(Endpoint::Pod(pods[from]), destination, Protocol::Tcp, port)
        })
        .collect()
}
