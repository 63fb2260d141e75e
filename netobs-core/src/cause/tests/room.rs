//! Who finds room where there are too many causes.
use proptest::prelude::*;

use super::*;
use crate::labels::{Requirement, Symbol};

/// A namespace lacks a label, which it had until then if it was lost.
fn label(namespace: u64, secs: u64, lost: bool) -> Sighting {
    let hints = lost.then(|| LabelHint::WasThere {
        value: "prod".into(),
        until: at(secs),
    });
    let mut sighting = sighting(80, secs, hints.into_iter().collect());
    let want = Want {
        object: Labelled::Namespace(Symbol::from(&*format!("team-{namespace}"))),
        requirement: Requirement::is("env".into(), "prod".into()),
    };
    sighting.finding.key.kind = Kind::Label;
    sighting.finding.key.mend = Mend::Labels(vec![want]);
    sighting
}

/// From a pod to another of so many.
fn traffic(kind: Kind, peer: u64, port: u16, secs: u64) -> Sighting {
    let mut sighting = sighting(port, secs, Vec::new());
    sighting.finding.key.kind = kind;
    sighting.finding.key.mend = Mend::Traffic {
        subject: Party::World(None),
        peer: Party::Node(Symbol::from(&*format!("node-{peer}"))),
        protocol: Protocol::Tcp,
        port: Some(port),
    };
    sighting
}

fn causes(count: usize) -> Causes {
    Causes::new(Extent {
        causes: count,
        ..EXTENT
    })
}

fn kinds(causes: &Causes) -> Vec<Kind> {
    causes.iter().map(|cause| cause.key.kind).collect()
}

#[test]
fn further_ports_between_the_same_ends_are_one_cause() {
    let mut causes = causes(4_096);
    for port in 1..=5_200 {
        causes.add(traffic(Kind::Peer, 1, port, 1));
    }
    causes.add(traffic(Kind::Peer, 2, 1, 1));
    causes.add(traffic(Kind::Peer, 1, 5, 2));
    assert_eq!(causes.iter().len(), MOST_PORTS + 2);
    assert_eq!(causes.merged().dropped.packets, 5_200 - 16);
    assert_eq!(causes.overflow(), Toll::default());
    let further = causes.get(CauseId(17)).unwrap();
    let others = Party::World(None);
    let peer = Party::Node("node-1".into());
    assert_eq!(further.key.mend, Mend::FurtherPorts { subject: others, peer });
    assert_eq!(further.toll.dropped.packets, 5_200 - 16);
    assert_eq!(causes.get(CauseId(5)).unwrap().toll.dropped.packets, 2);
}

#[test]
fn ports_have_causes_of_their_own_again_once_the_first_are_gone() {
    let mut causes = causes(4_096);
    for port in 1..=17 {
        causes.add(traffic(Kind::Peer, 1, port, 1));
    }
    causes.expire(at(102));
    causes.add(traffic(Kind::Peer, 1, 99, 103));
    let mend = |cause: &Cause| cause.key.mend.clone();
    let all: Vec<_> = causes.iter().map(mend).collect();
    assert_eq!(all, [traffic(Kind::Peer, 1, 99, 103).finding.key.mend]);
}

#[test]
fn a_label_always_finds_room_and_a_lost_one_before_others() {
    let mut causes = causes(3);
    for peer in 0..3 {
        causes.add(traffic(Kind::Peer, peer, 80, 1));
    }
    assert!(causes.add(traffic(Kind::Dns, 1, 53, 1)).is_some());
    for namespace in 0..3 {
        assert!(causes.add(label(namespace, 1, false)).is_some());
    }
    assert_eq!(kinds(&causes), [Kind::Label; 3]);
    assert!(causes.add(label(9, 1, true)).is_some());
    assert_eq!(causes.overflow().dropped.packets, 3 + 1 + 1);
    for refused in [
        traffic(Kind::Peer, 1, 80, 1),
        traffic(Kind::Dns, 1, 53, 1),
        label(7, 1, false),
    ] {
        assert_eq!(causes.add(refused), None);
    }
    assert_eq!(causes.overflow().dropped.packets, 3 + 1 + 1 + 3);
}

#[test]
fn what_was_seen_least_gives_way_once_it_is_quiet() {
    let mut causes = causes(2);
    for peer in [1, 1, 1, 2] {
        causes.add(traffic(Kind::Peer, peer, 80, 1));
    }
    assert_eq!(causes.add(traffic(Kind::Peer, 3, 80, 60)), None);
    assert_eq!(causes.add(traffic(Kind::Peer, 3, 80, 62)), Some(CauseId(3)));
    assert_eq!(states(&causes), [(1, 3, State::Active), (3, 1, State::Active)]);
    assert_eq!(causes.overflow().dropped.packets, 2);
}

#[derive(Clone, Debug)]
enum Step {
    Traffic(Kind, u64, u16),
    Label(u64, bool),
    Mend(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(vec![Kind::Peer, Kind::NoRule, Kind::Port, Kind::Dns, Kind::Denied]);
    prop_oneof![
        4 => (kind, 0..6_u64, 1..60_u16).prop_map(|(kind, peer, port)| Step::Traffic(kind, peer, port)),
        1 => (0..9_u64, any::<bool>()).prop_map(|(namespace, lost)| Step::Label(namespace, lost)),
        1 => (1..60_u64).prop_map(Step::Mend),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_label_is_refused_or_let_go_for_anything_else(steps in prop::collection::vec(step(), 1..200)) {
        let mut causes = causes(12);
        let mut told = 0;
        for (step, secs) in steps.into_iter().zip(1..) {
            let labels: Vec<_> = causes
                .iter()
                .filter(|cause| cause.key.kind == Kind::Label && !cause.is_mended())
                .map(|cause| cause.id)
                .collect();
            let all_are_labels = labels.len() == causes.iter().len();
            match step {
                Step::Mend(id) => causes.mend(CauseId(id), at(secs)),
                Step::Traffic(kind, peer, port) => {
                    causes.add(traffic(kind, peer, port, secs));
                    told += 1;
                    prop_assert!(labels.iter().all(|id| causes.get(*id).is_some()));
                }
                Step::Label(namespace, lost) => {
                    let added = causes.add(label(namespace, secs, lost));
                    told += 1;
                    prop_assert!(added.is_some() || all_are_labels);
                    prop_assert!(all_are_labels || labels.iter().all(|id| causes.get(*id).is_some()));
                }
            }
            prop_assert!(causes.iter().len() <= 12);
        }
        let known: u64 = causes.iter().map(|cause| cause.toll.weight()).sum();
        prop_assert!(known + causes.overflow().weight() <= told);
    }
}
