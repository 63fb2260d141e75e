//! A small cluster, and what happens in it, for tests.
use std::{net::IpAddr, sync::Arc, time::Duration};

use netobs_core::{
    cause::Cause,
    change::{Change, Kind, Namespace, Object, Phase, Pod, PodUid, Scoped, Service, ServiceKind},
    engine::{Engine, ExplainedFlow, Limits, Output},
    event::{Count, DropReading, Event, Ifindex, Place, Protocol, ReasonId, Tuple},
    labels::{Interner, Labels, Selector},
    policy::{Action, Namespaces, Peer, Peers, Policy, PolicyId, Ports, Rule, RuleSet, Subject, Tier},
    suggest::Suggestion,
    time::Timestamp,
    workload::{Owned, Owner, Workload},
};

use crate::wire::Names;

pub(crate) const NETFILTER: ReasonId = ReasonId(12);
pub(crate) const VETH: Ifindex = Ifindex(5);

/// One reason and one interface have a name.
pub(crate) struct Known;

impl Names for Known {
    fn reason(&self, reason: ReasonId) -> Option<&str> {
        (reason == NETFILTER).then_some("NETFILTER_DROP")
    }

    fn interface(&self, interface: Ifindex) -> Option<Arc<str>> {
        (interface == VETH).then(|| "veth5".into())
    }
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn labels(text: &str) -> Labels {
    Labels::of(text.split(',').filter_map(|pair| pair.split_once('=')))
}

pub(crate) fn namespace(name: &str, own: &str) -> Namespace {
    Namespace {
        name: name.into(),
        labels: labels(own).with("kubernetes.io/metadata.name".into(), name.into()),
        annotations: Labels::default(),
    }
}

/// `namespace/set-number` of a stateful set.
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
        addresses: [ip(address)].into(),
        node: Some("node-1".into()),
        host_network: false,
        phase: Phase::Running,
        terminating: false,
        started: None,
        ports: Arc::default(),
    }
}

pub(crate) fn service(name: &str, address: &str) -> Service {
    let (namespace, name) = name.split_once('/').unwrap();
    Service {
        name: Scoped {
            namespace: namespace.into(),
            name: name.into(),
        },
        kind: ServiceKind::ClusterIp,
        addresses: [ip(address)].into(),
        ports: Box::default(),
        selector: None,
    }
}

/// What came of a drop.
pub(crate) struct Story {
    pub(crate) flow: Arc<ExplainedFlow>,
    pub(crate) cause: Arc<Cause>,
    pub(crate) suggestions: Vec<Suggestion>,
}

/// `ops-utils/job-0` may not talk to `prod-a/api-0`, as its namespace lacks the label `env`.
pub(crate) fn missing_label() -> Story {
    story(Peer::Pods {
        namespaces: Namespaces::Matching("env=prod".parse().unwrap()),
        pods: Selector::everything(),
    })
}

/// `ops-utils/job-0` asks `prod-a/api-0`, whose policy admits this peer only.
pub(crate) fn story(peer: Peer) -> Story {
    let began = Timestamp::from_secs(1_772_359_200);
    let mut engine = Engine::new(
        Limits::default(),
        [(NETFILTER, "NETFILTER_DROP".into())].into_iter().collect(),
    );
    let mut changes = vec![
        Change::Applied(Object::Namespace(Arc::new(namespace("prod-a", "env=prod")))),
        Change::Applied(Object::Namespace(Arc::new(namespace("ops-utils", "team=ops")))),
        Change::Applied(Object::Pod(Arc::new(pod("prod-a/api-0", "10.244.0.7", "app=api")))),
        Change::Applied(Object::Pod(Arc::new(pod("ops-utils/job-0", "10.244.0.9", "app=job")))),
        Change::Applied(Object::Policy(Arc::new(policy(peer)))),
    ];
    changes.extend([Kind::Namespace, Kind::Pod, Kind::Policy("NetworkPolicy")].map(Change::RelistEnds));
    for change in &changes {
        engine.handle_change(change, began.minus(Duration::from_secs(120)));
    }
    engine.handle_event(&Event::Drop(dropped(began)));
    engine.handle_timeout(began.plus(Duration::from_secs(5)));
    told(&mut engine)
}

fn told(engine: &mut Engine) -> Story {
    let (mut told, mut found) = (None, None);
    while let Some(output) = engine.poll_output() {
        match output {
            Output::Flow(flow) => told = Some(flow),
            Output::Cause(cause) => found = Some(cause),
            Output::Lost { place, count } => panic!("lost {count:?} in {place:?}"),
        }
    }
    let cause = found.unwrap();
    Story {
        flow: told.unwrap(),
        suggestions: engine.suggest(&cause),
        cause,
    }
}

fn dropped(at: Timestamp) -> DropReading {
    DropReading {
        tuple: Tuple {
            source: ip("10.244.0.9"),
            destination: ip("10.244.0.7"),
            source_port: 40_001,
            destination_port: 8080,
            protocol: Protocol::Tcp,
            fragment: false,
        },
        reason: NETFILTER,
        place: Place::Node { interface: Some(VETH) },
        arrived_by: Some(Ifindex(6)),
        count: Count { packets: 3, bytes: 180 },
        source_ports_merged: false,
        first: at,
        last: at.plus(Duration::from_secs(2)),
    }
}

/// Isolates all pods of `prod-a`, but for this peer.
fn policy(peer: Peer) -> Policy {
    let rule = Rule {
        action: Action::Allow,
        peers: Peers::Of(vec![peer]),
        ports: Ports::All,
    };
    Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some("prod-a".into()),
            name: "allow-prod".into(),
        },
        tier: Tier::default(),
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named("prod-a".into()),
            pods: Selector::everything(),
        },
        ingress: Some(RuleSet {
            isolates: true,
            rules: vec![rule],
        }),
        egress: None,
    }
}
