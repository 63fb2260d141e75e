//! Causes.
use std::collections::BTreeSet;

use super::*;
use crate::{
    cause::{Affected, Cause, CauseKey, Example, Found, Labelled, Mend, Party, State, Toll, Want},
    event::Tuple,
    explain::{DirectionExplanation, Explanation, Ground},
    labels::Requirement,
    policy::PolicyId,
};

/// Pods of `jobs` are not admitted to `data` by a policy of `rules`, as namespace `ops` lacks a label.
fn lacking() -> Cause {
    let want = Want {
        object: Labelled::Namespace("ops".into()),
        requirement: Requirement::is("env".into(), "prod".into()),
    };
    let policy = PolicyId {
        kind: "NetworkPolicy",
        namespace: Some("rules".into()),
        name: "allow-prod".into(),
    };
    let mut sources = Affected::default();
    sources.add(Party::workload(&pod("jobs/job-0", "10.244.0.5", "")), 3);
    let mut destinations = Affected::default();
    destinations.add(Party::Service(service("data/db", "10.96.0.9", 5432).name), 3);
    Cause {
        id: CauseId(1),
        key: CauseKey {
            kind: Kind::Label,
            direction: Direction::Ingress,
            mend: Mend::Labels(vec![want]),
        },
        found: vec![Found {
            value: None,
            hints: Vec::new(),
        }],
        policies: BTreeSet::from([policy]),
        first: at(10),
        last: at(20),
        toll: Toll::default(),
        sources,
        destinations,
        ports: Affected::default(),
        state: State::Drifted { at: at(9) },
        example: example(refused().enriched.flow.tuple),
    }
}

fn example(tuple: Tuple) -> Example {
    let explain = |direction| DirectionExplanation {
        direction,
        ground: Ground::NoRuleAdmits,
        policies: Vec::new(),
        attempts: Vec::new(),
        attempts_left_out: 0,
    };
    Example {
        source: Owner::World { service: None },
        destination: Owner::Unknown(Doubt::Several),
        tuple,
        explanation: Arc::new(Explanation {
            ingress: explain(Direction::Ingress),
            egress: explain(Direction::Egress),
            hints: Vec::new(),
        }),
    }
}

fn of_namespace(name: &str) -> bool {
    let filter = CauseFilter {
        namespaces: vec![name.into()],
        ..CauseFilter::default()
    };
    filter.pass(&lacking())
}

#[test]
fn a_cause_is_of_the_namespaces_that_are_affected_lack_something_or_have_the_policy() {
    assert!(of_namespace("ops") && of_namespace("jobs") && of_namespace("data") && of_namespace("rules"));
    assert!(!of_namespace("shop"));
}

#[test]
fn traffic_that_would_need_a_rule_is_of_its_ends_namespaces() {
    let mut cause = lacking();
    cause.key.mend = Mend::Traffic {
        subject: Party::Namespace("shop".into()),
        peer: Party::World(None),
        protocol: Protocol::Tcp,
        port: None,
    };
    let filter = CauseFilter {
        namespaces: vec!["shop".into()],
        ..CauseFilter::default()
    };
    assert!(filter.pass(&cause) && !filter.pass(&lacking()));
}

#[test]
fn a_state_is_asked_for_whenever_it_began() {
    let states = [
        State::Active,
        State::Drifted { at: at(9) },
        State::Mended { at: at(21) },
    ];
    let kinds = [StateKind::Active, StateKind::Drifted, StateKind::Mended];
    for (state, own) in states.into_iter().zip(kinds) {
        let cause = Cause { state, ..lacking() };
        for kind in kinds {
            let filter = CauseFilter {
                states: vec![kind],
                ..CauseFilter::default()
            };
            assert_eq!(filter.pass(&cause), kind == own, "{state:?} {kind:?}");
        }
    }
}

#[test]
fn kind_and_time_are_looked_at() {
    let filter = |kind, secs| CauseFilter {
        kinds: vec![kind],
        since: Some(at(secs)),
        ..CauseFilter::default()
    };
    assert!(filter(Kind::Label, 20).pass(&lacking()));
    assert!(!filter(Kind::Label, 21).pass(&lacking()) && !filter(Kind::Dns, 20).pass(&lacking()));
}
