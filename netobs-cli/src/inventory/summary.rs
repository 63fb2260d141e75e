//! An inventory in a sentence: how much there is, and how long it was watched.
use std::time::Duration;

use netobs_core::{
    inventory::{About, Edge, Watched},
    time::Timestamp,
};

use super::{
    Shown,
    words::{Fate, SEEN_ONCE, marks},
};
use crate::show::{duration, nanos, plural};

/// More nodes than these are counted, not named.
const MOST_NAMED: usize = 4;

/// Of all edges that are shown.
pub(super) struct Tally {
    pub(super) edges: u64,
    pub(super) seen_once: u64,
    pub(super) dropped: u64,
    pub(super) unanswered: u64,
}

impl Tally {
    pub(super) fn of(edges: &[Edge]) -> Self {
        let count = |is: &dyn Fn(&Edge) -> bool| edges.iter().filter(|edge| is(edge)).count() as u64;
        Self {
            edges: edges.len() as u64,
            seen_once: count(&|edge| marks(edge).contains(&SEEN_ONCE)),
            dropped: count(&|edge| Fate::of(edge) == Fate::Dropped),
            unanswered: count(&|edge| Fate::of(edge) == Fate::Unanswered),
        }
    }
}

/// `14 edges, 3 seen once only, 1 with drops; watched for 7 d since …, by node-a`
pub(super) fn of(shown: &Shown<'_>) -> String {
    let tally = Tally::of(&shown.listing.edges);
    let mut text = plural(tally.edges, "edge");
    let parts = [
        (tally.seen_once, "seen once only"),
        (tally.dropped, "with drops"),
        (tally.unanswered, "unanswered"),
    ];
    for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
        text += &format!(", {count} {what}");
    }
    format!(
        "{text}; watched for {}",
        watched(&shown.listing.about, |at| moment(shown, at))
    )
}

/// `7 d since 2026-11-13 12:00:00, by node-a and node-b`
pub(super) fn watched(about: &About, when: impl Fn(Timestamp) -> String) -> String {
    let Watched { since, length } = about.watched;
    let when = when(since);
    let whole = about.at - since;
    let of = if is_much_less(length, whole) {
        format!(" of the {}", self::length(whole))
    } else {
        String::new()
    };
    format!("{}{of} since {when}{}", self::length(length), by(&about.node_name))
}

pub(super) fn moment(shown: &Shown<'_>, at: Timestamp) -> String {
    shown.view.clock.moment(nanos(at))
}

/// To the nearest: what was watched for a week but for a restart was watched for 7 days.
pub(super) fn length(length: Duration) -> String {
    let half = match length.as_secs() {
        0..120 => 0,
        120..7_200 => 30,
        7_200..172_800 => 1_800,
        _ => 43_200,
    };
    duration(length + Duration::from_secs(half))
}

/// A twentieth of the time is more than restarts take.
fn is_much_less(length: Duration, whole: Duration) -> bool {
    length + whole / 20 < whole
}

fn by(nodes: &str) -> String {
    let nodes: Vec<_> = nodes.split(", ").filter(|node| !node.is_empty()).collect();
    match nodes.as_slice() {
        [] => String::new(),
        nodes if nodes.len() > MOST_NAMED => format!(", on {} nodes", nodes.len()),
        nodes => format!(", on {}", nodes.join(", ")),
    }
}
