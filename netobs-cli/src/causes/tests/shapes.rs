//! Each way to write each kind of cause.
use expect_test::{Expect, expect};
use netobs_api::v1::{AffectedParty, AffectedPort, Cause, CauseKind, Count, HintKind};

use super::{
    super::{Joined, Shape, shown},
    messages::{affected, drifted, mended, missing_label, of_kind, port, with_hint},
};
use crate::show::{Paint, View};

fn check(shape: Shape, causes: &[Cause], expected: &Expect) {
    let causes: Vec<_> = causes.iter().map(|cause| Joined::of("node-a", cause.clone())).collect();
    expected.assert_eq(&shown(&causes, shape, &View::plain()));
}

#[test]
fn a_missing_label_comes_with_the_command_that_mends_it() {
    check(
        Shape::Text,
        &[missing_label()],
        &expect![[r#"
            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              active; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a
              to mend it:
                kubectl label namespace ops-utils env=prod
                  also opens: ops-utils/backup to all pods of prod-a on 8080/TCP
        "#]],
    );
}

#[test]
fn wide_tells_every_way_to_mend_it() {
    check(
        Shape::Wide,
        &[missing_label()],
        &expect![[r#"
            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              active; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a (cause 3)
              to mend it:
                kubectl label namespace ops-utils env=prod
                  also opens: ops-utils/backup to all pods of prod-a on 8080/TCP
              or:
                kubectl patch networkpolicy -n prod-a allow-prod …
        "#]],
    );
}

#[test]
fn a_label_that_was_there_is_told_with_until_when() {
    check(
        Shape::Text,
        &[drifted()],
        &expect![[r#"
            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              active since the label was lost at 10:01:57; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a
              hint: label env=prod was there until 10:01:57
              to mend it:
                kubectl label namespace ops-utils env=prod
                  also opens: ops-utils/backup to all pods of prod-a on 8080/TCP
        "#]],
    );
}

#[test]
fn what_is_mended_needs_no_command() {
    check(
        Shape::Text,
        &[mended()],
        &expect![[r#"
            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              mended at 10:06:58; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a
        "#]],
    );
}

#[test]
fn typos_and_annotations_are_told_as_hints() {
    let typo = with_hint(
        missing_label(),
        HintKind::NearKey,
        "it has enviroment=prod, perhaps misspelt",
    );
    let annotation = with_hint(
        missing_label(),
        HintKind::Annotation,
        "\"prod\" is there as an annotation, which selectors do not see",
    );
    check(
        Shape::Text,
        &[typo, annotation],
        &expect![[r#"
            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              active; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a
              hint: it has enviroment=prod, perhaps misspelt
              to mend it:
                kubectl label namespace ops-utils env=prod
                  also opens: ops-utils/backup to all pods of prod-a on 8080/TCP

            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              active; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a
              hint: "prod" is there as an annotation, which selectors do not see
              to mend it:
                kubectl label namespace ops-utils env=prod
                  also opens: ops-utils/backup to all pods of prod-a on 8080/TCP
        "#]],
    );
}

#[test]
fn each_kind_tells_what_was_counted_of_it() {
    let dns = of_kind(CauseKind::Dns, "Deployment shop/web may not ask for names");
    let not_enforced = Cause {
        dropped: Some(Count::default()),
        passed: 1,
        ..of_kind(
            CauseKind::NotEnforced,
            "nobody enforces NetworkPolicy prod-a/allow-prod",
        )
    };
    let unanswered = Cause {
        dropped: None,
        unanswered: 4,
        ..of_kind(CauseKind::Peer, "no ingress rule is for it")
    };
    check(
        Shape::Text,
        &[dns, not_enforced, unanswered],
        &expect![[r#"
            Deployment shop/web may not ask for names
              active; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a

            nobody enforces NetworkPolicy prod-a/allow-prod
              active; 1 connection passed, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a

            no ingress rule is for it
              active; 4 connections never answered, 10:01:58 to 10:05:58
              from Deployment ops-utils/job (312)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
              seen on node-a
        "#]],
    );
}

#[test]
fn those_that_are_not_told_apart_are_others() {
    let others = AffectedParty { party: None, count: 9 };
    let cause = Cause {
        sources: vec![affected("Deployment a/b", 1), others],
        ports: vec![
            port(80, 1),
            AffectedPort {
                count: 9,
                ..AffectedPort::default()
            },
        ],
        ..missing_label()
    };
    check(
        Shape::Table,
        std::slice::from_ref(&cause),
        &expect![[r#"
        LAST      KIND   STATE   COUNT                FROM                            TO                                                       WHAT
        10:05:58  label  active  312 packets dropped  Deployment a/b (1), others (9)  Deployment prod-a/api (300), Deployment prod-a/web (12)  namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
    "#]],
    );
    check(
        Shape::Text,
        &[cause],
        &expect![[r#"
            namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
              active; 312 packets dropped, 10:01:58 to 10:05:58
              from Deployment a/b (1), others (9)
              to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 80/TCP, others (9)
              seen on node-a
              to mend it:
                kubectl label namespace ops-utils env=prod
                  also opens: ops-utils/backup to all pods of prod-a on 8080/TCP
        "#]],
    );
}

#[test]
fn a_table_has_a_row_a_cause() {
    check(
        Shape::Table,
        &[
            missing_label(),
            mended(),
            of_kind(CauseKind::NoRule, "nothing is for it"),
        ],
        &expect![[r#"
            LAST      KIND     STATE   COUNT                FROM                            TO                                                       WHAT
            10:05:58  label    active  312 packets dropped  Deployment ops-utils/job (312)  Deployment prod-a/api (300), Deployment prod-a/web (12)  namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
            10:05:58  label    mended  312 packets dropped  Deployment ops-utils/job (312)  Deployment prod-a/api (300), Deployment prod-a/web (12)  namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
            10:05:58  no-rule  active  312 packets dropped  Deployment ops-utils/job (312)  Deployment prod-a/api (300), Deployment prod-a/web (12)  nothing is for it
        "#]],
    );
    check(Shape::Table, &[], &expect![[""]]);
}

#[test]
fn on_a_terminal_what_matters_is_in_colours() {
    let mut view = View::plain();
    view.paint = Paint::new(true);
    let text = shown(&[Joined::of("node-a", drifted())], Shape::Text, &view);
    expect![[r#"
        ^[1;31mnamespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod^[0m
          ^[33mactive since the label was lost at 10:01:57^[0m; 312 packets dropped, 10:01:58 to 10:05:58
          from Deployment ops-utils/job (312)
          to   Deployment prod-a/api (300), Deployment prod-a/web (12) on 8080/TCP
          seen on node-a
          ^[33mhint: label env=prod was there until 10:01:57^[0m
          to mend it:
            ^[36mkubectl label namespace ops-utils env=prod^[0m
              also opens: ops-utils/backup to all pods of prod-a on 8080/TCP
    "#]]
    .assert_eq(&text.replace('\x1b', "^"));
}
