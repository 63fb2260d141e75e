//! How causes come, go on, are mended and are let go.
use std::sync::Arc;

use super::*;
use crate::{
    directory::{Doubt, Owner},
    event::{Protocol, Tuple},
    explain::{DirectionExplanation, Explanation, Ground},
    fixtures::{at, ip},
    policy::Direction,
};

mod room;

const EXTENT: Extent = Extent {
    causes: 2,
    age: Duration::from_secs(100),
};

fn sighting(port: u16, secs: u64, hints: Vec<LabelHint>) -> Sighting {
    let explain = |direction| DirectionExplanation {
        direction,
        ground: Ground::NoRuleAdmits,
        policies: Vec::new(),
        attempts: Vec::new(),
        attempts_left_out: 0,
    };
    let example = Example {
        source: Owner::World { service: None },
        destination: Owner::Unknown(Doubt::Several),
        tuple: Tuple {
            source: ip("8.8.8.8"),
            destination: ip("10.244.0.1"),
            source_port: 40_000,
            destination_port: port,
            protocol: Protocol::Tcp,
            fragment: false,
        },
        explanation: Arc::new(Explanation {
            ingress: explain(Direction::Ingress),
            egress: explain(Direction::Egress),
            hints: Vec::new(),
        }),
    };
    let mut finding = disagreement(Kind::NotEnforced, &example.explanation, example.ends());
    finding.found = vec![Found { value: None, hints }];
    Sighting {
        finding,
        example,
        toll: Toll::of_drops(Count { packets: 1, bytes: 60 }),
        first: at(secs),
        last: at(secs),
    }
}

fn states(causes: &Causes) -> Vec<(u64, u64, State)> {
    let state = |cause: &Cause| (cause.id.0, cause.toll.dropped.packets, cause.state);
    causes.iter().map(state).collect()
}

#[test]
fn what_would_be_mended_together_is_one_cause() {
    let mut causes = Causes::new(EXTENT);
    for (port, secs) in [(80, 1), (80, 2), (443, 3)] {
        causes.add(sighting(port, secs, vec![]));
    }
    assert_eq!(states(&causes), [(1, 2, State::Active), (2, 1, State::Active)]);
    assert_eq!(causes.take_changed().len(), 2);
    assert!(causes.take_changed().is_empty());
}

#[test]
fn a_cause_too_many_is_counted_and_a_mended_one_gives_way() {
    let mut causes = Causes::new(EXTENT);
    for port in [80, 443, 8080] {
        causes.add(sighting(port, 1, vec![]));
    }
    assert_eq!(causes.overflow().dropped.packets, 1);
    causes.mend(CauseId(1), at(2));
    assert_eq!(causes.add(sighting(8080, 3, vec![])), Some(CauseId(3)));
    assert_eq!(states(&causes), [(2, 1, State::Active), (3, 1, State::Active)]);
}

#[test]
fn a_late_drop_does_not_undo_a_mending_and_a_new_one_does() {
    let mut causes = Causes::new(EXTENT);
    causes.add(sighting(80, 1, vec![]));
    causes.mend(CauseId(1), at(5));
    causes.add(sighting(80, 4, vec![]));
    assert_eq!(states(&causes), [(1, 2, State::Mended { at: at(5) })]);
    causes.add(sighting(80, 6, vec![]));
    assert_eq!(states(&causes), [(1, 3, State::Active)]);
}

#[test]
fn a_label_that_was_there_makes_it_a_drift() {
    let mut causes = Causes::new(EXTENT);
    let lost = LabelHint::WasThere {
        value: "prod".into(),
        until: at(3),
    };
    causes.add(sighting(80, 4, vec![lost]));
    assert_eq!(states(&causes), [(1, 1, State::Drifted { at: at(3) })]);
}

#[test]
fn what_was_not_seen_for_long_is_let_go() {
    let mut causes = Causes::new(EXTENT);
    causes.add(sighting(80, 1, vec![]));
    causes.add(sighting(443, 50, vec![]));
    causes.expire(at(102));
    assert_eq!(states(&causes), [(2, 1, State::Active)]);
    assert_eq!(causes.add(sighting(80, 103, vec![])), Some(CauseId(3)));
}
