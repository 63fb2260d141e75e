//! What is generated, for what was seen.
mod beside;
mod comments;
mod dns;
mod known;
mod properties;
mod text;

use expect_test::{Expect, expect};

use self::text::text;
use super::{Phase, Plan, Request, Why, generate};
use crate::{
    event::Protocol,
    fixtures::at,
    policy::{Direction, Peers, PortRange, Ports},
    render,
    scene::seen::{Seen, dns, dropped, monitoring},
};

#[test]
fn each_workload_is_named_by_labels_that_stay_and_tell_it_apart() {
    let seen = Seen::default()
        .workload("shop/web", "app=shop,component=web,pod-template-hash=1", "http:80")
        .workload("shop/api", "app=shop,component=api,version=7", "http:8080")
        .workload("shop/bare", "pod-template-hash=2", "")
        .edge("shop/web", "shop/api", 8080, 5)
        .edge("shop/bare", "shop/api", 8081, 5);
    check(
        seen,
        &full(),
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-api: app=shop,component=api
              ingress from everybody in shop: 8081/TCP
              ingress from app=shop,component=web in shop: http/TCP
            allow-bare: all
              egress to app=shop,component=api in shop: 8081/TCP
            allow-web: app=shop,component=web
              egress to app=shop,component=api in shop: http/TCP
        "#]],
    );
}

#[test]
fn name_servers_and_monitoring_have_policies_of_their_own() {
    let seen = Seen::default()
        .workload("shop/web", "app=web", "metrics:9100")
        .workload("shop/db", "app=db", "metrics:9187")
        .workload("sys/dns", "k8s-app=kube-dns", "dns:53")
        .workload("ops/prom", "app.kubernetes.io/name=prometheus", "")
        .edge_with("shop/web", "sys/dns", Protocol::Udp, 53, 9, dns)
        .edge_with("shop/db", "sys/dns", Protocol::Udp, 53, 9, dns)
        .edge_with("ops/prom", "shop/web", Protocol::Tcp, 9100, 9, monitoring)
        .edge_with("ops/prom", "shop/db", Protocol::Tcp, 9187, 9, monitoring)
        .edge("shop/web", "shop/db", 5432, 9);
    let listing = seen.finish();
    for (phase, expected) in [
        (
            Phase::Dns,
            expect![[r#"
                allow-dns: all
                  egress to k8s-app=kube-dns in kubernetes.io/metadata.name=sys: 53/UDP or 53/TCP
                  egress to everybody: any port
            "#]],
        ),
        (
            Phase::Baseline,
            expect![[r#"
                default-deny: all
                  ingress
                  egress
                allow-dns: all
                  egress to k8s-app=kube-dns in kubernetes.io/metadata.name=sys: 53/UDP or 53/TCP
                allow-same-namespace: all
                  ingress from everybody in shop: any port
                  egress to everybody in shop: any port
                allow-monitoring: all
                  ingress from app.kubernetes.io/name=prometheus in kubernetes.io/metadata.name=ops: 9100/TCP or 9187/TCP
            "#]],
        ),
    ] {
        let request = Request { phase, ..full() };
        expected.assert_eq(&text(&generate(&listing, &request)));
    }
}

#[test]
fn namespaces_are_named_by_the_label_that_is_wished_where_they_have_it() {
    let seen = || {
        Seen::default()
            .workload("shop/web", "app=web", "")
            .workload("ops/prom", "app=prom", "")
            .edge("ops/prom", "shop/web", 80, 9)
    };
    let wished = Request {
        namespace_labels: vec!["owner".into(), "team".into()],
        ..full()
    };
    check(
        seen(),
        &wished,
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-web: app=web
              ingress from app=prom in team=ops: 80/TCP
        "#]],
    );
}

#[test]
fn the_outside_and_nodes_are_named_by_address_and_blocks_at_the_same_ports_together() {
    let seen = Seen::default()
        .workload("shop/web", "app=web", "http:80")
        .edge("shop/web", "203.0.113.7/32", 443, 9)
        .edge("shop/web", "198.51.100.0/24", 443, 9)
        .edge("shop/web", "node-1", 6443, 9)
        .edge("203.0.113.9/32", "shop/web", 80, 9);
    check(
        seen,
        &full(),
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-web: app=web
              ingress from 203.0.113.9/32: http/TCP
              egress to 192.168.0.49/32: 6443/TCP
              egress to 198.51.100.0/24, 203.0.113.7/32: 443/TCP
        "#]],
    );
}

#[test]
fn a_block_does_not_stand_in_for_pods_whose_addresses_it_has() {
    let seen = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/api", "app=api", "http:8080")
        .edge("0.0.0.0/0", "shop/api", 8080, 9)
        .edge("203.0.113.7/32", "shop/api", 8080, 9)
        .edge("shop/web", "shop/api", 8080, 9);
    check(
        seen,
        &full(),
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-api: app=api
              ingress from app=web in shop: http/TCP
              ingress from 0.0.0.0/0: http/TCP
            allow-web: app=web
              egress to app=api in shop: http/TCP
        "#]],
    );
}

#[test]
fn what_was_dropped_or_seen_once_is_admitted_only_when_that_is_asked_for() {
    let seen = || {
        Seen::default()
            .workload("shop/web", "app=web", "")
            .workload("shop/api", "app=api", "")
            .edge("shop/web", "shop/api", 80, 1)
            .edge_with("shop/web", "shop/api", Protocol::Tcp, 81, 9, dropped)
    };
    let listing = seen().finish();
    let plan = generate(&listing, &full());
    let why: Vec<_> = plan.left_out.iter().map(|one| one.why).collect();
    assert_eq!(why, [Why::SeenOnce, Why::SeenOnce, Why::Dropped, Why::Dropped]);
    assert_eq!(
        plan.policies()
            .flat_map(|policy| policy.ingress)
            .map(|rules| rules.rules.len())
            .sum::<usize>(),
        0
    );
    let request = Request {
        seen_once: true,
        dropped: true,
        ..full()
    };
    check(
        seen(),
        &request,
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-api: app=api
              ingress from app=web in shop: 80/TCP or 81/TCP
            allow-web: app=web
              egress to app=api in shop: 80/TCP or 81/TCP
        "#]],
    );
}

#[test]
fn a_port_that_only_some_of_those_selected_have_a_name_for_is_told_by_its_number() {
    let seen = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/one", "", "http:80")
        .workload("shop/other", "", "")
        .edge("shop/web", "shop/one", 80, 9)
        .edge("shop/web", "shop/other", 80, 9);
    check(
        seen,
        &full(),
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-one: all
              ingress from app=web in shop: 80/TCP
            allow-web: app=web
              egress to everybody in shop: 80/TCP
        "#]],
    );
}

#[test]
fn what_was_last_seen_too_long_ago_is_not_looked_at() {
    let listing = Seen::default()
        .workload("shop/web", "app=web", "")
        .edge("shop/web", "203.0.113.7/32", 443, 9)
        .finish();
    let request = Request {
        since: Some(at(2_000)),
        ..full()
    };
    let plan = generate(&listing, &request);
    assert_eq!((plan.edges, plan.left_out.len(), plan.drafts.len()), (0, 0, 1));
}

fn full() -> Request {
    Request {
        namespace: "shop".into(),
        phase: Phase::Full,
        since: None,
        seen_once: false,
        dropped: false,
        open_inside: false,
        namespace_labels: Vec::new(),
    }
}

fn check(seen: Seen, request: &Request, expected: &Expect) {
    expected.assert_eq(&text(&generate(&seen.finish(), request)));
}
