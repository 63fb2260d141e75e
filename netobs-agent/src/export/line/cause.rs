//! A cause as a line tells it.
use netobs_core::{
    cause::{Cause, Kind, State},
    render,
    suggest::Suggestion,
};
use serde::Serialize;

use super::{CountLine, count, time};

#[derive(Serialize)]
pub(super) struct CauseLine {
    id: u64,
    kind: &'static str,
    state: &'static str,
    /// When the label was lost, or when it was mended.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    what: String,
    first: String,
    last: String,
    dropped: CountLine,
    unanswered: u64,
    passed: u64,
    policies: Vec<String>,
    /// What would mend it, to be run all of them.
    commands: Vec<String>,
}

impl CauseLine {
    pub(super) fn new(cause: &Cause, suggestions: &[Suggestion]) -> Self {
        let (state, since) = match cause.state {
            State::Active => ("active", None),
            State::Drifted { at } => ("drifted", Some(time(at))),
            State::Mended { at } => ("mended", Some(time(at))),
        };
        Self {
            id: cause.id.0,
            kind: kind_name(cause.key.kind),
            state,
            since,
            what: render::cause_headline(cause),
            first: time(cause.first),
            last: time(cause.last),
            dropped: count(cause.toll.dropped),
            unanswered: cause.toll.unanswered,
            passed: cause.toll.passed,
            policies: cause.policies.iter().map(ToString::to_string).collect(),
            commands: suggestions.first().map(render::commands).unwrap_or_default(),
        }
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Label => "label",
        Kind::Dns => "dns",
        Kind::Port => "port",
        Kind::Peer => "peer",
        Kind::NoRule => "no_rule",
        Kind::Denied => "denied",
        Kind::NotEnforced => "not_enforced",
        Kind::DroppedThoughAdmitted => "dropped_though_admitted",
    }
}
