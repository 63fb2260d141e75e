//! What the engine's flows leave behind in the inventory.
use super::{stories::shop, *};

#[test]
fn an_edge_says_why_it_was_last_dropped_and_since_when_it_is_watched() {
    let mut story = Story::of(shop());
    story
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 3)
        .after(30);
    let inventory = story.engine.inventory();
    assert_eq!(inventory.edges().len(), 2);
    let refused = inventory.edges().find(|edge| edge.verdicts.dropped == 1).unwrap();
    let cause = refused.cause.as_ref().unwrap();
    assert_eq!(
        &*cause.headline,
        "namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod"
    );
    assert_eq!((cause.kind, refused.dropped.packets), (cause::Kind::Label, 3));
    let watched = inventory.watch().since(refused.first).length;
    assert!(
        watched >= Duration::from_secs(30) && watched <= Duration::from_secs(34),
        "{watched:?}"
    );
}

#[test]
fn neighbours_finding_each_other_make_no_edges() {
    let mut story = Story::of(shop());
    story
        .pass("fe80::1", "ff02::1:ff00:1", 0)
        .pass("10.244.0.10", "224.0.0.251", 5353);
    assert_eq!(story.engine.inventory().edges().len(), 0);
}
