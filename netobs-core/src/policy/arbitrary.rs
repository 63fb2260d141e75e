//! Small random clusters, close enough together that rules often nearly match.
use std::net::IpAddr;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Action, Cidr, IpBlock, NamedPort, Namespaces, Peer, Peers, PodFacts, Policy, PolicyId, PolicySet, PortMatch,
    PortRange, Ports, Rule, RuleSet, Subject, Tier,
};
use crate::{
    event::Protocol,
    explain::{NamespaceFacts, Snapshot},
    labels::{Labels, Operator, Requirement, Selector},
};

const NAMESPACES: [&str; 3] = ["red", "green", "blue"];

/// A cluster, its policies, and two of its pods.
pub(crate) fn case() -> impl Strategy<Value = (Snapshot, PolicySet, usize, usize, Protocol, u16)> {
    let ends = (
        0_usize..6,
        0_usize..6,
        select(vec![Protocol::Tcp, Protocol::Udp]),
        select(vec![80_u16, 81, 90]),
    );
    (cluster(), vec(policy(), 0..5), ends).prop_map(|(cluster, policies, (from, to, protocol, port))| {
        let number = |(index, mut policy): (usize, Policy)| {
            policy.id.name = format!("p{index}").as_str().into();
            policy
        };
        (
            cluster,
            policies.into_iter().enumerate().map(number).collect(),
            from,
            to,
            protocol,
            port,
        )
    })
}

pub(crate) fn peer() -> impl Strategy<Value = Peer> {
    let block = |text: &str| text.parse::<Cidr>().unwrap();
    let blocks = select(vec![
        IpBlock {
            cidr: block("10.0.0.0/30"),
            except: vec![block("10.0.0.2/32")],
        },
        IpBlock {
            cidr: block("0.0.0.0/0"),
            except: vec![],
        },
        IpBlock {
            cidr: block("fd00::/16"),
            except: vec![],
        },
    ]);
    prop_oneof![
        4 => (namespaces(), selector()).prop_map(|(namespaces, pods)| Peer::Pods { namespaces, pods }),
        1 => blocks.prop_map(Peer::Block),
    ]
}

pub(crate) fn ports() -> impl Strategy<Value = Ports> {
    let range = prop_oneof![
        Just(PortRange::All),
        Just(PortRange::Between { first: 80, last: 80 }),
        Just(PortRange::Between { first: 81, last: 90 }),
        Just(PortRange::Named("http".into())),
        Just(PortRange::Named("none".into())),
    ];
    let port =
        (select(vec![Protocol::Tcp, Protocol::Udp]), range).prop_map(|(protocol, range)| PortMatch { protocol, range });
    prop_oneof![Just(Ports::All), vec(port, 1..3).prop_map(Ports::Of)]
}

fn cluster() -> impl Strategy<Value = Snapshot> {
    (
        vec(labels(), NAMESPACES.len()),
        vec((labels(), 0_u8..8, any::<bool>()), 6),
    )
        .prop_map(|(namespaces, pods)| {
            let mut cluster = Snapshot::default();
            for (name, labels) in NAMESPACES.into_iter().zip(namespaces) {
                let labels = labels.with("kubernetes.io/metadata.name".into(), name.into());
                cluster.namespaces.insert(
                    name.into(),
                    NamespaceFacts {
                        labels,
                        ..NamespaceFacts::default()
                    },
                );
            }
            for (index, (labels, host, dual)) in pods.into_iter().enumerate() {
                let namespace = NAMESPACES[index % NAMESPACES.len()];
                let four = IpAddr::from([10, 0, 0, u8::try_from(index).unwrap()]);
                let six = IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, u16::try_from(index).unwrap()]);
                let facts = PodFacts {
                    namespace: namespace.into(),
                    name: format!("pod-{index}").as_str().into(),
                    labels,
                    namespace_labels: cluster
                        .namespaces
                        .get(namespace)
                        .map(|namespace| namespace.labels.clone()),
                    addresses: if dual { vec![four, six] } else { vec![four] }.into(),
                    host_network: host == 0,
                    node: Some(format!("node-{}", index % 2).as_str().into()),
                    ports: [NamedPort {
                        name: "http".into(),
                        protocol: Protocol::Tcp,
                        port: 80,
                    }]
                    .into(),
                };
                cluster
                    .pods
                    .insert((facts.namespace.clone(), facts.name.clone()), facts);
            }
            cluster
        })
}

fn labels() -> impl Strategy<Value = Labels> {
    vec((select(vec!["env", "app"]), select(vec!["prod", "test", "web"])), 0..3).prop_map(Labels::of)
}

fn selector() -> impl Strategy<Value = Selector> {
    let operator = select(vec![
        Operator::In,
        Operator::In,
        Operator::NotIn,
        Operator::Exists,
        Operator::DoesNotExist,
    ]);
    let values = vec(select(vec!["prod", "test", "web"]), 1..3);
    let requirement = (select(vec!["env", "app"]), operator, values).prop_map(|(key, operator, values)| Requirement {
        key: key.into(),
        operator,
        values: match operator {
            Operator::In | Operator::NotIn => values.into_iter().map(Into::into).collect(),
            Operator::Exists | Operator::DoesNotExist => vec![],
        },
    });
    vec(requirement, 0..3).prop_map(Selector::new)
}

fn namespaces() -> impl Strategy<Value = Namespaces> {
    prop_oneof![
        select(NAMESPACES.to_vec()).prop_map(|name| Namespaces::Named(name.into())),
        selector().prop_map(Namespaces::Matching),
    ]
}

fn rules() -> impl Strategy<Value = RuleSet> {
    let peers = prop_oneof![1 => Just(Peers::Any), 5 => vec(peer(), 1..3).prop_map(Peers::Of)];
    let rule = (peers, ports()).prop_map(|(peers, ports)| Rule {
        action: Action::Allow,
        peers,
        ports,
    });
    vec(rule, 0..3).prop_map(|rules| RuleSet { isolates: true, rules })
}

fn policy() -> impl Strategy<Value = Policy> {
    let subject = (select(NAMESPACES.to_vec()), selector());
    (subject, option::of(rules()), option::of(rules())).prop_map(|((namespace, pods), ingress, egress)| Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some(namespace.into()),
            name: "p".into(),
        },
        tier: Tier(1_000),
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named(namespace.into()),
            pods,
        },
        ingress,
        egress,
    })
}
