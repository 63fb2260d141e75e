//! What holds for every cluster and every order in which it is told.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::fixtures::{applied, at, deleted, ip, node, pod, service};

/// One pod's time with an address: when it got it and for how long, and how late we hear of both.
#[derive(Clone, Debug)]
struct Stay {
    address: u8,
    gap: u64,
    lead: u64,
    length: u64,
    heard_after: u64,
    gone_heard_after: u64,
}

fn stay() -> impl Strategy<Value = Stay> {
    (0..3_u8, 0..4_u64, 0..3_u64, 1..20_u64, 0..6_u64, 0..6_u64).prop_map(
        |(address, gap, lead, length, heard_after, gone_heard_after)| Stay {
            address,
            gap,
            lead,
            length,
            heard_after,
            gone_heard_after,
        },
    )
}

/// A stay as it really was.
struct Truth {
    uid: String,
    address: u8,
    begins: u64,
    ends: u64,
    /// What is told of it, and when.
    told: [(u64, Change); 2],
}

fn unroll(stays: &[Stay]) -> Vec<Truth> {
    let mut free_from = BTreeMap::new();
    let mut all = Vec::new();
    for (index, stay) in stays.iter().enumerate() {
        let free = free_from.entry(stay.address).or_insert(10);
        let begins = *free + stay.gap;
        let ends = begins + stay.length;
        *free = ends + 1;
        let uid = format!("pod-{index}");
        let mut pod = pod(&format!("shop/{uid}"), &format!("10.244.0.{}", stay.address), "");
        pod.started = Some(at(begins.saturating_sub(stay.lead)));
        let told = [
            (begins + stay.heard_after, applied(pod)),
            (ends + stay.gone_heard_after, deleted(&uid)),
        ];
        all.push(Truth {
            uid,
            address: stay.address,
            begins,
            ends,
            told,
        });
    }
    all
}

fn owner_at(directory: &Directory, address: u8, secs: u64) -> Owner {
    directory.owner(Question {
        address: ip(&format!("10.244.0.{address}")),
        port: 80,
        protocol: Protocol::Tcp,
        during: Interval::at(at(secs)),
        interface: None,
    })
}

/// One of a few objects applied, deleted or listed, with contents that vary.
fn any_change(seed: u64) -> Change {
    let (kind, which, what) = (seed % 11, seed / 11 % 40, seed / 440 % 97);
    let name = format!("shop/web-{which}");
    match kind {
        0..=4 => {
            let mut pod = pod(&name, &format!("10.244.0.{}", what % 50), &format!("v={}", what % 7));
            pod.uid = PodUid(format!("uid-{}", seed / 440 % 100_000).as_str().into());
            pod.host_network = what == 3;
            applied(pod)
        }
        5 | 6 => deleted(&format!("uid-{}", seed / 440 % 100_000)),
        7 if what == 0 => Change::RelistBegins(Kind::Pod),
        8 if what == 0 => Change::RelistEnds(Kind::Pod),
        9 => node(&format!("node-{which}"), &format!("192.168.0.{what}")),
        _ => Change::Applied(Object::Service(Arc::new(service(
            &name,
            &format!("10.96.0.{what}"),
            80,
        )))),
    }
}

proptest! {
    #[test]
    fn no_packet_is_given_to_a_pod_that_did_not_have_the_address(stays in prop::collection::vec(stay(), 1..12)) {
        let stays = unroll(&stays);
        let mut told: Vec<_> = stays.iter().flat_map(|stay| stay.told.clone()).collect();
        told.sort_by_key(|(secs, _)| *secs);
        let mut directory = Directory::new(Duration::from_secs(10_000));
        for (secs, change) in &told {
            directory.apply(change, at(*secs));
        }
        for stay in &stays {
            for secs in stay.begins..=stay.ends {
                let owner = owner_at(&directory, stay.address, secs);
                let rightly = match &owner {
                    Owner::Pod { pod, .. } => *pod.name == *stay.uid,
                    Owner::Unknown(doubt) => *doubt == Doubt::Several,
                    Owner::Node { .. } | Owner::Service(_) | Owner::World { .. } => false,
                };
                prop_assert!(rightly, "{:?} at {secs}: {:?}", stay.uid, owner);
            }
        }
    }

    #[test]
    fn the_order_in_which_objects_are_told_does_not_matter(
        stays in prop::collection::vec(stay(), 1..12),
        order in prop::collection::vec(any::<u32>(), 24),
    ) {
        let stays = unroll(&stays);
        let told: Vec<_> = stays.iter().flat_map(|stay| stay.told.clone()).collect();
        let mut shuffled: Vec<_> = told.iter().cloned().zip(&order).collect();
        shuffled.sort_by_key(|(_, place)| **place);
        let mut one = Directory::new(Duration::from_secs(10_000));
        let mut other = Directory::new(Duration::from_secs(10_000));
        for (secs, change) in &told {
            one.apply(change, at(*secs));
        }
        for ((secs, change), _) in &shuffled {
            other.apply(change, at(*secs));
        }
        for (address, secs) in (0..3).flat_map(|address| (0..200).map(move |secs| (address, secs))) {
            prop_assert_eq!(owner_at(&one, address, secs), owner_at(&other, address, secs));
        }
    }
}

#[test]
fn a_million_changes_leave_a_directory_of_the_size_of_what_is_there() {
    let mut directory = Directory::new(Duration::from_secs(60));
    let mut seed = 7_u64;
    for step in 0..1_000_000_u64 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let now = Timestamp(step * 10_000_000);
        directory.apply(&any_change(seed >> 20), now);
        if step % 100 == 0 {
            directory.expire(now);
        }
    }
    directory.apply(&Change::RelistBegins(Kind::Pod), at(20_000));
    directory.apply(&Change::RelistEnds(Kind::Pod), at(20_000));
    directory.expire(at(30_000));
    assert_eq!(directory.pods.remembered(), (0, 0));
    assert!(directory.nodes().count() <= 40 && directory.services().count() <= 40);
}
