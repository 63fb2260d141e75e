//! Causes as they would be found, for the tests of what is told of them.
use std::collections::BTreeSet;

use netobs_core::{
    cause::{
        CauseKey, Causes, Example, Extent, Finding, Found, Kind, Labelled, Mend, Party, Sighting, State, Toll, Want,
    },
    change::{Phase, Pod, PodUid},
    directory::Owner,
    event::{Count, Protocol, Tuple},
    explain::{DirectionExplanation, Explanation, Ground, ObjectRef},
    labels::{Labels, Operator, Requirement, Symbol},
    policy::{Direction, PolicyId},
    suggest::Change,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

use super::*;

mod rates;
mod written;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_772_359_318 + secs)
}

fn pod() -> Pod {
    Pod {
        uid: PodUid("uid-of-backup-0".into()),
        namespace: "ops-utils".into(),
        name: "backup-0".into(),
        labels: Labels::default(),
        annotations: Labels::default(),
        addresses: Arc::new([]),
        node: None,
        host_network: false,
        phase: Phase::Running,
        terminating: false,
        started: None,
        workload: workload(),
        ports: Arc::new([]),
    }
}

fn workload() -> Workload {
    Workload {
        kind: WorkloadKind::StatefulSet,
        name: "backup".into(),
    }
}

fn policy() -> PolicyId {
    PolicyId {
        kind: netobs_k8s::network_policy::KIND,
        namespace: Some("prod-a".into()),
        name: "allow-prod".into(),
    }
}

fn wants(object: Labelled) -> CauseKey {
    let requirement = Requirement {
        key: "env".into(),
        operator: Operator::In,
        values: vec!["prod".into()],
    };
    CauseKey {
        kind: Kind::Label,
        direction: Direction::Ingress,
        mend: Mend::Labels(vec![Want { object, requirement }]),
    }
}

fn namespace_lacks(name: &str) -> CauseKey {
    wants(Labelled::Namespace(name.into()))
}

fn traffic(kind: Kind, subject: Party) -> CauseKey {
    CauseKey {
        kind,
        direction: Direction::Egress,
        mend: Mend::Traffic {
            subject,
            peer: Party::World(None),
            protocol: Protocol::Udp,
            port: Some(53),
        },
    }
}

fn example() -> Example {
    let explain = |direction| DirectionExplanation {
        direction,
        ground: Ground::NoRuleAdmits,
        policies: Vec::new(),
        attempts: Vec::new(),
        attempts_left_out: 0,
    };
    Example {
        source: Owner::Pod {
            pod: Arc::new(pod()),
            namespace: None,
        },
        destination: Owner::World { service: None },
        tuple: Tuple {
            source: [10, 0, 0, 1].into(),
            destination: [8, 8, 8, 8].into(),
            source_port: 40_000,
            destination_port: 53,
            protocol: Protocol::Udp,
            fragment: false,
        },
        explanation: Arc::new(Explanation {
            ingress: explain(Direction::Ingress),
            egress: explain(Direction::Egress),
            hints: Vec::new(),
        }),
    }
}

fn sighting(key: &CauseKey, packets: u64) -> Sighting {
    Sighting {
        finding: Finding {
            key: key.clone(),
            found: vec![Found {
                value: None,
                hints: Vec::new(),
            }],
            policies: BTreeSet::from([policy()]).into_iter().collect(),
        },
        example: example(),
        toll: Toll::of_drops(Count {
            packets,
            bytes: packets * 60,
        }),
        first: at(0),
        last: at(60),
    }
}

/// Causes for these keys, each with so many drops; the first `mended` of them are mended.
fn causes(keys: &[CauseKey], packets: u64, mended: usize) -> Vec<Arc<Cause>> {
    let mut causes = Causes::new(Extent::default());
    for key in keys {
        causes.add(sighting(key, packets)).unwrap();
    }
    let ids: Vec<_> = causes.iter().map(|cause| cause.id).collect();
    for id in &ids[..mended] {
        causes.mend(*id, at(120));
    }
    causes.iter().cloned().map(Arc::new).collect()
}

fn cause(key: &CauseKey, packets: u64) -> Arc<Cause> {
    causes(std::slice::from_ref(key), packets, 0).remove(0)
}

fn mended(key: &CauseKey, packets: u64) -> Arc<Cause> {
    causes(std::slice::from_ref(key), packets, 1).remove(0)
}

fn label_it() -> Suggestion {
    let key: Symbol = "env".into();
    Suggestion {
        changes: vec![Change::SetLabel {
            object: ObjectRef::Namespace("ops-utils".into()),
            key,
            value: "prod".into(),
            before: None,
        }],
        opens: Vec::new(),
        closes: Vec::new(),
        isolates: Vec::new(),
        frees: Vec::new(),
    }
}
