//! The stories that netobs is for.
use expect_test::expect;

use super::*;
use crate::{
    change::Namespace,
    fixtures::{labels, namespaces, on_port, pods, policy},
    policy::Rule,
};

/// Two namespaces of production that admit each other by label, one of operations, and name servers.
fn shop() -> Vec<Change> {
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
    expect![[""]].assert_eq(story.read());
}

#[test]
fn the_suggested_label_mends_the_cause() {
    let mut story = Story::of(shop());
    story
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 3)
        .tell(namespace("ops-utils", "env=prod"))
        .after(2)
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn a_label_was_removed_from_a_namespace_that_worked_for_weeks() {
    let mut story = Story::of(shop());
    story
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .after(116)
        .tell(namespace("prod-b", ""))
        .after(1)
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 5);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn a_key_was_mistyped() {
    let mut story = Story::of(shop());
    story
        .tell(namespace("ops-utils", "evn=prod"))
        .after(20)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 1);
    expect![[""]].assert_eq(story.read());
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
        .tell(Change::Applied(Object::Namespace(Arc::new(annotated))))
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 1);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn default_deny_came_without_name_resolution() {
    let mut story = Story::of(shop());
    story
        .tell(policy("ops-utils/default-deny", Some(vec![]), Some(vec![])))
        .tell(applied(pod("ops-utils/report-0", "10.244.0.13", "")))
        .after(60)
        .drop("ops-utils/backup-0", "kube-system/dns-0", 53, 2)
        .drop("ops-utils/report-0", "kube-system/dns-0", 53, 2);
    expect![[""]].assert_eq(story.read());
}

fn to_api() -> Rule {
    on_port(pods("prod-a", "app=api"), Protocol::Tcp, 8080)
}

#[test]
fn ingress_was_allowed_and_egress_forgotten() {
    let mut story = Story::of(shop());
    story
        .tell(policy("prod-b/only-out", None, Some(vec![to_api()])))
        .tell(policy("prod-b/other-egress", None, Some(vec![pods("prod-b", "")])))
        .after(60)
        .drop("prod-b/web-0", "prod-a/api-0", 9090, 2);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn a_policy_is_enforced_by_nobody() {
    let mut story = Story::of(shop());
    story
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080)
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn a_drop_is_no_policys_doing() {
    let mut story = Story::of(shop());
    story
        .drop_for(NO_SOCKET, "prod-b/web-0", "prod-a/api-0", 8081, 1)
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 1);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn silence_is_no_proof_of_a_drop() {
    let mut story = Story::of(shop());
    story
        .silence("ops-utils/backup-0", "prod-a/api-0", 8080)
        .silence("prod-b/web-0", "prod-a/api-0", 8080);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn policies_that_changed_a_moment_ago_are_not_blamed_for_what_is_still_as_before() {
    let mut story = Story::of(shop());
    story
        .tell(policy("prod-b/default-deny", None, Some(vec![])))
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .tell(policy("prod-b/default-deny", None, Some(vec![namespaces("")])))
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 1);
    expect![[""]].assert_eq(story.read());
}

#[test]
fn a_pod_is_replaced_and_its_address_given_to_another_namespace() {
    let mut story = Story::of(shop());
    let mut thief = pod("ops-utils/thief-0", "10.244.0.11", "");
    thief.started = Some(at(MORNING + 5));
    story
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .tell(crate::fixtures::deleted("web-0"))
        .after(1)
        .drop("10.244.0.11", "prod-a/api-0", 8080, 1)
        .tell(applied(thief))
        .after(1)
        .drop("10.244.0.11", "prod-a/api-0", 8080, 1);
    expect![[""]].assert_eq(story.read());
}
