//! Short ways to say what is in a cluster, for tests.
use std::{net::IpAddr, sync::Arc};

use crate::{
    change::{Change, Key, Namespace, Node, Object, Phase, Pod, PodUid, Scoped, Service, ServiceKind, ServicePort},
    event::Protocol,
    labels::{Interner, Labels, Selector},
    policy::{
        Action, Namespaces, Peer, Peers, Policy, PolicyId, PortMatch, PortRange, Ports, Rule, RuleSet, Subject, Tier,
    },
    time::Timestamp,
    workload::{Owned, Owner, Workload},
};

pub(crate) fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn labels(text: &str) -> Labels {
    Labels::of(text.split(',').filter_map(|pair| pair.split_once('=')))
}

pub(crate) fn namespace(name: &str, own: &str) -> Change {
    let own = labels(own).with("kubernetes.io/metadata.name".into(), name.into());
    Change::Applied(Object::Namespace(Arc::new(Namespace {
        name: name.into(),
        labels: own,
        annotations: Labels::default(),
    })))
}

/// `namespace/name`, running; its UID is its name.
pub(crate) fn pod(name: &str, address: &str, own: &str) -> Pod {
    let (namespace, name) = name.split_once('/').unwrap();
    let labels = labels(own);
    let set = name.rsplit_once('-').map_or(name, |(set, _)| set);
    let owned = Owned {
        pod: name,
        labels: &labels,
        owner: Some(Owner {
            kind: "StatefulSet",
            name: set,
        }),
    };
    Pod {
        uid: PodUid(name.into()),
        namespace: namespace.into(),
        name: name.into(),
        workload: Workload::of(owned, &mut Interner::default()),
        labels,
        annotations: Labels::default(),
        addresses: address.split(',').filter(|one| !one.is_empty()).map(ip).collect(),
        node: Some("node-1".into()),
        host_network: false,
        phase: Phase::Running,
        terminating: false,
        started: None,
        ports: Arc::default(),
    }
}

pub(crate) fn applied(pod: Pod) -> Change {
    Change::Applied(Object::Pod(Arc::new(pod)))
}

pub(crate) fn deleted(uid: &str) -> Change {
    Change::Deleted(Key::Pod(PodUid(uid.into())))
}

pub(crate) fn node(name: &str, address: &str) -> Change {
    Change::Applied(Object::Node(Arc::new(Node {
        name: name.into(),
        addresses: [ip(address)].into(),
        pod_blocks: ["10.244.0.0/24".parse().unwrap()].into(),
        labels: Labels::default(),
    })))
}

pub(crate) fn service(name: &str, address: &str, port: u16) -> Service {
    let (namespace, name) = name.split_once('/').unwrap();
    Service {
        name: Scoped {
            namespace: namespace.into(),
            name: name.into(),
        },
        kind: ServiceKind::ClusterIp,
        addresses: address.split(',').filter(|one| !one.is_empty()).map(ip).collect(),
        ports: [ServicePort {
            name: None,
            port,
            protocol: Protocol::Tcp,
            node_port: None,
        }]
        .into(),
        selector: Some(Selector::everything()),
    }
}

/// Isolates all pods of the namespace in the directions that are not `None`, with these rules.
pub(crate) fn policy(name: &str, ingress: Option<Vec<Rule>>, egress: Option<Vec<Rule>>) -> Change {
    let (namespace, name) = name.split_once('/').unwrap();
    let rules = |rules| RuleSet { isolates: true, rules };
    Change::Applied(Object::Policy(Arc::new(Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some(namespace.into()),
            name: name.into(),
        },
        tier: Tier::default(),
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named(namespace.into()),
            pods: Selector::everything(),
        },
        ingress: ingress.map(rules),
        egress: egress.map(rules),
    })))
}

/// The policy that such a change brings.
pub(crate) fn brought(change: &Change) -> Policy {
    let Change::Applied(Object::Policy(policy)) = change else {
        unreachable!("{change:?} brings no policy");
    };
    (**policy).clone()
}

/// For all pods of the namespaces that the selector chooses.
pub(crate) fn namespaces(selector: &str) -> Rule {
    peers(Namespaces::Matching(selector.parse().unwrap()), "")
}

/// For the pods of one namespace that the selector chooses.
pub(crate) fn pods(namespace: &str, selector: &str) -> Rule {
    peers(Namespaces::Named(namespace.into()), selector)
}

fn peers(namespaces: Namespaces, pods: &str) -> Rule {
    let pods = pods.parse().unwrap();
    Rule {
        action: Action::Allow,
        peers: Peers::Of(vec![Peer::Pods { namespaces, pods }]),
        ports: Ports::All,
    }
}

/// The same rule for one port alone.
pub(crate) fn on_port(rule: Rule, protocol: Protocol, port: u16) -> Rule {
    let range = PortRange::Between {
        first: port,
        last: port,
    };
    Rule {
        ports: Ports::Of(vec![PortMatch { protocol, range }]),
        ..rule
    }
}
