//! Short ways to say what is in a cluster, for tests.
use std::{net::IpAddr, sync::Arc};

use crate::{
    change::{Change, Key, Namespace, Node, Object, Phase, Pod, PodUid, Scoped, Service, ServiceKind, ServicePort},
    event::Protocol,
    labels::{Interner, Labels, Selector},
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
