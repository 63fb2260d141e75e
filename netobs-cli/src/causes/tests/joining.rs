//! The same cause, told by several agents.
use netobs_api::v1::{Cause, CauseState, LabelMismatch};

use super::{
    super::{Joined, Ledger},
    messages::{SECOND, TEN, affected, drifted, mended, missing_label, of_kind, policy, port},
};

fn joined(told: &[(&str, Cause)]) -> Vec<Joined> {
    let mut ledger = Ledger::default();
    for (node, cause) in told {
        ledger.tell(node, cause.clone());
    }
    ledger.all()
}

#[test]
fn counts_of_all_nodes_are_added() {
    let other = Cause {
        id: 77,
        first_unix_nanos: TEN - SECOND,
        last_unix_nanos: TEN,
        unanswered: 2,
        sources: vec![
            affected("Deployment ops-utils/job", 8),
            affected("Deployment ops-utils/cron", 304),
        ],
        ports: vec![port(8080, 300), port(9090, 12)],
        policies: vec![policy("prod-b", "allow-prod")],
        ..missing_label()
    };
    let all = joined(&[("node-a", missing_label()), ("node-b", other)]);
    let [Joined { cause, nodes }] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!(nodes.iter().collect::<Vec<_>>(), ["node-a", "node-b"]);
    assert_eq!(cause.dropped.unwrap().packets, 624);
    assert_eq!(cause.unanswered, 2);
    assert_eq!(
        (cause.first_unix_nanos, cause.last_unix_nanos),
        (TEN - SECOND, TEN + 240 * SECOND)
    );
    assert_eq!(
        cause.sources,
        [
            affected("Deployment ops-utils/job", 320),
            affected("Deployment ops-utils/cron", 304)
        ]
    );
    assert_eq!(cause.ports, [port(8080, 612), port(9090, 12)]);
    assert_eq!(
        cause.policies,
        [policy("prod-a", "allow-prod"), policy("prod-b", "allow-prod")]
    );
}

#[test]
fn told_again_by_the_same_node_it_is_not_added() {
    let all = joined(&[("node-a", missing_label()), ("node-a", missing_label())]);
    assert_eq!(all[0].cause.dropped.unwrap().packets, 312);
}

#[test]
fn what_is_found_does_not_make_it_another_cause_and_what_is_wanted_does() {
    let mut found = missing_label();
    found.labels[0].found = Some("test".to_owned());
    assert_eq!(joined(&[("a", missing_label()), ("b", found)]).len(), 1);
    let mut wanted = missing_label();
    wanted.labels = vec![LabelMismatch::default()];
    assert_eq!(joined(&[("a", missing_label()), ("b", wanted)]).len(), 2);
    let other = of_kind(netobs_api::v1::CauseKind::Dns, "");
    assert_eq!(joined(&[("a", missing_label()), ("b", other)]).len(), 2);
}

#[test]
fn it_is_mended_when_it_is_mended_everywhere() {
    let state = |told: &[(&str, Cause)]| joined(told)[0].cause.state();
    assert_eq!(state(&[("a", mended()), ("b", missing_label())]), CauseState::Active);
    assert_eq!(state(&[("a", mended()), ("b", drifted())]), CauseState::Drifted);
    assert_eq!(state(&[("a", mended()), ("b", mended())]), CauseState::Mended);
}

#[test]
fn what_is_mended_comes_last_and_the_latest_first() {
    let latest = Cause {
        last_unix_nanos: TEN + 900 * SECOND,
        ..of_kind(netobs_api::v1::CauseKind::Dns, "latest")
    };
    let mut mended = mended();
    mended.direction = 0;
    let all = joined(&[("a", mended), ("a", missing_label()), ("a", latest)]);
    let order: Vec<_> = all.iter().map(|one| (one.is_mended(), one.cause.kind)).collect();
    assert_eq!(order, [(false, 2), (false, 1), (true, 1)]);
}
