//! What holds whatever is told, in whatever order.
use proptest::prelude::*;

use super::*;
use crate::fixtures::{deleted, namespaces, policy};

const PODS: [&str; 4] = ["a/x-0", "a/y-0", "b/x-1", "c/z-0"];
const ADDRESSES: [&str; 6] = [
    "10.244.0.1",
    "10.244.0.2",
    "10.244.0.3",
    "10.244.0.4",
    "10.244.0.99",
    "8.8.8.8",
];

fn cluster() -> Vec<Change> {
    let mut changes: Vec<_> = ["a", "b", "c"]
        .map(|name| namespace(name, &format!("name={name}")))
        .into();
    changes.extend((0..4).map(|index| applied(pod(PODS[index], ADDRESSES[index], ""))));
    changes.push(policy("a/from-b", Some(vec![namespaces("name=b")]), None));
    changes.push(policy("b/nothing", Some(vec![]), None));
    changes.push(policy("c/out-to-b", None, Some(vec![namespaces("name=b")])));
    changes
}

/// Drops between any of the addresses, for any reason.
fn lost() -> impl Strategy<Value = (usize, usize, u16, u64, bool)> {
    (0..6_usize, 0..6_usize, 80..84_u16, 1..1000_u64, any::<bool>())
}

fn change(seed: u64) -> Change {
    let (what, which, value) = (seed % 8, (seed >> 8) % 4, (seed >> 16) % 8);
    let name = PODS[usize::try_from(which).unwrap()];
    match what {
        0 => namespace(
            ["a", "b", "c", "d"][usize::try_from(which).unwrap()],
            &format!("v={value}"),
        ),
        1 | 2 => applied(pod(name, &format!("10.244.0.{value}"), &format!("v={value}"))),
        3 => deleted(name.split_once('/').unwrap().1),
        4 => policy(
            &format!(
                "{}/p-{which}",
                ["a", "b", "c", "d"][usize::try_from(value % 4).unwrap()]
            ),
            Some(vec![]),
            None,
        ),
        5 if value == 0 => Change::RelistBegins(Kind::Policy("NetworkPolicy")),
        6 => Change::RelistEnds(Kind::Policy("NetworkPolicy")),
        _ => applied(pod(&format!("d/new-{value}"), &format!("10.244.1.{value}"), "")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_dropped_packet_is_accounted_for_once(drops in prop::collection::vec(lost(), 1..40)) {
        let mut story = Story::of(cluster());
        let mut told = 0;
        for (from, to, port, packets, by_policy) in drops {
            let reason = if by_policy { NETFILTER } else { NO_SOCKET };
            // Every other one goes on with a connection that may have been there before.
            story.client_port = packets.is_multiple_of(2).then_some(41_000);
            story.drop_for(reason, ADDRESSES[from], ADDRESSES[to], port, packets);
            told += packets;
        }
        story.after(400);
        let judged = story.engine.drops();
        let packets = |judgement| judged.get(&judgement).map_or(0, |count| count.packets);
        prop_assert_eq!(judged.values().map(|count| count.packets).sum::<u64>(), told);
        // Each direction that refuses has a cause of its own.
        let both = |cause: &&Cause| {
            let explanation = &cause.example.explanation;
            [&explanation.ingress, &explanation.egress].iter().all(|one| !one.outcome().passes())
        };
        let in_causes: u64 = story.engine.causes().iter().map(|cause| cause.toll.dropped.packets).sum();
        let twice = story.engine.causes().iter().any(|cause| both(&cause));
        let explained = packets(Judgement::Refused) + packets(Judgement::DroppedThoughAdmitted);
        prop_assert!(in_causes == explained || twice && in_causes > explained, "{in_causes} of {explained}");
    }

    #[test]
    fn the_order_of_changes_does_not_matter(changes in Just(cluster()).prop_shuffle()) {
        let tell = |changes| {
            let mut story = Story::of(changes);
            for (from, to) in (0..6).flat_map(|from| (0..6).map(move |to| (from, to))) {
                story.drop(ADDRESSES[from], ADDRESSES[to], 80, 1);
            }
            story.read().to_owned()
        };
        prop_assert_eq!(tell(changes), tell(cluster()));
    }
}

#[test]
fn nothing_grows_without_bound() {
    let limits = Limits {
        grace: Duration::from_secs(30),
        history: history::Extent {
            changes: 100,
            age: Duration::from_secs(3600),
        },
        causes: cause::Extent {
            causes: 3,
            age: Duration::from_secs(3600),
        },
        outputs: 50,
        ..Limits::default()
    };
    let mut story = Story::of(cluster());
    story.engine = Engine::new(limits, [(NETFILTER, "NETFILTER_DROP".into())].into_iter().collect());
    for kind in [Kind::Namespace, Kind::Pod] {
        story.tell(&Change::RelistEnds(kind));
    }
    let mut seed = 11_u64;
    for step in 0..20_000 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        story.now = story.now.plus(Duration::from_millis(20));
        story.tell(&change(seed >> 24));
        let from = ADDRESSES[usize::try_from((seed >> 44) % 4).unwrap()];
        let to = ADDRESSES[usize::try_from((seed >> 40) % 6).unwrap()];
        let port = u16::try_from(seed >> 50).unwrap();
        let event = if step % 2 == 0 {
            Event::Tap(story.tap(from, to, port))
        } else {
            Event::Drop(story.dropped(NETFILTER, from, to, port, 1))
        };
        story.engine.handle_event(&event);
        if step % 50 == 0 {
            story.engine.handle_timeout(story.now);
        }
    }
    let engine = &mut story.engine;
    assert!(engine.causes.iter().len() <= 3 && engine.history.len() <= 100);
    assert!(engine.causes.overflow() != cause::Toll::default() && engine.history.forgotten() > 0);
    assert!(engine.judge.len() <= 8_192);
    assert!(engine.directory.pod_count() <= 12);
    assert!(engine.counted.len() <= engine.flows.len());
    let outputs = std::iter::from_fn(|| engine.poll_output()).count();
    assert!(outputs <= 51, "{outputs}");
}
