//! Each way to write each kind of flow.
use expect_test::{Expect, expect};
use netobs_api::v1::{
    DirectionExplanation, EndpointKind, Explanation, Flow, Ground, Judgement, LostPlace, Outcome, Phase, Protocol,
    SubscribeResponse, Verdict,
};

use super::{
    super::{Format, Shape},
    messages::{answer, dropped, forwarded, lost, other, through_service},
};
use crate::show::{Paint, View};

fn shown(shape: Shape, answers: &[SubscribeResponse]) -> String {
    let mut format = Format::new(shape, View::plain());
    let lines = answers.iter().flat_map(|answer| format.lines(answer).unwrap());
    lines.map(|line| line + "\n").collect()
}

fn check(shape: Shape, answers: &[SubscribeResponse], expected: &Expect) {
    expected.assert_eq(&shown(shape, answers));
}

fn compact(flow: Flow, expected: &Expect) {
    check(Shape::Compact, &[answer(flow)], expected);
}

#[test]
fn a_flow_is_one_line() {
    compact(
        forwarded(),
        &expect![[r#"
        10:01:58.123  shop/web:40000 -> shop/db:5432  TCP  FORWARDED
    "#]],
    );
}

#[test]
fn a_drop_names_the_kernels_reason_and_what_was_lacking() {
    compact(
        dropped(),
        &expect![[r#"
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  NETFILTER_DROP  namespace ops-utils has no label env; env=prod is wanted (NetworkPolicy prod-a/allow-prod)
    "#]],
    );
}

#[test]
fn the_service_that_was_asked_for_is_named() {
    compact(
        through_service(forwarded()),
        &expect![[r#"
        10:01:58.123  shop/web:40000 -> shop/db:5432 (service shop/db)  TCP  FORWARDED
    "#]],
    );
}

#[test]
fn a_flow_that_ended_tells_what_it_came_to() {
    let phase = Phase::Closed.into();
    compact(
        Flow { phase, ..forwarded() },
        &expect![[r#"
        10:01:58.123  shop/web:40000 -> shop/db:5432  TCP  FORWARDED  closed: 7 packets sent, 5 back
    "#]],
    );
    compact(
        Flow { phase, ..dropped() },
        &expect![[r#"
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  NETFILTER_DROP  namespace ops-utils has no label env; env=prod is wanted (NetworkPolicy prod-a/allow-prod)  closed: 7 packets sent, 0 back, 3 dropped
    "#]],
    );
}

#[test]
fn each_kind_of_end_is_written_so_that_it_cannot_be_taken_for_another() {
    let ends = [
        other(EndpointKind::Node, "node-b", "192.168.0.2"),
        other(EndpointKind::Node, "", "192.168.0.3"),
        other(EndpointKind::World, "", "8.8.8.8"),
        other(EndpointKind::World, "", "2001:db8::1"),
        other(EndpointKind::Unknown, "", "10.244.9.9"),
        netobs_api::v1::Endpoint {
            namespace: "shop".to_owned(),
            ..other(EndpointKind::Service, "db", "10.96.0.3")
        },
    ];
    let flows = ends.map(|end| Flow {
        source: Some(end.clone()),
        destination: Some(end),
        ..forwarded()
    });
    check(
        Shape::Compact,
        &flows.map(answer),
        &expect![[r#"
        10:01:58.123  node node-b:40000 -> node node-b:5432  TCP  FORWARDED
        10:01:58.123  node 192.168.0.3:40000 -> node 192.168.0.3:5432  TCP  FORWARDED
        10:01:58.123  world 8.8.8.8:40000 -> world 8.8.8.8:5432  TCP  FORWARDED
        10:01:58.123  world [2001:db8::1]:40000 -> world [2001:db8::1]:5432  TCP  FORWARDED
        10:01:58.123  unknown 10.244.9.9:40000 -> unknown 10.244.9.9:5432  TCP  FORWARDED
        10:01:58.123  service shop/db:40000 -> service shop/db:5432  TCP  FORWARDED
    "#]],
    );
}

#[test]
fn what_has_no_ports_is_shown_without() {
    let icmp = |protocol: Protocol, number| Flow {
        protocol: protocol.into(),
        protocol_number: number,
        ..forwarded()
    };
    let flows = [
        icmp(Protocol::Icmp, 1),
        icmp(Protocol::Icmpv6, 58),
        icmp(Protocol::Other, 47),
        Flow {
            source_ports_merged: true,
            ..icmp(Protocol::Udp, 17)
        },
    ];
    check(
        Shape::Compact,
        &flows.map(answer),
        &expect![[r#"
        10:01:58.123  shop/web -> shop/db  ICMP  FORWARDED
        10:01:58.123  shop/web -> shop/db  ICMPv6  FORWARDED
        10:01:58.123  shop/web -> shop/db  protocol 47  FORWARDED
        10:01:58.123  shop/web -> shop/db:5432  UDP  FORWARDED
    "#]],
    );
}

#[test]
fn each_judgement_says_no_more_than_is_known() {
    let flows = [
        (Verdict::Unanswered, Judgement::PerhapsRefused),
        (Verdict::Forwarded, Judgement::NotEnforced),
        (Verdict::Dropped, Judgement::NoPolicy),
        (Verdict::Dropped, Judgement::DroppedThoughAdmitted),
        (Verdict::Dropped, Judgement::Settling),
        (Verdict::Seen, Judgement::Plain),
    ];
    let flows = flows.map(|(verdict, judgement)| Flow {
        verdict: verdict.into(),
        judgement: judgement.into(),
        drops: vec![],
        ..dropped()
    });
    check(
        Shape::Compact,
        &flows.map(answer),
        &expect![[r#"
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  UNANSWERED  perhaps refused: namespace ops-utils has no label env; env=prod is wanted (NetworkPolicy prod-a/allow-prod)
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  FORWARDED  passed, though policies do not admit it: namespace ops-utils has no label env; env=prod is wanted (NetworkPolicy prod-a/allow-prod)
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  not by a policy
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  though policies admit it
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  policies or labels have only just changed
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  SEEN
    "#]],
    );
}

#[test]
fn a_denial_a_lack_of_any_rule_and_a_lack_of_knowledge_are_told_apart() {
    let policies = dropped().explanation.unwrap().ingress.unwrap().policies;
    let explained = |judgement: Judgement, direction: DirectionExplanation| Flow {
        judgement: judgement.into(),
        explanation: Some(Explanation {
            egress: Some(direction),
            ..Explanation::default()
        }),
        ..dropped()
    };
    let refused = DirectionExplanation {
        outcome: Outcome::DoesNotAdmit.into(),
        ground: Ground::NoRuleAdmits.into(),
        policies: policies.clone(),
        ..DirectionExplanation::default()
    };
    let denied = DirectionExplanation {
        ground: Ground::Denied.into(),
        rule: Some(netobs_api::v1::RuleRef {
            policy: policies.into_iter().next(),
            ..netobs_api::v1::RuleRef::default()
        }),
        ..refused.clone()
    };
    let unknown = DirectionExplanation {
        outcome: Outcome::Undecidable.into(),
        missing: "the address of prod-a/api".to_owned(),
        ..DirectionExplanation::default()
    };
    let flows = [
        explained(Judgement::Refused, refused),
        explained(Judgement::Refused, denied),
        explained(Judgement::Undecidable, unknown),
    ];
    check(
        Shape::Compact,
        &flows.map(answer),
        &expect![[r#"
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  NETFILTER_DROP  no rule of NetworkPolicy prod-a/allow-prod is for it
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  NETFILTER_DROP  denied by NetworkPolicy prod-a/allow-prod
        10:01:58.123  ops-utils/job:40000 -> prod-a/api:8080  TCP  DROPPED  NETFILTER_DROP  policies cannot be evaluated: the address of prod-a/api is not known
    "#]],
    );
}

#[test]
fn losses_are_told_in_their_place() {
    let places = [
        LostPlace::Kernel,
        LostPlace::FlowTable,
        LostPlace::Output,
        LostPlace::Subscriber,
    ];
    let mut answers = vec![answer(forwarded())];
    answers.extend(places.map(|place| lost(place, 312)));
    answers.push(lost(LostPlace::Unspecified, 1));
    check(
        Shape::Compact,
        &answers,
        &expect![[r#"
            10:01:58.123  shop/web:40000 -> shop/db:5432  TCP  FORWARDED
            -- node-a: 312 packets not told apart by the kernel's programs --
            -- node-a: 312 flows lost: more connections than the agent keeps --
            -- node-a: 312 flows lost: the agent did not come to them --
            -- node-a: 312 flows lost: told faster than they were taken --
            -- node-a: 1 flow lost --
        "#]],
    );
}

#[test]
fn a_table_has_one_head() {
    let answers = [answer(forwarded()), lost(LostPlace::Subscriber, 2), answer(dropped())];
    check(
        Shape::Table,
        &answers,
        &expect![[r#"
            TIME          SOURCE                        DESTINATION                   PROTOCOL  VERDICT     REASON          WHY
            10:01:58.123  shop/web:40000                shop/db:5432                  TCP       forwarded
            -- node-a: 2 flows lost: told faster than they were taken --
            10:01:58.123  ops-utils/job:40000           prod-a/api:8080               TCP       dropped     NETFILTER_DROP  namespace ops-utils has no label env; env=prod is wanted (NetworkPolicy prod-a/allow-prod)
        "#]],
    );
    check(
        Shape::Wide,
        &answers,
        &expect![[r#"
            TIME          NODE    ID      PHASE    SOURCE                        SOURCE-ADDRESS  SOURCE-WORKLOAD  DESTINATION                   DESTINATION-ADDRESS  DESTINATION-WORKLOAD  PROTOCOL  VERDICT     EVIDENCE       REASON          SENT/BACK/DROPPED  POLICIES        CAUSES  WHY
            10:01:58.123  node-a  7       opened   shop/web:40000                10.244.0.5      Deployment/web   shop/db:5432                  10.244.0.6           Deployment/db         TCP       forwarded   replied        -               7/5/0              admits          -
            -- node-a: 2 flows lost: told faster than they were taken --
            10:01:58.123  node-a  7       opened   ops-utils/job:40000           10.244.1.9      Deployment/job   prod-a/api:8080               10.244.0.7           Deployment/api        TCP       dropped     kernel-reason  NETFILTER_DROP  7/0/3              does-not-admit  3       namespace ops-utils has no label env; env=prod is wanted (NetworkPolicy prod-a/allow-prod)
        "#]],
    );
}

#[test]
fn json_is_the_contracts_own_a_line_each() {
    let answers = [answer(forwarded()), lost(LostPlace::Subscriber, 2)];
    let text = shown(Shape::Json, &answers);
    let read: Vec<SubscribeResponse> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, answers);
    expect![[r#"{"nodeName":"node-a","lost":{"place":"LOST_PLACE_SUBSCRIBER","count":"2"}}"#]]
        .assert_eq(text.lines().last().unwrap());
}

#[test]
fn colours_are_only_around_words_and_a_terminal_is_steered_by_nobody_else() {
    let mut view = View::plain();
    view.paint = Paint::new(true);
    let mut flow = dropped();
    flow.explanation.as_mut().unwrap().ingress.as_mut().unwrap().attempts[0].mismatches[0].text = "\x1b[2Jgone".into();
    let lines = Format::new(Shape::Compact, view).lines(&answer(flow)).unwrap();
    expect!["^[2m10:01:58.123^[0m  ops-utils/job:40000 -> prod-a/api:8080  TCP  ^[1;31mDROPPED^[0m  NETFILTER_DROP   [2Jgone (NetworkPolicy prod-a/allow-prod)"].assert_eq(&lines[0].replace('\x1b', "^"));
}
