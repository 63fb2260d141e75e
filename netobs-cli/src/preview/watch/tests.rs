//! What is counted since the watch began, and what is made of it.
use std::time::Duration;

use expect_test::{Expect, expect};
use netobs_api::v1::{
    Cause, CauseExample, CauseKind, Count, DirectionExplanation, Explanation, Outcome as Said, PolicyDirection,
    PolicyRef,
};

use super::{
    Named,
    tally::{Judgement, Tally},
    told,
};
use crate::show::View;

fn policy(name: &str) -> PolicyRef {
    PolicyRef {
        kind: "NetworkPolicy".to_owned(),
        namespace: "prod-a".to_owned(),
        name: name.to_owned(),
    }
}

/// A cause to which the rule of `allow-prod` came nearest, of a pod that `default-deny` isolates too.
fn cause(packets: u64) -> Cause {
    let ingress = DirectionExplanation {
        outcome: Said::DoesNotAdmit.into(),
        policies: vec![policy("allow-prod"), policy("default-deny")],
        ..DirectionExplanation::default()
    };
    Cause {
        kind: CauseKind::Label.into(),
        direction: PolicyDirection::Ingress.into(),
        policies: vec![policy("allow-prod")],
        dropped: Some(Count { packets, bytes: 0 }),
        example: Some(CauseExample {
            explanation: Some(Explanation {
                ingress: Some(ingress),
                ..Explanation::default()
            }),
            ..CauseExample::default()
        }),
        headline: "namespace ops-utils has no label env".to_owned(),
        ..Cause::default()
    }
}

fn tally(name: &str) -> Tally {
    let named: Named = format!("prod-a/{name}").parse().unwrap();
    Tally::new(named, 1)
}

fn verdict(tally: Tally) -> Judgement {
    tally.outcome(Duration::from_mins(5)).verdict()
}

#[track_caller]
fn check(tally: Tally, verdict: Judgement, expected: &Expect) {
    let outcome = tally.outcome(Duration::from_mins(5));
    expected.assert_eq(&told::text(&outcome, &View::plain()));
    assert_eq!(outcome.verdict(), verdict);
}

#[test]
fn what_is_refused_since_the_watch_began_rolls_back() {
    let mut tally = tally("allow-prod");
    assert!(!tally.cause("node-a", &cause(10)), "it was known before");
    tally.caught_up("node-a".to_owned());
    assert!(!tally.cause("node-a", &cause(10)), "nothing was counted since");
    assert!(tally.cause("node-a", &cause(13)));
    assert!(!tally.cause("node-a", &cause(14)), "it was told already");
    tally.came_through("node-a", 1);
    tally.came_through("node-a", 1);
    tally.came_through("node-b", 1);
    check(
        tally,
        Judgement::RollBack,
        &expect![[r#"
            roll back: in 5 min this was refused because of prod-a/allow-prod, while 2 connections of namespace prod-a came through
              4 packets dropped: namespace ops-utils has no label env
            to roll back:
              kubectl delete networkpolicy -n prod-a allow-prod
            or apply its former version again, if it had one; or mend what it refuses, as told above
            but these pods are isolated by prod-a/default-deny too, which goes on to refuse what it does not admit
        "#]],
    );
}

#[test]
fn a_policy_that_isolates_is_to_blame_though_another_came_nearer() {
    let mut deny = tally("default-deny");
    deny.caught_up("node-a".to_owned());
    assert!(deny.cause("node-a", &cause(1)));
    let mut other = tally("allow-monitoring");
    other.caught_up("node-a".to_owned());
    assert!(!other.cause("node-a", &cause(1)));
    other.came_through("node-a", 1);
    assert_eq!((verdict(deny), verdict(other)), (Judgement::RollBack, Judgement::Go));
}

#[test]
fn where_nothing_is_refused_and_something_came_through_it_goes() {
    let mut tally = tally("allow-prod");
    tally.cause("node-a", &cause(10));
    tally.caught_up("node-a".to_owned());
    tally.came_through("node-a", 1);
    check(
        tally,
        Judgement::Go,
        &expect![[r#"
        go: nothing was refused because of prod-a/allow-prod in 5 min, while 1 connection of namespace prod-a came through
        1 cause of it known before, of which nothing was seen since: `netobs causes -n prod-a`
    "#]],
    );
}

#[test]
fn where_nothing_was_seen_nothing_is_said() {
    let mut silent = tally("allow-prod");
    silent.came_through("node-a", 1);
    check(
        silent,
        Judgement::NothingSeen,
        &expect![[r#"
        no verdict: 1 agent did not tell what is refused there
    "#]],
    );
    let mut idle = tally("allow-prod");
    idle.caught_up("node-a".to_owned());
    check(
        idle,
        Judgement::NothingSeen,
        &expect![[r#"
        no verdict: no connection of namespace prod-a was seen in 5 min; watch for longer (--for)
    "#]],
    );
}

#[test]
fn what_passes_though_it_is_not_admitted_is_no_success() {
    let mut tally = tally("allow-prod");
    tally.caught_up("node-a".to_owned());
    tally.came_through("node-a", 1);
    let passed = Cause {
        kind: CauseKind::NotEnforced.into(),
        passed: 3,
        ..cause(0)
    };
    tally.cause("node-a", &passed);
    check(
        tally,
        Judgement::NotEnforced,
        &expect![[r#"
        no verdict: nobody enforces prod-a/allow-prod: in 5 min this passed, which it does not admit; `netobs check` says more
          3 connections passed: namespace ops-utils has no label env
    "#]],
    );
}

#[test]
fn an_agent_that_was_started_anew_counts_from_nothing() {
    let mut tally = tally("allow-prod");
    tally.cause("node-a", &cause(10));
    tally.caught_up("node-a".to_owned());
    tally.cause("node-a", &cause(2));
    let outcome = tally.outcome(Duration::from_mins(5));
    let packets: Vec<_> = outcome.causes.iter().map(|(_, toll)| toll.packets).collect();
    assert_eq!(packets, [2]);
}

#[test]
fn a_policy_is_named_with_its_namespace() {
    for text in ["", "allow-prod", "/allow-prod", "prod-a/", "prod-a/allow/prod"] {
        let error = text.parse::<Named>().unwrap_err();
        assert!(error.to_string().contains("NAMESPACE/NAME"), "{text}");
    }
}
