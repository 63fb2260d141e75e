//! What holds whatever is told, in whatever order.
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The last two are outside.
const ENDS: [&str; 8] = [
    "10.244.0.10",
    "10.244.0.11",
    "10.244.0.12",
    "10.244.0.13",
    "10.244.0.77",
    "192.168.0.1",
    "203.0.113.1",
    "2001:db8::1",
];

/// One telling of a flow: which, between whom, at which port, how much more than before, how it stands, whether it is the last.
type Telling = (u64, usize, usize, u16, u64, usize, bool);

fn telling() -> impl Strategy<Value = Telling> {
    (
        0..24_u64,
        0..ENDS.len(),
        0..ENDS.len(),
        80..84_u16,
        0..50_u64,
        0..4_usize,
        any::<bool>(),
    )
}

const VERDICTS: [Verdict; 4] = [Verdict::Forwarded, Verdict::Dropped, Verdict::Unanswered, Verdict::Seen];

/// Makes flows of tellings: each keeps its ends until it was told for the last time, and its counts only grow.
fn flows(tellings: Vec<Telling>) -> Vec<(Flow, bool)> {
    let mut live = BTreeMap::<u64, Flow>::new();
    let mut ended = 0;
    let mut told = Vec::new();
    for (which, from, to, port, more, verdict, is_last) in tellings {
        let fresh = || flow(which + 1_000 * ended, ENDS[from], ENDS[to], port, 0);
        let known = live.entry(which).or_insert_with(fresh);
        let packets = known.forward.packets + more;
        let grown = flow(known.id.0, ENDS[0], ENDS[0], 0, packets);
        *known = Flow {
            tuple: known.tuple,
            verdict: VERDICTS[verdict],
            further_drops: Count {
                packets: packets / 3,
                bytes: packets / 3,
            },
            ..grown
        };
        told.push((known.clone(), is_last));
        if is_last {
            live.remove(&which);
            ended += 1;
        }
    }
    told
}

/// Flows as they were last told.
fn last_told(told: &[(Flow, bool)]) -> Vec<Flow> {
    let by_id: BTreeMap<_, _> = told.iter().map(|(flow, _)| (flow.id, flow.clone())).collect();
    by_id.into_values().collect()
}

/// Drops among others than the cluster's are of no concern.
fn is_foreign(flow: &Flow) -> bool {
    let outside = [ip(ENDS[6]), ip(ENDS[7])];
    outside.contains(&flow.tuple.source) && outside.contains(&flow.tuple.destination)
}

fn tell_all(scene: &mut Scene, told: &[(Flow, bool)]) {
    for (flow, is_last) in told {
        let phase = if *is_last { Phase::Closed } else { Phase::Updated };
        scene.tell_twin(flow.clone(), None, phase);
    }
}

