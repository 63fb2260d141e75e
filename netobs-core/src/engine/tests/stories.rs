//! The stories that netobs is for.
use expect_test::expect;

use super::*;
use crate::{
    change::Namespace,
    fixtures::{labels, namespaces, on_port, pods, policy},
    policy::Rule,
};

/// Two namespaces of production that admit each other by label, one of operations, and name servers.
pub(super) fn shop() -> Vec<Change> {
    vec![
        namespace("prod-a", "env=prod"),
        namespace("prod-b", "env=prod"),
        namespace("ops-utils", ""),
        namespace("kube-system", ""),
        applied(pod("prod-a/api-0", "10.244.0.10", "app=api")),
        applied(pod("prod-b/web-0", "10.244.0.11", "app=web")),
        applied(pod("ops-utils/backup-0", "10.244.0.12", "app=backup")),
        applied(pod("kube-system/dns-0", "10.244.0.53", "k8s-app=kube-dns")),
        policy("prod-a/allow-prod", Some(vec![namespaces("env=prod")]), None),
    ]
}

#[test]
fn a_new_namespace_lacks_the_label_that_a_policy_wants() {
    let mut story = Story::of(shop());
    story
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 3)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 4);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8080 Forwarded, Plain
        10:00:02 ops-utils/backup-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 3 packets dropped, 2026-03-01T10:00:02Z to 2026-03-01T10:00:02Z
          from StatefulSet ops-utils/backup (3)
          to StatefulSet prod-a/api (3) on 8080/TCP (3)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
        10:00:04 ops-utils/backup-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 7 packets dropped, 2026-03-01T10:00:02Z to 2026-03-01T10:00:04Z
          from StatefulSet ops-utils/backup (7)
          to StatefulSet prod-a/api (7) on 8080/TCP (7)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]]
    .assert_eq(story.read());
}

#[test]
fn the_suggested_label_mends_the_cause() {
    let mut story = Story::of(shop());
    story
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 3)
        .tell(&namespace("ops-utils", "env=prod"))
        .after(2)
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080);
    expect![[r#"
        10:00:00 ops-utils/backup-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 3 packets dropped, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z
          from StatefulSet ops-utils/backup (3)
          to StatefulSet prod-a/api (3) on 8080/TCP (3)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          mended at 2026-03-01T10:00:02Z; 3 packets dropped, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z
          from StatefulSet ops-utils/backup (3)
          to StatefulSet prod-a/api (3) on 8080/TCP (3)
        10:00:04 ops-utils/backup-0 to prod-a/api-0:8080 Forwarded, Plain
    "#]]
    .assert_eq(story.read());
}

#[test]
fn a_label_was_removed_from_a_namespace_that_worked_for_weeks() {
    let mut story = Story::of(shop());
    story
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .after(116)
        .tell(&namespace("prod-b", ""))
        .after(1)
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 5);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8080 Forwarded, Plain
        10:01:59 prod-b/web-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace prod-b has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active since the label was lost at 2026-03-01T10:01:58Z; 5 packets dropped, 2026-03-01T10:01:59Z to 2026-03-01T10:01:59Z
          from StatefulSet prod-b/web (5)
          to StatefulSet prod-a/api (5) on 8080/TCP (5)
          hint: "prod" was there until 2026-03-01T10:01:58Z
          kubectl label namespace prod-b env=prod
          also opens: prod-b/web-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]].assert_eq(story.read());
}

#[test]
fn a_key_was_mistyped() {
    let mut story = Story::of(shop());
    story
        .tell(&namespace("ops-utils", "enviroment=prod"))
        .tell(&policy(
            "prod-a/allow-prod",
            Some(vec![namespaces("environment=prod")]),
            None,
        ))
        .after(20)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 1);
    expect![[r#"
        10:00:20 ops-utils/backup-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace ops-utils has no label environment; NetworkPolicy prod-a/allow-prod wants environment=prod
          active; 1 packet dropped, 2026-03-01T10:00:20Z to 2026-03-01T10:00:20Z
          from StatefulSet ops-utils/backup (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          hint: it has enviroment=prod, perhaps misspelt
          hint: no namespace in the cluster has environment=prod
          kubectl label namespace ops-utils environment=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]]
    .assert_eq(story.read());
}

#[test]
fn a_label_was_put_as_an_annotation() {
    let mut story = Story::of(shop());
    let annotated = Namespace {
        name: "ops-utils".into(),
        labels: labels("kubernetes.io/metadata.name=ops-utils"),
        annotations: labels("env=prod"),
    };
    story
        .tell(&Change::Applied(Object::Namespace(Arc::new(annotated))))
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 1);
    expect![[r#"
        10:00:00 ops-utils/backup-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 1 packet dropped, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z
          from StatefulSet ops-utils/backup (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          hint: "prod" is there as an annotation, which selectors do not see
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]]
    .assert_eq(story.read());
}

