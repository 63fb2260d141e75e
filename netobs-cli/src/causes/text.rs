//! A cause as a paragraph: what is wrong, where, when, how often, and the command that mends it.
use netobs_api::v1::{AffectedParty, AffectedPort, Cause, CauseState, Hint, HintKind, Suggestion};

use super::joined::{Joined, packets};
use crate::show::{Colour, View, clean, endpoint, plural};

/// `whole` with all ways to mend it and its number, otherwise with the smallest one.
pub(super) fn cause(joined: &Joined, whole: bool, view: &View) -> String {
    let Joined { cause, nodes } = joined;
    let paint = view.paint;
    let mended = joined.is_mended();
    let headline = paint.paint(if mended { Colour::Green } else { Colour::Red }, clean(&cause.headline));
    let mut text = format!("{headline}\n");
    let mut line = |what: String| text += &format!("  {what}\n");
    let span = view.clock.span(cause.first_unix_nanos, cause.last_unix_nanos);
    line(format!("{}; {}, {span}", state(cause, view), toll(cause)));
    line(format!("from {}", parties(&cause.sources)));
    line(format!(
        "to   {} on {}",
        parties(&cause.destinations),
        ports(&cause.ports)
    ));
    let nodes: Vec<_> = nodes
        .iter()
        .map(String::as_str)
        .filter(|node| !node.is_empty())
        .collect();
    if !nodes.is_empty() {
        let id = if whole {
            format!(" (cause {})", cause.id)
        } else {
            String::new()
        };
        line(format!("seen on {}{id}", nodes.join(", ")));
    }
    for hint in cause.hints.iter().filter_map(|hint| hint_text(hint, view)) {
        line(paint.paint(Colour::Yellow, format!("hint: {hint}")));
    }
    let shown = if whole { usize::MAX } else { 1 };
    let suggestions = cause.suggestions.iter().filter(|_| !mended).take(shown);
    for (index, suggestion) in suggestions.enumerate() {
        line(if index == 0 {
            "to mend it:".to_owned()
        } else {
            "or:".to_owned()
        });
        self::suggestion(suggestion, view).into_iter().for_each(&mut line);
    }
    text
}

/// In one line, for an update of what was told in full.
pub(super) fn update(joined: &Joined, view: &View) -> String {
    let cause = &joined.cause;
    let time = view.paint.paint(Colour::Dim, view.clock.moment(cause.last_unix_nanos));
    format!("{time}  {} so far: {}", toll(cause), clean(&cause.headline))
}

pub(super) fn toll(cause: &Cause) -> String {
    let parts = [
        (packets(cause), "packet", "dropped"),
        (cause.unanswered, "connection", "never answered"),
        (cause.passed, "connection", "passed"),
    ];
    let told = parts.into_iter().filter(|(count, ..)| *count > 0);
    let told: Vec<_> = told
        .map(|(count, one, what)| format!("{} {what}", plural(count, one)))
        .collect();
    if told.is_empty() {
        "nothing counted".to_owned()
    } else {
        told.join(", ")
    }
}

pub(super) fn parties(parties: &[AffectedParty]) -> String {
    let told = parties.iter().map(|affected| {
        let name = affected.party.as_ref().map_or("others", |party| party.text.as_str());
        format!("{} ({})", clean(name), affected.count)
    });
    told.collect::<Vec<_>>().join(", ")
}

pub(super) fn ports(ports: &[AffectedPort]) -> String {
    let told = ports.iter().map(|affected| {
        if affected.protocol == 0 {
            return format!("others ({})", affected.count);
        }
        let protocol = endpoint::protocol(affected.protocol(), affected.protocol_number);
        affected
            .port
            .map_or_else(|| protocol.clone(), |port| format!("{port}/{protocol}"))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn state(cause: &Cause, view: &View) -> String {
    let since = cause.state_since_unix_nanos.map(|since| view.clock.moment(since));
    let since = since.unwrap_or_else(|| "an unknown time".to_owned());
    let paint = view.paint;
    match cause.state() {
        CauseState::Active | CauseState::Unspecified => "active".to_owned(),
        CauseState::Drifted => paint.paint(Colour::Yellow, format!("active since the label was lost at {since}")),
        CauseState::Mended => paint.paint(Colour::Green, format!("mended at {since}")),
    }
}

/// What was there until some time is told in the reader's zone.
fn hint_text(hint: &Hint, view: &View) -> Option<String> {
    let text = match (hint.kind(), hint.until_unix_nanos) {
        (HintKind::WasThere, Some(until)) => {
            format!(
                "label {}={} was there until {}",
                hint.key,
                hint.value,
                view.clock.moment(until)
            )
        }
        _ => hint.text.clone(),
    };
    (!text.is_empty()).then(|| clean(&text))
}

fn suggestion(suggestion: &Suggestion, view: &View) -> Vec<String> {
    let command = |command: &String| format!("  {}", view.paint.paint(Colour::Cyan, clean(command)));
    let effect = |effect: &String| format!("    {}", clean(effect));
    let commands = suggestion.commands.iter().map(command);
    commands.chain(suggestion.effects.iter().map(effect)).collect()
}