/// Without examples, which are the latest that were told.
fn counts(scene: &Scene) -> BTreeMap<Arc<EdgeKey>, Edge> {
    let without_examples = |edge: &Edge| Edge {
        examples: Examples::default(),
        ..edge.clone()
    };
    let edges = scene.inventory.edges();
    edges
        .map(|edge| (Arc::clone(&edge.key), without_examples(edge)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_edges_sum_up_to_the_flows(tellings in prop::collection::vec(telling(), 1..200)) {
        let told = flows(tellings);
        let mut scene = Scene::default();
        tell_all(&mut scene, &told);
        let mut last = last_told(&told);
        last.retain(|flow| !is_foreign(flow));
        let foreign = told.iter().filter(|(flow, is_last)| *is_last && is_foreign(flow));
        prop_assert_eq!(scene.inventory.foreign(), foreign.count() as u64);
        let sum = |of: fn(&Flow) -> u64| last.iter().map(of).sum::<u64>();
        let edges = |of: fn(&Edge) -> u64| scene.inventory.edges().map(|edge| of(edge)).sum::<u64>();
        prop_assert_eq!(edges(|edge| edge.connections), last.len() as u64);
        prop_assert_eq!(edges(|edge| edge.verdicts.total()), last.len() as u64);
        prop_assert_eq!(edges(|edge| edge.verdicts.dropped), sum(|flow| u64::from(flow.verdict == Verdict::Dropped)));
        prop_assert_eq!(edges(|edge| edge.sent.packets), sum(|flow| flow.forward.packets));
        prop_assert_eq!(edges(|edge| edge.replied.bytes), sum(|flow| flow.reply.bytes));
        prop_assert_eq!(edges(|edge| edge.dropped.packets), sum(|flow| flow.further_drops.packets));
    }

    #[test]
    fn what_was_told_along_the_way_makes_no_difference(tellings in prop::collection::vec(telling(), 1..200)) {
        let told = flows(tellings);
        let (mut step_by_step, mut at_once) = (Scene::default(), Scene::default());
        tell_all(&mut step_by_step, &told);
        for flow in last_told(&told) {
            at_once.tell_last(flow);
        }
        prop_assert_eq!(counts(&step_by_step), counts(&at_once));
    }

    #[test]
    fn taking_changes_adds_up_to_what_there_is(
        tellings in prop::collection::vec(telling(), 1..300),
        room in 1..24_usize,
        every in 1..40_usize,
    ) {
        let mut scene = Scene::new(Extent { edges: room, ..Extent::default() });
        scene.inventory.follow_changes();
        let mut mirror = BTreeMap::new();
        let told = flows(tellings);
        for part in told.chunks(every) {
            tell_all(&mut scene, part);
            prop_assert!(scene.inventory.edges().len() <= room);
            let changes = scene.inventory.take_changes();
            if changes.everything {
                mirror.clear();
            }
            for key in &changes.gone {
                mirror.remove(key);
            }
            mirror.extend(changes.edges.into_iter().map(|edge| (Arc::clone(&edge.key), edge)));
            let there: BTreeMap<_, _> = scene.inventory.edges().map(|edge| (Arc::clone(&edge.key), Arc::clone(edge))).collect();
            prop_assert_eq!(&mirror, &there);
        }
    }

    #[test]
    fn an_inventory_goes_on_where_it_was_left(tellings in prop::collection::vec(telling(), 1..100)) {
        let mut scene = Scene::default();
        tell_all(&mut scene, &flows(tellings));
        let mut resumed = Scene::default();
        resumed.inventory.load(stored(&scene));
        let edges = |scene: &Scene| -> BTreeMap<_, _> {
            scene.inventory.edges().map(|edge| (Arc::clone(&edge.key), Edge::clone(edge))).collect()
        };
        prop_assert_eq!(edges(&scene), edges(&resumed));
        let changes = resumed.inventory.take_changes();
        prop_assert!(changes.edges.is_empty() && changes.gone.is_empty() && !changes.everything);
        prop_assert!(changes.portraits.is_empty());
    }

    #[test]
    fn what_an_earlier_run_left_may_come_after_what_is_seen_since(
        before in prop::collection::vec(telling(), 1..100),
        since in prop::collection::vec(telling(), 1..100),
        split in 0..100_usize,
    ) {
        let mut earlier = Scene::default();
        tell_all(&mut earlier, &flows(before));
        let since = flows(since);
        let (some, rest) = since.split_at(split.min(since.len()));
        let (mut first, mut late) = (Scene::default(), Scene::default());
        first.inventory.load(stored(&earlier));
        tell_all(&mut first, some);
        tell_all(&mut late, some);
        late.inventory.load(stored(&earlier));
        late.inventory.follow_changes();
        tell_all(&mut first, rest);
        tell_all(&mut late, rest);
        prop_assert_eq!(counts(&first), counts(&late));
        prop_assert_eq!(first.inventory.forgotten(), late.inventory.forgotten());
        let names = |scene: &Scene| -> std::collections::BTreeSet<_> {
            scene.inventory.portraits().map(|one| one.key.clone()).collect()
        };
        prop_assert_eq!(names(&first), names(&late));
        let changes = late.inventory.take_changes();
        prop_assert!(changes.everything && changes.all_portraits);
        prop_assert_eq!(changes.edges.len(), late.inventory.edges().len());
    }
}

fn stored(scene: &Scene) -> Stored {
    let inventory = &scene.inventory;
    Stored {
        edges: inventory.edges().map(|edge| Edge::clone(edge)).collect(),
        portraits: inventory.portraits().map(|one| Portrait::clone(one)).collect(),
        watch: inventory.watch().clone(),
        forgotten: inventory.forgotten(),
    }
}