#[test]
fn default_deny_came_without_name_resolution() {
    let mut story = Story::of(shop());
    story
        .tell(&policy("ops-utils/default-deny", Some(vec![]), Some(vec![])))
        .tell(&applied(pod("ops-utils/report-0", "10.244.0.13", "")))
        .after(60)
        .drop("ops-utils/backup-0", "kube-system/dns-0", 53, 2)
        .drop("ops-utils/report-0", "kube-system/dns-0", 53, 2);
    expect![[r#"
        10:01:00 ops-utils/backup-0 to kube-system/dns-0:53 Dropped, Refused, cause 1
        namespace ops-utils may not ask for names: egress is isolated by NetworkPolicy ops-utils/default-deny
          active; 2 packets dropped, 2026-03-01T10:01:00Z to 2026-03-01T10:01:00Z
          from StatefulSet ops-utils/backup (2)
          to StatefulSet kube-system/dns (2) on 53/UDP (2)
          hint: this is DNS; without it the source resolves no names at all
          kubectl patch networkpolicy -n ops-utils default-deny --type=json -p '[{"op":"add","path":"/spec/egress","value":[{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}],"ports":[{"protocol":"UDP","port":53}]}]}]'
        10:01:02 ops-utils/report-0 to kube-system/dns-0:53 Dropped, Refused, cause 1
        namespace ops-utils may not ask for names: egress is isolated by NetworkPolicy ops-utils/default-deny
          active; 4 packets dropped, 2026-03-01T10:01:00Z to 2026-03-01T10:01:02Z
          from StatefulSet ops-utils/backup (2), StatefulSet ops-utils/report (2)
          to StatefulSet kube-system/dns (4) on 53/UDP (4)
          hint: this is DNS; without it the source resolves no names at all
          kubectl patch networkpolicy -n ops-utils default-deny --type=json -p '[{"op":"add","path":"/spec/egress","value":[{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}],"ports":[{"protocol":"UDP","port":53}]}]}]'
    "#]].assert_eq(story.read());
}

#[test]
fn a_port_was_forgotten() {
    let mut story = Story::of(shop());
    let to_api = on_port(pods("prod-a", "app=api"), Protocol::Tcp, 8080);
    story
        .tell(&policy("prod-b/to-api", None, Some(vec![to_api, dns()])))
        .after(60)
        .drop("prod-b/web-0", "prod-a/api-0", 9090, 2);
    expect![[r#"
        10:01:00 prod-b/web-0 to prod-a/api-0:9090 Dropped, Refused, cause 1
        StatefulSet prod-b/web to StatefulSet prod-a/api on 9090/TCP: egress rules of NetworkPolicy prod-b/to-api are for other ports
          active; 2 packets dropped, 2026-03-01T10:01:00Z to 2026-03-01T10:01:00Z
          from StatefulSet prod-b/web (2)
          to StatefulSet prod-a/api (2) on 9090/TCP (2)
          hint: ingress is admitted and egress is not; both are needed
          kubectl patch networkpolicy -n prod-b to-api --type=json -p '[{"op":"add","path":"/spec/egress/0/ports/-","value":{"protocol":"TCP","port":9090}}]'
          also opens: all pods of prod-b to everybody whom egress rule 1 is for on 9090/TCP (NetworkPolicy prod-b/to-api)
    "#]].assert_eq(story.read());
}

fn dns() -> Rule {
    on_port(pods("kube-system", "k8s-app=kube-dns"), Protocol::Udp, 53)
}

#[test]
fn ingress_was_allowed_and_egress_forgotten() {
    let mut story = Story::of(shop());
    story
        .tell(&policy("prod-b/only-dns", None, Some(vec![dns()])))
        .after(60)
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 2);
    expect![[r#"
        10:01:00 prod-b/web-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        StatefulSet prod-b/web to StatefulSet prod-a/api on 8080/TCP: no egress rule of NetworkPolicy prod-b/only-dns is for it
          active; 2 packets dropped, 2026-03-01T10:01:00Z to 2026-03-01T10:01:00Z
          from StatefulSet prod-b/web (2)
          to StatefulSet prod-a/api (2) on 8080/TCP (2)
          hint: ingress is admitted and egress is not; both are needed
          kubectl patch networkpolicy -n prod-b only-dns --type=json -p '[{"op":"add","path":"/spec/egress/-","value":{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"prod-a"}},"podSelector":{"matchLabels":{"app":"api"}}}],"ports":[{"protocol":"TCP","port":8080}]}}]'
    "#]].assert_eq(story.read());
}

#[test]
fn a_policy_is_enforced_by_nobody() {
    let mut story = Story::of(shop());
    story
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080)
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080);
    expect![[r#"
        10:00:00 ops-utils/backup-0 to prod-a/api-0:8080 Forwarded, NotEnforced, cause 1
        nobody enforces NetworkPolicy prod-a/allow-prod: StatefulSet ops-utils/backup to StatefulSet prod-a/api on 8080/TCP passed
          active; 1 connection passed, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z
          from StatefulSet ops-utils/backup (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
        10:00:02 ops-utils/backup-0 to prod-a/api-0:8080 Forwarded, NotEnforced, cause 1
        nobody enforces NetworkPolicy prod-a/allow-prod: StatefulSet ops-utils/backup to StatefulSet prod-a/api on 8080/TCP passed
          active; 2 connections passed, 2026-03-01T10:00:00Z to 2026-03-01T10:00:02Z
          from StatefulSet ops-utils/backup (2)
          to StatefulSet prod-a/api (2) on 8080/TCP (2)
    "#]].assert_eq(story.read());
}

#[test]
fn a_drop_is_no_policys_doing() {
    let mut story = Story::of(shop());
    story
        .drop_for(NO_SOCKET, "prod-b/web-0", "prod-a/api-0", 8081, 1)
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 1);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8081 Dropped, NoPolicy
        10:00:02 prod-b/web-0 to prod-a/api-0:8080 Dropped, DroppedThoughAdmitted, cause 1
        StatefulSet prod-b/web to StatefulSet prod-a/api on 8080/TCP was dropped, though policies admit it
          active; 1 packet dropped, 2026-03-01T10:00:02Z to 2026-03-01T10:00:02Z
          from StatefulSet prod-b/web (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
    "#]]
    .assert_eq(story.read());
}

#[test]
fn silence_is_no_proof_of_a_drop() {
    let mut story = Story::of(shop());
    story
        .silence("ops-utils/backup-0", "prod-a/api-0", 8080)
        .silence("prod-b/web-0", "prod-a/api-0", 8080);
    expect![[r#"
        10:00:01 ops-utils/backup-0 to prod-a/api-0:8080 Unanswered, PerhapsRefused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 1 connection never answered, 2026-03-01T10:00:00Z to 2026-03-01T10:00:01Z
          from StatefulSet ops-utils/backup (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
        10:00:03 prod-b/web-0 to prod-a/api-0:8080 Unanswered, Plain
    "#]]
    .assert_eq(story.read());
}

#[test]
fn a_mended_cause_comes_back_when_the_label_goes_again() {
    let mut story = Story::of(shop());
    story
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 3)
        .tell(&namespace("ops-utils", "env=prod"))
        .after(60)
        .tell(&namespace("ops-utils", ""))
        .after(1)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 2);
    let lines = story.read().lines().filter(|line| line.contains("packets dropped"));
    let states = lines.map(str::trim);
    expect![[r#"
          active; 3 packets dropped, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z
          mended at 2026-03-01T10:00:02Z; 3 packets dropped, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z
          active since the label was lost at 2026-03-01T10:01:02Z; 5 packets dropped, 2026-03-01T10:00:00Z to 2026-03-01T10:01:03Z"#]].assert_eq(&states.collect::<Vec<_>>().join("\n"));
}

#[test]
fn ports_that_no_policy_tells_apart_are_judged_together() {
    let mut story = Story::of(shop());
    for port in 1..=5_200 {
        let scanned = Event::Drop(story.dropped(NETFILTER, "ops-utils/backup-0", "prod-a/api-0", port, 1));
        story.engine.handle_event(&scanned);
    }
    story.after(2);
    assert_eq!(story.engine.judge.len(), 3, "those below 53, that, and those above it");
}

#[test]
fn a_port_scan_hides_no_lost_label() {
    let to_web = on_port(namespaces("env=prod"), Protocol::Tcp, 8080);
    let mut story = Story::of(
        shop()
            .into_iter()
            .chain([policy("prod-a/allow-prod", Some(vec![to_web]), None)]),
    );
    for port in 1..=5_200 {
        let scanned = Event::Drop(story.dropped(NETFILTER, "prod-b/web-0", "prod-a/api-0", port, 1));
        story.engine.handle_event(&scanned);
    }
    story.after(2).tell(&namespace("prod-b", "")).after(2);
    story.drop("prod-b/web-0", "prod-a/api-0", 8080, 1);
    let causes = story.engine.causes();
    let headlines: Vec<_> = causes.iter().map(render::cause_headline).collect();
    assert_eq!(causes.iter().len(), 16 + 3, "{headlines:#?}");
    let lost = causes.iter().find(|cause| cause.key.kind == cause::Kind::Label);
    assert!(matches!(
        lost.map(|cause| cause.state),
        Some(cause::State::Drifted { .. })
    ));
    assert!(
        story
            .read()
            .lines()
            .any(|line| line.ends_with("8080 Dropped, Refused, cause 19"))
    );
    let told: u64 = causes.iter().map(|cause| cause.toll.dropped.packets).sum();
    assert_eq!(told, 5_200 + 1);
    let further = causes.iter().find(|cause| cause.id.0 == 17).unwrap();
    let text = render::cause(further, &story.engine.suggest(further));
    let first = "StatefulSet prod-b/web to StatefulSet prod-a/api on further ports: \
                 ingress rules of NetworkPolicy prod-a/allow-prod are for other ports\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("others (5119)"), "{text}");
}
