//! What is said of edges.
use netobs_core::{
    cause::Kind,
    inventory::{Edge, Mark, Verdicts},
};

/// What became of an edge's connections, as far as somebody should do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fate {
    Well,
    Unanswered,
    Dropped,
}

impl Fate {
    pub(super) const fn of(edge: &Edge) -> Self {
        let verdicts = edge.verdicts;
        // Of connections that passed packets are dropped, too: old ones, and those of a reset.
        if verdicts.dropped > 0 || edge.connections == 0 {
            Self::Dropped
        } else if verdicts.unanswered > verdicts.forwarded {
            Self::Unanswered
        } else {
            Self::Well
        }
    }
}

/// `forwarded`, or how many of each where there are several.
pub(super) fn verdicts(edge: &Edge) -> String {
    let each = each_verdict(edge.verdicts);
    let mut there = each.iter().filter(|(_, count)| *count > 0);
    match (there.next(), there.next()) {
        // Packets of a connection that was not seen to begin.
        (None, _) => "dropped".to_owned(),
        (Some((word, _)), None) => (*word).to_owned(),
        (Some(_), Some(_)) => {
            let there = each.iter().filter(|(_, count)| *count > 0);
            let told: Vec<_> = there.map(|(word, count)| format!("{count} {word}")).collect();
            told.join(", ")
        }
    }
}

/// The worst first.
pub(super) const fn each_verdict(verdicts: Verdicts) -> [(&'static str, u64); 4] {
    [
        ("dropped", verdicts.dropped),
        ("unanswered", verdicts.unanswered),
        ("forwarded", verdicts.forwarded),
        ("seen", verdicts.seen),
    ]
}

pub(super) const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Dns => "dns",
        Mark::Monitoring => "monitoring",
        Mark::ApiServer => "api-server",
        Mark::Webhook => "webhook",
        Mark::Probe => "probe",
    }
}

pub(super) const SEEN_ONCE: &str = "seen-once";

/// What it was recognised as, and whether it is a habit.
pub(super) fn marks(edge: &Edge) -> Vec<&'static str> {
    let recognised = edge.marks.iter().map(|(one, _)| mark(one));
    let once = edge.is_seen_once().then_some(SEEN_ONCE);
    recognised.chain(once).collect()
}

/// Every cluster has it: the application's own traffic is what is left.
pub(super) fn is_recognised(edge: &Edge) -> bool {
    edge.marks.iter().next().is_some()
}

pub(super) const fn cause_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Label => "label",
        Kind::Dns => "dns",
        Kind::Port => "port",
        Kind::Peer => "peer",
        Kind::NoRule => "no-rule",
        Kind::Denied => "denied",
        Kind::NotEnforced => "not-enforced",
        Kind::DroppedThoughAdmitted => "dropped-though-admitted",
    }
}
