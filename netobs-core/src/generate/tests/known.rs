//! Edges of which not all that they stand for was kept.
use super::*;
use crate::inventory::{Edge, Verdicts};

#[test]
fn rules_for_some_addresses_of_a_block_do_not_stand_for_it() {
    let seen = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/bare", "", "")
        .edge("shop/web", "203.0.113.0/24", 443, 9)
        .edge("shop/bare", "203.0.113.0/32", 443, 9);
    check(
        seen,
        &full(),
        &expect![[r#"
            default-deny: all
              ingress
              egress
            allow-bare: all
              egress to 203.0.113.0/32: 443/TCP
            allow-web: app=web
              egress to 203.0.113.0/24: 443/TCP
        "#]],
    );
}

#[test]
fn what_is_not_known_to_be_always_admitted_is_not_said_to_be() {
    let forget = |edge: &mut Edge| edge.examples = std::iter::empty().collect();
    let listing = Seen::default()
        .workload("shop/web", "app=web", "")
        .edge_with("shop/gone", "shop/web", Protocol::Tcp, 80, 9, forget)
        .edge_with("shop/web", "?", Protocol::Tcp, 81, 9, forget)
        .edge_with("shop/web", "node-1", Protocol::Tcp, 82, 9, forget)
        .edge_with("shop/web", "shop/web", Protocol::Tcp, 83, 9, |edge| {
            dropped(edge);
            edge.verdicts = Verdicts::default();
            edge.dropped.packets = 7;
        })
        .finish();
    let why = generate(&listing, &full()).left_out.into_iter().map(|one| one.why);
    assert_eq!(
        why.collect::<Vec<_>>(),
        [
            Why::NoLabels,
            Why::NoLabels,
            Why::Dropped,
            Why::Dropped,
            Why::NoAddress,
            Why::NoOwner
        ]
    );
}
