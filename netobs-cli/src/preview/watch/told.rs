//! The verdict, as text and as JSON.
use std::collections::BTreeSet;

use netobs_api::v1::Cause;
use serde::Serialize;

use super::tally::{Judgement, Outcome, Toll};
use crate::show::{Colour, View, clean, duration, plural};

/// As in the documented JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    version: u32,
    policy: String,
    verdict: &'static str,
    watched_seconds: f64,
    came_through: usize,
    causes: Vec<JsonCause<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roll_back: Option<String>,
    /// Other policies of the pods that were refused.
    also_isolated_by: BTreeSet<String>,
}

/// The cause as its agent tells it, and what was counted since the watch began.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonCause<'a> {
    dropped_packets: u64,
    unanswered: u64,
    passed: u64,
    cause: &'a Cause,
}

pub(super) fn json(outcome: &Outcome) -> Answer<'_> {
    let causes = outcome.causes.iter().map(|(cause, toll)| JsonCause {
        dropped_packets: toll.packets,
        unanswered: toll.unanswered,
        passed: toll.passed,
        cause,
    });
    Answer {
        version: 1,
        policy: outcome.policy.to_string(),
        verdict: match outcome.verdict() {
            Judgement::Go => "go",
            Judgement::RollBack => "roll-back",
            Judgement::NotEnforced => "not-enforced",
            Judgement::NothingSeen => "nothing-seen",
        },
        watched_seconds: outcome.watched.as_secs_f64(),
        came_through: outcome.came_through,
        causes: causes.collect(),
        also_isolated_by: outcome.also_isolating(),
        roll_back: (outcome.verdict() == Judgement::RollBack).then(|| outcome.policy.roll_back()),
    }
}

pub(super) fn text(outcome: &Outcome, view: &View) -> String {
    let Outcome { policy, causes, .. } = outcome;
    let watched = duration(outcome.watched);
    let through = came_through(outcome);
    let (colour, word, says) = match outcome.verdict() {
        Judgement::Go => (
            Colour::Green,
            "go",
            format!("nothing was refused because of {policy} in {watched}, while {through}"),
        ),
        Judgement::RollBack => (
            Colour::Red,
            "roll back",
            format!("in {watched} this was refused because of {policy}, while {through}"),
        ),
        Judgement::NotEnforced => (
            Colour::Red,
            "no verdict",
            format!(
                "nobody enforces {policy}: in {watched} this passed, which it does not admit; `netobs check` says more"
            ),
        ),
        Judgement::NothingSeen if outcome.silent > 0 => (
            Colour::Yellow,
            "no verdict",
            format!(
                "{} did not tell what is refused there",
                plural(outcome.silent as u64, "agent")
            ),
        ),
        Judgement::NothingSeen => (
            Colour::Yellow,
            "no verdict",
            format!(
                "no connection of namespace {} was seen in {watched}; watch for longer (--for)",
                policy.namespace
            ),
        ),
    };
    let mut text = format!("{}: {says}\n", view.paint.paint(colour, word));
    for (cause, toll) in causes {
        text += &format!("  {}: {}\n", counted(*toll), clean(&cause.headline));
    }
    if outcome.known_before > 0 {
        text += &format!(
            "{} of it known before, of which nothing was seen since: `netobs causes -n {}`\n",
            plural(outcome.known_before as u64, "cause"),
            policy.namespace
        );
    }
    if outcome.verdict() == Judgement::RollBack {
        text += &roll_back(outcome, view);
    }
    text
}

fn roll_back(outcome: &Outcome, view: &View) -> String {
    let policy = &outcome.policy;
    let command = view.paint.paint(Colour::Cyan, policy.roll_back());
    let others: Vec<_> = outcome.also_isolating().into_iter().collect();
    let others = match others.as_slice() {
        [] => String::new(),
        _ => format!(
            "but these pods are isolated by {} too, which goes on to refuse what it does not admit\n",
            others.join(" and ")
        ),
    };
    format!(
        "to roll back:\n  {command}\nor apply its former version again, if it had one; or mend what it refuses, as told above\n{others}"
    )
}

fn came_through(outcome: &Outcome) -> String {
    let more = if outcome.all_counted { "" } else { " or more" };
    let count = plural(outcome.came_through as u64, "connection");
    format!("{count}{more} of namespace {} came through", outcome.policy.namespace)
}

fn counted(toll: Toll) -> String {
    let parts = [
        (toll.packets, "packet", "dropped"),
        (toll.unanswered, "connection", "never answered"),
        (toll.passed, "connection", "passed"),
    ];
    let told = parts.into_iter().filter(|(count, ..)| *count > 0);
    let told: Vec<_> = told
        .map(|(count, one, what)| format!("{} {what}", plural(count, one)))
        .collect();
    told.join(", ")
}
