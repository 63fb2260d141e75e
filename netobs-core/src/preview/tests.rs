//! What a preview says is what evaluation says of each edge, and generated policies break nothing.
use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{Kind, Preview, applied, preview};
use crate::{
    event::Protocol,
    fixtures::{brought, on_port, pods, policy},
    generate::{Phase, Request, generate},
    inventory::Listing,
    policy::{Outcome, Policy, PolicySet, Rule},
    scene::{
        Stage,
        seen::{Seen, dropped, inventory},
    },
};

proptest! {
    #[test]
    fn what_breaks_is_what_came_through_and_is_refused_only_now(
        listing in inventory(),
        before in policies(),
        after in policies(),
    ) {
        let stage = Stage::of(&listing);
        let found = run(&listing, &before, &after);
        let of = |kind| found.of(kind).map(|effect| effect.edge).collect::<BTreeSet<_>>();
        let breaks: BTreeSet<_> = (0..listing.edges.len())
            .filter(|index| {
                let edge = &listing.edges[*index];
                let mut connections = stage.connections(*index, edge);
                !edge.never_came_through()
                    && connections.any(|connection| {
                        let outcome = |set: &PolicySet| set.evaluate(&connection).outcome();
                        outcome(&after) == Outcome::DoesNotAdmit && outcome(&before) != Outcome::DoesNotAdmit
                    })
            })
            .collect();
        prop_assert_eq!(of(Kind::Breaks), breaks);
        prop_assert_eq!(found.edges, listing.edges.len());
    }

    #[test]
    fn the_same_policies_change_nothing(listing in inventory(), set in policies()) {
        prop_assert_eq!(run(&listing, &set, &set).effects, []);
    }

    #[test]
    fn what_one_way_breaks_the_way_back_admits(listing in inventory(), before in policies(), after in policies()) {
        let there = run(&listing, &before, &after);
        let back = run(&listing, &after, &before);
        for effect in there.of(Kind::Admitted) {
            let opposite = back.effects.iter().find(|other| other.edge == effect.edge);
            prop_assert!(opposite.is_some_and(|other| other.kind < Kind::Admitted));
        }
    }

    #[test]
    fn policies_generated_from_an_inventory_break_none_of_what_they_admit(listing in inventory()) {
        let request = Request {
            namespace: "shop".into(),
            phase: Phase::Full,
            since: None,
            seen_once: true,
            dropped: true,
            open_inside: false,
            namespace_labels: Vec::new(),
        };
        let plan = generate(&listing, &request);
        let left_out: BTreeSet<_> = plan.left_out.iter().map(|one| one.edge).collect();
        let found = run(&listing, &PolicySet::default(), &plan.policy_set());
        for effect in found.of(Kind::Breaks) {
            prop_assert!(left_out.contains(&effect.edge), "{:?}", listing.edges[effect.edge].key);
        }
    }
}

#[test]
fn what_never_came_through_does_not_break() {
    let listing = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/api", "app=api", "")
        .edge("shop/web", "shop/api", 80, 9)
        .edge_with("shop/web", "shop/api", Protocol::Tcp, 81, 9, dropped)
        .finish();
    let deny: PolicySet = [of("shop/deny", vec![])].into_iter().collect();
    let found = run(&listing, &PolicySet::default(), &deny);
    let kinds: Vec<_> = found.effects.iter().map(|effect| (effect.kind, effect.edge)).collect();
    assert_eq!(kinds, [(Kind::Breaks, 0), (Kind::Refused, 1)]);
    assert!(found.breaks());
}

#[test]
fn what_is_refused_and_passes_is_counted_apart() {
    let listing = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/api", "app=api", "")
        .edge("shop/web", "shop/api", 80, 9)
        .finish();
    let deny: PolicySet = [of("shop/deny", vec![])].into_iter().collect();
    let found = run(&listing, &deny, &deny);
    assert_eq!((found.effects.len(), found.refused_before), (0, 1));
}

#[test]
fn policies_are_added_or_stand_in_place_of_those_of_their_namespaces() {
    let set = |names: &[&str]| names.iter().map(|name| of(name, vec![])).collect::<PolicySet>();
    let names = |set: &PolicySet| set.iter().map(|policy| policy.id.to_string()).collect::<Vec<_>>();
    let (current, given) = (set(&["shop/a", "shop/b", "ops/c"]), set(&["shop/b", "shop/d"]));
    assert_eq!(
        names(&applied(&current, &given, false)),
        [
            "NetworkPolicy ops/c",
            "NetworkPolicy shop/a",
            "NetworkPolicy shop/b",
            "NetworkPolicy shop/d"
        ]
    );
    assert_eq!(
        names(&applied(&current, &given, true)),
        ["NetworkPolicy ops/c", "NetworkPolicy shop/b", "NetworkPolicy shop/d"]
    );
}

fn run(listing: &Listing, before: &PolicySet, after: &PolicySet) -> Preview {
    preview(listing, &Stage::of(listing), before, after, |_| true)
}

fn of(name: &str, rules: Vec<Rule>) -> Policy {
    brought(&policy(name, Some(rules), None))
}

fn policies() -> impl Strategy<Value = PolicySet> {
    let namespace = || select(vec!["shop", "ops", "sys"]);
    let own = select(vec!["app=a", "app=b", "tier=a", ""]);
    let rule = (namespace(), own, select(vec![80_u16, 81, 53]))
        .prop_map(|(namespace, own, port)| on_port(pods(namespace, own), Protocol::Tcp, port));
    let one = (namespace(), vec(rule, 0..3)).prop_map(|(namespace, rules)| (namespace, rules));
    vec(one, 0..4).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(index, (namespace, rules))| of(&format!("{namespace}/p{index}"), rules))
            .collect()
    })
}
