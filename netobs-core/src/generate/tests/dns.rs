//! Which name servers are admitted.
use expect_test::expect;

use super::{check, full, generate, text};
use crate::{
    event::Protocol,
    generate::{Phase, Request, Status},
    inventory::{By, Edge, Mark},
    scene::seen::{Seen, dns, dropped},
};

fn shop() -> Seen {
    Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("ops/cron", "app=cron", "")
        .workload("sys/dns", "k8s-app=kube-dns", "")
}

fn refused(edge: &mut Edge) {
    dns(edge);
    dropped(edge);
}

fn by_port(edge: &mut Edge) {
    edge.marks.add(Mark::Dns, By::Port);
}

#[test]
fn a_name_server_is_admitted_though_only_its_service_is_known() {
    let without_examples = |edge: &mut Edge| {
        dns(edge);
        edge.examples = std::iter::empty().collect();
    };
    for change in [dns, without_examples] {
        let seen = Seen::default()
            .workload("shop/web", "app=web", "")
            .edge_with("shop/web", "service sys/dns", Protocol::Udp, 53, 9, change)
            .edge_with("shop/web", "0.0.0.0/0", Protocol::Udp, 53, 9, dns);
        check(
            seen,
            &full(),
            &expect![[r#"
                default-deny: all
                  ingress
                  egress
                allow-dns: all
                  egress to everybody in kubernetes.io/metadata.name=sys: 53/UDP or 53/TCP
                  egress to 0.0.0.0/0: 53/UDP or 53/TCP
            "#]],
        );
    }
}

#[test]
fn a_name_server_is_admitted_whatever_became_of_the_questions() {
    for (times, change) in [(900, refused as fn(&mut Edge)), (1, dns)] {
        let listing = shop()
            .edge_with("shop/web", "sys/dns", Protocol::Udp, 53, times, change)
            .finish();
        for phase in [Phase::Dns, Phase::Baseline, Phase::Full] {
            let plan = generate(&listing, &Request { phase, ..full() });
            let text = text(&plan);
            assert!(
                text.contains("egress to k8s-app=kube-dns in kubernetes.io/metadata.name=sys: 53/UDP or 53/TCP"),
                "{text}"
            );
            assert!(plan.left_out.is_empty() && plan.knows_name_servers);
        }
    }
}

#[test]
fn where_nobody_of_the_namespace_asks_the_name_servers_of_others_are_admitted() {
    let seen = || {
        shop()
            .edge("shop/web", "203.0.113.7/32", 443, 9)
            .edge("shop/web", "sys/dns", 53, 9)
            .edge_with("ops/cron", "sys/dns", Protocol::Udp, 53, 9, refused)
            .edge_with("ops/cron", "198.51.100.1/32", Protocol::Udp, 53, 9, by_port)
    };
    check(
        seen(),
        &full(),
        &expect![[r#"
        default-deny: all
          ingress
          egress
        allow-dns: all
          egress to k8s-app=kube-dns in kubernetes.io/metadata.name=sys: 53/UDP or 53/TCP
        allow-web: app=web
          egress to 203.0.113.7/32: 443/TCP
    "#]],
    );
    let listing = seen().finish();
    let plan = generate(&listing, &full());
    let rule = plan
        .drafts
        .iter()
        .flat_map(|draft| draft.egress.iter().flatten())
        .find(|rule| rule.status == Status::Open)
        .unwrap();
    assert!(
        rule.edges
            .iter()
            .all(|edge| listing.edges[*edge].key.source.namespace().unwrap() == "ops")
    );
}

#[test]
fn what_only_the_port_says_is_believed_when_it_answers_and_nothing_surer_is_known() {
    let seen = |change: fn(&mut Edge)| {
        shop()
            .edge_with("ops/cron", "198.51.100.1/32", Protocol::Udp, 53, 9, change)
            .edge("shop/web", "sys/dns", 80, 9)
    };
    check(
        seen(by_port),
        &Request {
            phase: Phase::Baseline,
            ..full()
        },
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-dns: all
              egress to 198.51.100.1/32: 53/UDP or 53/TCP
        "#]],
    );
    let plan = generate(
        &seen(|edge| {
            by_port(edge);
            dropped(edge);
        })
        .finish(),
        &full(),
    );
    assert!(!plan.knows_name_servers);
}
