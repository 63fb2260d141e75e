//! A preview for a terminal: what breaks first, each edge with its explanation.
use netobs_core::{
    policy::{Endpoint, Outcome},
    preview::{Effect, Kind},
    render,
};

use super::Scene;

/// How many edges of a kind are explained.
const MOST_EXPLAINED: usize = 50;

pub(super) fn whole(scene: &Scene<'_>) -> String {
    let mut text = String::new();
    for kind in [Kind::Breaks, Kind::Undecidable, Kind::Refused, Kind::Admitted] {
        let effects: Vec<_> = scene.found.of(kind).collect();
        for effect in effects.iter().take(MOST_EXPLAINED) {
            text += &explained(scene, effect);
            text.push('\n');
        }
        if effects.len() > MOST_EXPLAINED {
            let more = effects.len() - MOST_EXPLAINED;
            text += &format!("{}: and {more} more; -o table lists all\n\n", word(kind));
        }
    }
    text + &summary(scene)
}

pub(super) fn table(scene: &Scene<'_>) -> String {
    let line = |effect: &Effect| format!("{:<12} {}\n", word(effect.kind), seen(scene, effect));
    let lines: String = scene.found.effects.iter().map(line).collect();
    lines + &summary(scene)
}

pub(super) const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Breaks => "BREAKS",
        Kind::Undecidable => "UNDECIDABLE",
        Kind::Refused => "REFUSED",
        Kind::Admitted => "ADMITTED",
    }
}

fn explained(scene: &Scene<'_>, effect: &Effect) -> String {
    let mut text = format!("{} {}\n", word(effect.kind), seen(scene, effect));
    let why = match effect.kind {
        Kind::Breaks | Kind::Undecidable => None,
        Kind::Refused => Some("it never came through anyway"),
        Kind::Admitted => Some("refused by the policies in force:"),
    };
    if let Some(why) = why {
        text += &format!("  {why}\n");
    }
    if let Some(doubt) = doubt(scene, effect) {
        text += &format!("  {doubt}\n");
    }
    let Some((connection, explanation)) = effect.explain(scene.listing, &scene.before, &scene.after) else {
        return text;
    };
    let whole = render::explanation(&connection, &explanation, &[]);
    for line in whole.lines().filter(|line| !line.is_empty()) {
        text += &format!("  {line}\n");
    }
    text
}

fn seen(scene: &Scene<'_>, effect: &Effect) -> String {
    let edge = scene.listing.edges.get(effect.edge);
    edge.map(render::generate::seen).unwrap_or_default()
}

/// What makes it undecidable beside a fact that the explanation names.
pub(super) fn doubt(scene: &Scene<'_>, effect: &Effect) -> Option<String> {
    let edge = scene.listing.edges.get(effect.edge)?;
    if effect.kind != Kind::Undecidable {
        return None;
    }
    let Some(connection) = effect.connection(scene.listing, &scene.after) else {
        let text = "neither pods nor addresses of it were kept, so that no policy can be asked about it";
        return Some(text.to_owned());
    };
    if !edge.key.protocol.has_ports() {
        let protocol = render::protocol(edge.key.protocol);
        return Some(format!(
            "network policies cannot name {protocol}, so what enforces them decides; by their letter:"
        ));
    }
    match (connection.source, connection.destination) {
        (Endpoint::Block(block), _) | (_, Endpoint::Block(block)) => Some(format!(
            "too many addresses of {block} were seen to keep each: admit all of it, or make sure that the rest is not needed"
        )),
        (..) => None,
    }
}

fn summary(scene: &Scene<'_>) -> String {
    let found = scene.found;
    let count = |kind| found.of(kind).count();
    let mut text = format!(
        "edges: {}; would break: {}, undecidable: {}, refused and never came through: {}, newly admitted: {} (policies: {} in force, \
         {} then)\n",
        found.edges,
        count(Kind::Breaks),
        count(Kind::Undecidable),
        count(Kind::Refused),
        count(Kind::Admitted),
        scene.before.policies.len(),
        scene.after.policies.len(),
    );
    if found.refused_before > 0 {
        text += &format!(
            "came through though the policies in force refuse them, and refused further on: {}; policies are not enforced, or \
             labels or policies were others at the time\n",
            found.refused_before
        );
    }
    if count(Kind::Undecidable) > 0 {
        text += "what is undecidable may break: see what would have to be known\n";
    }
    text
}

/// As the documented JSON has it.
pub(super) const fn decision(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Admits => "admits",
        Outcome::DoesNotAdmit => "does_not_admit",
        Outcome::NotApplicable => "not_applicable",
        Outcome::Undecidable => "undecidable",
    }
}
