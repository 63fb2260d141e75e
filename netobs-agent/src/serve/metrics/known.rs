//! What the app knows of itself, its kernel and its cluster.
use netobs_core::time::Timestamp;

use super::{page::Page, told::JUDGEMENTS, words};
use crate::serve::{ClusterSnapshot, Snapshot, WatchSnapshot};

pub(super) fn tell(page: &mut Page, snapshot: &Snapshot) {
    let help = "Whether all that is needed to tell flows with labels is there.";
    page.gauge("netobs_ready", help)
        .is(u8::from(snapshot.not_ready.is_empty()));
    page.gauge(
        "process_start_time_seconds",
        "When the agent started, in seconds since 1970.",
    )
    .is(seconds(snapshot.started));
    tell_unwatched(page, snapshot);
    page.gauge("netobs_flows_kept", "Connections that are kept now.")
        .is(snapshot.flows_kept);
    let help = "Connections that are not in the inventory, for neither end is the cluster's.";
    page.counter("netobs_foreign_connections_total", help)
        .is(snapshot.foreign);
    tell_kernel(page, snapshot);
    tell_judged(page, snapshot);
    tell_causes(page, snapshot);
    if let Some(cluster) = &snapshot.cluster {
        tell_watches(page, cluster, snapshot.now);
    }
}

/// Not on the page where it is not known.
fn tell_unwatched(page: &mut Page, snapshot: &Snapshot) {
    let known = snapshot.unwatched.and_then(|span| Some((span.length()?, span.at_most)));
    let Some((length, at_most)) = known else { return };
    let bound = if at_most { "at_most" } else { "exact" };
    page.gauge(
        "netobs_unwatched_seconds",
        "For how long nobody watched before this agent did.",
    )
    .with(&[("bound", bound)], length.as_secs_f64());
}

fn tell_kernel(page: &mut Page, snapshot: &Snapshot) {
    page.gauge("netobs_interfaces", "Interfaces that are watched.")
        .is(snapshot.interfaces);
    let mut there = page.gauge("netobs_ability", "Whether this kernel lets the agent do this.");
    for ability in &snapshot.abilities {
        there.with(&[("ability", ability.name)], u8::from(ability.there));
    }
    let help = "Packets that the kernel programs could not tell apart, by where.";
    let mut losses = page.counter("netobs_kernel_lost_packets_total", help);
    for (place, packets) in &snapshot.losses {
        losses.with(&[("place", place)], packets);
    }
    let help = "Packets that are no connection's, by what they are.";
    let mut skipped = page.counter("netobs_kernel_skipped_packets_total", help);
    for (what, packets) in &snapshot.skipped {
        skipped.with(&[("what", what)], packets);
    }
}

fn tell_judged(page: &mut Page, snapshot: &Snapshot) {
    let count = |judgement| snapshot.drops.get(&judgement).copied().unwrap_or_default();
    let help = "Packets that the kernel dropped, by what was made of it.";
    let mut packets = page.counter("netobs_judged_dropped_packets_total", help);
    for judgement in JUDGEMENTS {
        packets.with(&[("judgement", words::judgement(judgement))], count(judgement).packets);
    }
}

fn tell_causes(page: &mut Page, snapshot: &Snapshot) {
    let mut causes = page.gauge("netobs_causes", "Causes that are known, by kind and state.");
    for count in &snapshot.causes {
        let labels = [("kind", words::cause_kind(count.kind)), ("state", count.state)];
        causes.with(&labels, count.causes);
    }
    let help =
        "Packets and connections on ports that are told together, since there are too many between the same ends.";
    page.counter("netobs_causes_merged_total", help)
        .is(snapshot.causes_merged);
    let help = "Packets and connections of causes for which there was no room.";
    page.counter("netobs_causes_not_kept_total", help)
        .is(snapshot.causes_not_kept);
}

fn tell_watches(page: &mut Page, cluster: &ClusterSnapshot, now: Timestamp) {
    let mut tell = |name, help, value: &dyn Fn(&WatchSnapshot) -> Option<f64>| {
        let mut family = page.gauge(name, help);
        for watch in &cluster.watches {
            if let Some(value) = value(watch) {
                family.with(&[("kind", watch.kind)], value);
            }
        }
    };
    let flag = |flag: bool| Some(f64::from(u8::from(flag)));
    let help = "Whether all objects of a kind were listed at least once.";
    tell("netobs_watch_listed", help, &|watch| flag(watch.listed));
    let help = "Whether something is wrong with the watch of a kind.";
    tell("netobs_watch_failing", help, &|watch| flag(watch.is_failing()));
    let help = "Whether a kind is not watched because the agent may not.";
    tell("netobs_watch_forbidden", help, &|watch| flag(watch.forbidden));
    let help = "Seconds since the API server was last heard of for a kind.";
    tell("netobs_watch_heard_age_seconds", help, &|watch| {
        watch.heard.map(|heard| (now - heard).as_secs_f64())
    });
    let mut objects = page.gauge("netobs_watch_objects", "Objects of a kind that are known.");
    for watch in &cluster.watches {
        objects.with(&[("kind", watch.kind)], watch.objects);
    }
}

pub(super) fn seconds(time: Timestamp) -> f64 {
    std::time::Duration::from_nanos(time.0).as_secs_f64()
}
