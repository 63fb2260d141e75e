//! What a preview says is what evaluation says of each edge, and generated policies break nothing.
use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{Kind, Preview, State, Why, applied, idle, preview};
use crate::{
    event::Protocol,
    explain::{NamespaceFacts, Snapshot},
    fixtures::{brought, ip, labels, namespaces, on_port, pods, policy},
    generate::{Phase, Request, generate},
    inventory::Listing,
    policy::{Action, IpBlock, Outcome, Peer, Peers, Policy, PolicySet, Ports, Rule},
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
                    && edge.key.protocol.has_ports()
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

fn web_to(block: &str, examples: &[&str]) -> Listing {
    let seen = Seen::default().workload("shop/web", "app=web", "");
    let seen = seen.edge_with("shop/web", block, Protocol::Tcp, 443, 9, |edge| {
        let first = edge.examples.iter().next().unwrap().clone();
        let example = |address: &&str| {
            let mut example = first.clone();
            example.destination.address = ip(address);
            example
        };
        edge.examples = examples.iter().map(example).collect();
    });
    seen.finish()
}

/// Web may talk to these blocks and to nothing else.
fn only_to(blocks: &[&str]) -> PolicySet {
    let peer = |block: &&str| {
        let (cidr, except) = block.split_once('-').unwrap_or((block, ""));
        Peer::Block(IpBlock {
            cidr: cidr.parse().unwrap(),
            except: except.parse().into_iter().collect(),
        })
    };
    let rule = Rule {
        action: Action::Allow,
        peers: Peers::Of(blocks.iter().map(peer).collect()),
        ports: Ports::All,
    };
    [brought(&policy("shop/out", None, Some(vec![rule])))]
        .into_iter()
        .collect()
}

#[test]
fn a_block_is_safe_only_if_all_of_it_is_admitted() {
    let listing = web_to("203.0.113.0/24", &["203.0.113.7"]);
    let kinds = |before: &PolicySet, blocks: &[&str]| {
        let found = run(&listing, before, &only_to(blocks));
        found.effects.iter().map(|effect| effect.kind).collect::<Vec<_>>()
    };
    let none = PolicySet::default();
    assert_eq!(kinds(&none, &["203.0.113.7/32"]), [Kind::Undecidable]);
    assert_eq!(kinds(&none, &["203.0.113.0/24-203.0.113.128/25"]), [Kind::Undecidable]);
    assert_eq!(kinds(&none, &["203.0.113.0/24-203.0.113.0/28"]), [Kind::Breaks]);
    assert_eq!(kinds(&none, &["203.0.113.8/32"]), [Kind::Breaks]);
    assert_eq!(kinds(&none, &["198.51.100.0/24"]), [Kind::Breaks]);
    assert_eq!(kinds(&none, &["203.0.113.0/25", "203.0.113.128/25"]), []);
    assert_eq!(kinds(&none, &["203.0.112.0/23"]), []);
    // Each admits a part of it; what is given may refuse what is in force.
    let half = only_to(&["203.0.113.0/25"]);
    assert_eq!(kinds(&half, &["203.0.113.0/26"]), [Kind::Undecidable]);
    assert_eq!(kinds(&half, &["203.0.113.0/25", "203.0.113.200/32"]), [Kind::Admitted]);
    assert_eq!(kinds(&half, &["203.0.113.0/25"]), []);
    let many: Vec<_> = (0..=255)
        .flat_map(|third| [1, 3, 5].map(|last| format!("203.0.{third}.{last}/32")))
        .collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let wide = web_to("203.0.0.0/16", &["203.0.0.1"]);
    for (after, expected) in [(&many[..], vec![]), (&many[..9], vec![Kind::Undecidable])] {
        let found = run(&wide, &only_to(&many), &only_to(after));
        assert_eq!(
            found.effects.iter().map(|effect| effect.kind).collect::<Vec<_>>(),
            expected
        );
    }
    let nothing_kept = web_to("2001:db8::/32", &[]);
    let found = run(&nothing_kept, &none, &only_to(&["2001:db8::7/128"]));
    assert_eq!(found.effects[0].kind, Kind::Undecidable);
}

#[test]
fn what_no_policy_can_name_or_be_asked_about_is_undecidable() {
    let listing = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/api", "app=api", "")
        .edge_with("shop/web", "shop/api", Protocol::Icmp, 0, 9, |_| {})
        .edge_with("shop/gone", "shop/api", Protocol::Tcp, 80, 9, |edge| {
            edge.examples = std::iter::empty().collect();
        })
        .finish();
    let kinds = |before: &PolicySet, after: &PolicySet| {
        let found = run(&listing, before, after);
        assert!(!found.breaks());
        found.effects.iter().map(|effect| effect.kind).collect::<Vec<_>>()
    };
    let set = |name: &str| [of(name, vec![])].into_iter().collect::<PolicySet>();
    let none = PolicySet::default();
    assert_eq!(kinds(&none, &set("shop/deny")), [Kind::Undecidable, Kind::Undecidable]);
    assert_eq!(kinds(&set("shop/deny"), &set("shop/deny")), []);
    assert_eq!(kinds(&none, &set("ops/deny")), []);
}

#[test]
fn a_namespaces_new_label_breaks_what_its_old_one_admitted() {
    let listing = Seen::default()
        .workload("ops/cron", "app=cron", "")
        .workload("shop/api", "app=api", "")
        .edge("ops/cron", "shop/api", 80, 9)
        .finish();
    let set: PolicySet = [of("shop/allow", vec![namespaces("team=ops")])].into_iter().collect();
    let seen = Stage::of(&listing);
    let facts = NamespaceFacts {
        labels: labels("team=operations"),
        ..NamespaceFacts::default()
    };
    let relabelled = seen.relabelled(&[("ops".into(), facts)].into());
    let cluster = Snapshot::default();
    let state = |stage| State {
        stage,
        policies: &set,
        cluster: &cluster,
    };
    let found = |before, after| {
        let found = preview(&listing, &state(before), &state(after), |_| true);
        (
            found.effects.iter().map(|effect| effect.kind).collect::<Vec<_>>(),
            found.refused_before,
        )
    };
    assert_eq!(found(&seen, &relabelled), (vec![Kind::Breaks], 0));
    assert_eq!(found(&relabelled, &seen), (vec![Kind::Admitted], 0));
    assert_eq!(found(&relabelled, &relabelled), (vec![], 1));
}

#[test]
fn policies_that_are_for_nothing_that_was_seen_are_told_with_the_namespace_that_was_meant() {
    let listing = Seen::default().workload("shop/web", "app=web", "").finish();
    let stage = Stage::of(&listing);
    let selecting = |name: &str, pods: &str| {
        let mut policy = of(name, vec![]);
        policy.subject.pods = pods.parse().unwrap();
        policy
    };
    let (other, none) = (selecting("shop/other", "app=web"), selecting("shop/none", "tier=web"));
    let policies: PolicySet = [of("shopp/deny", vec![]), of("ops/deny", vec![]), other, none]
        .into_iter()
        .collect();
    let told: Vec<_> = idle(&policies, &stage)
        .into_iter()
        .map(|idle| (idle.policy.to_string(), idle.why))
        .collect();
    assert_eq!(
        told,
        [
            ("NetworkPolicy ops/deny".to_owned(), Why::NoSuchNamespace(None)),
            ("NetworkPolicy shop/none".to_owned(), Why::NoSuchPod),
            (
                "NetworkPolicy shopp/deny".to_owned(),
                Why::NoSuchNamespace(Some("shop".into()))
            ),
        ]
    );
}

fn run(listing: &Listing, before: &PolicySet, after: &PolicySet) -> Preview {
    let (stage, cluster) = (Stage::of(listing), Snapshot::default());
    let state = |policies| State {
        stage: &stage,
        policies,
        cluster: &cluster,
    };
    preview(listing, &state(before), &state(after), |_| true)
}

fn of(name: &str, rules: Vec<Rule>) -> Policy {
    brought(&policy(name, Some(rules), None))
}

fn policies() -> impl Strategy<Value = PolicySet> {
    let namespace = || select(vec!["shop", "ops", "sys"]);
    let own = select(vec!["app=a", "app=b", "tier=a", ""]);
    let to_pods = (namespace(), own).prop_map(|(namespace, own)| pods(namespace, own));
    let blocks = vec!["203.0.113.7/32", "203.0.113.0/25", "203.0.0.0/16"];
    let from_block = select(blocks).prop_map(|block| Rule {
        peers: Peers::Of(vec![Peer::Block(IpBlock {
            cidr: block.parse().unwrap(),
            except: vec![],
        })]),
        ..pods("shop", "")
    });
    let peers = prop_oneof![3 => to_pods, 1 => from_block];
    let rule = (peers, select(vec![80_u16, 81, 53])).prop_map(|(rule, port)| on_port(rule, Protocol::Tcp, port));
    let one = (namespace(), vec(rule, 0..3)).prop_map(|(namespace, rules)| (namespace, rules));
    vec(one, 0..4).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(index, (namespace, rules))| of(&format!("{namespace}/p{index}"), rules))
            .collect()
    })
}
