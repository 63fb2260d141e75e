//! What the agent says of itself, from the app's snapshot and what the room knows.
use netobs_api::{v1, wire};
use netobs_core::time::Timestamp;

use super::{
    ClusterSnapshot, MalformedSnapshot, Snapshot, WatchSnapshot,
    feed::{Feed, PLACES},
    metrics::place_name,
    seats::Seats,
    sides::Screen,
};

/// The kind whose names may be hidden.
const PODS: &str = "pods";

pub(super) fn status(snapshot: &Snapshot, feed: &Feed, seats: &Seats, listeners: &[String]) -> v1::GetStatusResponse {
    v1::GetStatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        node_name: snapshot.node_name.clone(),
        kernel_release: snapshot.kernel_release.clone(),
        started_unix_nanos: nanos(snapshot.started),
        now_unix_nanos: nanos(snapshot.now),
        ready: snapshot.not_ready.is_empty(),
        not_ready: snapshot.not_ready.clone(),
        kernel: Some(kernel(snapshot)),
        cluster: Some(cluster(snapshot.cluster.as_ref())),
        flows: Some(flows(snapshot, feed)),
        serving: Some(serving(seats, listeners)),
        unwatched: snapshot.unwatched.as_ref().map(wire::unwatched),
        redacted: Vec::new(),
    }
}

/// Texts of the status may have addresses in them, and what is said of objects is said anew.
pub(super) fn redact(status: &mut v1::GetStatusResponse, snapshot: &Snapshot, screen: &Screen) {
    status.redacted = screen.words();
    let redact = |text: &mut String| *text = screen.text(text);
    status.not_ready.iter_mut().for_each(redact);
    if let Some(cluster) = &mut status.cluster {
        redact(&mut cluster.server);
        let known = snapshot.cluster.iter().flat_map(|cluster| &cluster.watches);
        for (told, watch) in cluster.watches.iter_mut().zip(known) {
            let mut fault = watch.error.clone();
            fault.iter_mut().for_each(redact);
            let malformed = watch.malformed.as_ref();
            told.error = wrong(
                fault,
                malformed.map(|one| not_understood_outside(watch.kind, one, screen)),
            );
        }
    }
    if let Some(serving) = &mut status.serving {
        serving.listeners.iter_mut().for_each(redact);
    }
}

fn kernel(snapshot: &Snapshot) -> v1::KernelStatus {
    let abilities = snapshot.abilities.iter().map(|ability| v1::Ability {
        name: ability.name.to_owned(),
        there: ability.there,
        remedy: ability.remedy.clone(),
    });
    v1::KernelStatus {
        attach_by: snapshot.attach_by.to_owned(),
        interfaces: snapshot.interfaces,
        abilities: abilities.collect(),
        losses: named(&some(&snapshot.losses)),
        skipped: named(&some(&snapshot.skipped)),
    }
}

fn cluster(cluster: Option<&ClusterSnapshot>) -> v1::ClusterStatus {
    cluster.map_or_else(v1::ClusterStatus::default, |cluster| v1::ClusterStatus {
        configured: true,
        server: cluster.server.clone(),
        watches: cluster.watches.iter().map(watch).collect(),
    })
}

fn watch(watch: &WatchSnapshot) -> v1::WatchStatus {
    v1::WatchStatus {
        kind: watch.kind.to_owned(),
        listed: watch.listed,
        objects: watch.objects,
        heard_unix_nanos: watch.heard.map(nanos),
        error: wrong(watch.error.clone(), watch.malformed.as_ref().map(not_understood)),
        forbidden: watch.forbidden,
    }
}

/// With a watch and with an object of its kind.
fn wrong(fault: Option<String>, malformed: Option<String>) -> String {
    let both: Vec<_> = fault.into_iter().chain(malformed).collect();
    both.join("; ")
}

fn not_understood(one: &MalformedSnapshot) -> String {
    let MalformedSnapshot {
        object, field, problem, ..
    } = one;
    format!("not understood: {object}: {field}: {problem}{}", more(one))
}

/// What is wrong with a field may quote any value of it.
fn not_understood_outside(kind: &str, one: &MalformedSnapshot, screen: &Screen) -> String {
    let object = match one.object.split_once('/') {
        Some((namespace, name)) if kind == PODS => format!("{namespace}/{}", screen.pod_name(namespace, name)),
        _ => one.object.clone(),
    };
    format!("not understood: {object}: {}{}", one.field, more(one))
}

fn more(one: &MalformedSnapshot) -> String {
    match one.more {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    }
}

fn flows(snapshot: &Snapshot, feed: &Feed) -> v1::FlowStatus {
    let fill = feed.fill();
    let lost = feed.counts().lost;
    let lost = PLACES.map(|place| (place_name(place), lost.get(&place).copied().unwrap_or_default()));
    let causes = |counted: &dyn Fn(&str) -> bool| {
        let counts = snapshot.causes.iter().filter(|count| counted(count.state));
        counts.map(|count| count.causes).sum()
    };
    v1::FlowStatus {
        kept: snapshot.flows_kept,
        told: fill.told,
        history: fill.entries,
        history_capacity: fill.capacity,
        oldest_unix_nanos: fill.oldest.map(nanos),
        lost: named(&lost),
        causes: causes(&|_| true),
        active_causes: causes(&|state| state != "mended"),
    }
}

fn serving(seats: &Seats, listeners: &[String]) -> v1::ServingStatus {
    let served = seats.served();
    v1::ServingStatus {
        listeners: listeners.to_vec(),
        subscribers: u32::try_from(served.subscribers).unwrap_or(u32::MAX),
        most_subscribers: u32::try_from(served.most).unwrap_or(u32::MAX),
        lost: served.lost,
    }
}

fn some(counts: &[(&'static str, u64)]) -> Vec<(&'static str, u64)> {
    counts.iter().copied().filter(|(_, count)| *count > 0).collect()
}

fn named(counts: &[(&str, u64)]) -> Vec<v1::NamedCount> {
    let named = counts.iter().map(|(name, count)| v1::NamedCount {
        name: (*name).to_owned(),
        count: *count,
    });
    named.collect()
}

fn nanos(time: Timestamp) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}
