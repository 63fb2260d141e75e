//! There is never more than there is room for, and the least useful goes first.
use super::*;
use crate::filter::WorkloadPattern;

const WEB: &str = "10.244.0.10";
const DB: &str = "10.244.0.11";

fn small() -> Scene {
    Scene::new(Extent {
        edges: 64,
        ..Extent::default()
    })
}

fn later(flow: Flow, secs: u64) -> Flow {
    let by = Duration::from_secs(secs);
    Flow {
        first: flow.first.plus(by),
        last: flow.last.plus(by),
        ..flow
    }
}

#[test]
fn a_scan_of_ports_does_not_push_out_what_comes_back_every_day() {
    let mut scene = small();
    for day in 0..10 {
        scene.tell_last(later(flow(day, WEB, DB, 5432, 2), day * 86_400));
    }
    let after = 11 * 86_400;
    for port in 10_000..12_000 {
        scene.tell_last(later(dropped(flow(u64::from(port), WEB, DB, port, 1), 1), after));
    }
    assert!(scene.inventory.edges().len() <= 64);
    let habit = scene
        .inventory
        .edges()
        .find(|edge| edge.key.port == Some(5432))
        .unwrap();
    assert_eq!(habit.connections, 10);
    let kept = scene.inventory.edges().len() as u64;
    assert_eq!(scene.inventory.forgotten().for_room + kept, 2_001);
}

#[test]
fn what_was_given_up_long_ago_goes_before_what_was_seen_just_now() {
    let mut scene = small();
    scene
        .tell_last(flow(1, WEB, DB, 5432, 2))
        .tell_last(later(flow(2, WEB, DB, 5432, 2), 3_600));
    for port in 0..64 {
        scene.tell_last(later(flow(10 + u64::from(port), WEB, DB, 10_000 + port, 1), 86_400));
    }
    assert!(scene.inventory.edges().all(|edge| edge.key.port != Some(5432)));
}

#[test]
fn a_flow_that_goes_on_brings_its_edge_back() {
    let mut scene = small();
    scene.tell(flow(1, WEB, DB, 5432, 2));
    for port in 0..64 {
        scene.tell_last(later(flow(10 + u64::from(port), WEB, DB, 10_000 + port, 1), 10));
    }
    assert!(scene.inventory.edges().all(|edge| edge.key.port != Some(5432)));
    scene.tell(later(flow(1, WEB, DB, 5432, 7), 60));
    let back = scene
        .inventory
        .edges()
        .find(|edge| edge.key.port == Some(5432))
        .unwrap();
    assert_eq!((back.connections, back.sent.packets), (1, 7));
}

#[test]
fn what_is_too_old_goes_with_the_portraits_that_only_it_needs() {
    let mut scene = Scene::default();
    scene
        .tell_last(flow(1, WEB, DB, 5432, 2))
        .tell_last(later(flow(2, DB, "10.244.0.13", 6379, 2), 20 * 86_400));
    let now = at(1_000).plus(Extent::default().age).plus(Duration::from_secs(3));
    scene.inventory.handle_timeout(now);
    assert_eq!(
        scene.read(),
        "shop/db to shop/cache:6379/Tcp: 1 connections, 2 sent, 2 replied, 0 dropped\n"
    );
    assert_eq!(scene.inventory.forgotten().for_age, 1);
    assert_eq!(scene.inventory.portraits().len(), 2);
}

#[test]
fn where_nobody_takes_changes_none_are_kept() {
    let mut scene = small();
    for port in 0..1_000 {
        scene.tell_last(flow(u64::from(port), WEB, DB, 10_000 + port, 1));
    }
    let changes = scene.inventory.take_changes();
    assert!(changes.edges.is_empty() && changes.gone.is_empty());
}

#[test]
fn changes_that_nobody_takes_for_long_become_everything() {
    let mut scene = small();
    scene.inventory.follow_changes();
    scene.inventory.take_changes();
    for port in 0..1_000 {
        scene.tell_last(flow(u64::from(port), WEB, DB, 10_000 + port, 1));
    }
    let changes = scene.inventory.take_changes();
    assert!(changes.everything && changes.gone.len() <= 64);
    assert_eq!(changes.edges.len(), scene.inventory.edges().len());
}

#[test]
fn the_filter_asks_for_either_end() {
    let mut scene = Scene::default();
    scene
        .tell(flow(1, WEB, DB, 5432, 2))
        .tell(flow(2, WEB, "203.0.113.1", 443, 2))
        .tell(later(flow(3, DB, "203.0.113.1", 443, 2), 500));
    let ports = |filter: &Filter| {
        let mut found: Vec<_> = scene
            .inventory
            .edges()
            .filter(|edge| filter.passes(edge))
            .map(|edge| line(edge).split(':').next().unwrap().to_owned())
            .collect();
        found.sort();
        found
    };
    let workload = |kind: Option<&str>, name: &str| Filter {
        namespaces: vec!["shop".into()],
        workloads: vec![WorkloadPattern {
            kind: kind.map(Into::into),
            name: name.into(),
        }],
        since: None,
    };
    let of_db = ["shop/db to 203.0.113.1/32", "shop/web to shop/db"];
    assert_eq!(ports(&workload(None, "db")), of_db);
    assert_eq!(ports(&workload(Some("statefulset"), "db")), of_db);
    assert!(ports(&workload(Some("Deployment"), "db")).is_empty());
    let since = Filter {
        since: Some(at(1_500)),
        ..Filter::default()
    };
    assert_eq!(ports(&since), ["shop/db to 203.0.113.1/32"]);
    let elsewhere = Filter {
        namespaces: vec!["other".into()],
        ..Filter::default()
    };
    assert!(ports(&elsewhere).is_empty());
}
