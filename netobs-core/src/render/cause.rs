//! Causes as text.
use std::fmt::Display;

use super::{commands, connection_hint, effects, label_hint, rule_hint, utc, word};
use crate::{
    cause::{Affected, Cause, Found, Hint, Kind, Labelled, Mend, Party, State, Toll, Want},
    labels::Operator,
    policy::Transport,
    suggest::Suggestion,
    workload::Workload,
};

/// The whole cause, for a terminal.
pub fn cause(cause: &Cause, suggestions: &[Suggestion]) -> String {
    let mut text = format!("{}\n", cause_headline(cause));
    let mut line = |what: String| text += &format!("  {what}\n");
    let (first, last) = (utc(cause.first), utc(cause.last));
    line(format!(
        "{}; {}, {first} to {last}",
        state(cause.state),
        toll(cause.toll)
    ));
    line(format!("from {}", affected(&cause.sources, party)));
    let ports = affected(&cause.ports, |(protocol, port)| {
        let protocol = Transport(*protocol);
        port.map_or_else(|| protocol.to_string(), |port| format!("{port}/{protocol}"))
    });
    line(format!("to {} on {ports}", affected(&cause.destinations, party)));
    for hint in cause.hints().filter_map(cause_hint) {
        line(format!("hint: {hint}"));
    }
    for suggestion in suggestions.iter().filter(|_| !cause.is_mended()).take(1) {
        for what in commands(suggestion).into_iter().chain(effects(suggestion)) {
            line(what);
        }
    }
    text
}

/// The cause in one sentence, without times and counts.
pub fn cause_headline(cause: &Cause) -> String {
    let policies = list(cause.policies.iter());
    let direction = word(cause.key.direction);
    match (cause.key.kind, &cause.key.mend) {
        (_, Mend::Labels(wants)) => {
            let wants: Vec<_> = wants
                .iter()
                .zip(&cause.found)
                .map(|(want, found)| lack(want, found))
                .collect();
            let verb = if cause.policies.len() == 1 { "wants" } else { "want" };
            format!("{}; {policies} {verb} {}", wants.join(" and "), wanted(&cause.key.mend))
        }
        (Kind::Dns, Mend::Traffic { subject, .. } | Mend::FurtherPorts { subject, .. }) => {
            format!(
                "{} may not ask for names: {direction} is isolated by {policies}",
                party(subject)
            )
        }
        (Kind::NotEnforced, _) => format!("nobody enforces {policies}: {} passed", traffic(cause)),
        (Kind::DroppedThoughAdmitted, _) => format!("{} was dropped, though policies admit it", traffic(cause)),
        (Kind::Denied, _) => format!("{policies} denies {}", traffic(cause)),
        (Kind::Port, _) => format!(
            "{}: {direction} rules of {policies} are for other ports",
            traffic(cause)
        ),
        (Kind::Label | Kind::Peer | Kind::NoRule, Mend::Traffic { .. } | Mend::FurtherPorts { .. }) => {
            format!("{}: no {direction} rule of {policies} is for it", traffic(cause))
        }
    }
}

/// `None` where the cause itself has said it.
pub fn cause_hint(hint: Hint<'_>) -> Option<String> {
    match hint {
        Hint::Label { hint, .. } => label_hint(hint),
        Hint::Rule(hint) => Some(rule_hint(hint)),
        Hint::Connection(hint) => Some(connection_hint(hint)),
    }
}

/// An end of affected traffic.
pub fn party(party: &Party) -> String {
    match party {
        Party::Workload { namespace, workload } => owner(namespace, workload),
        Party::Namespace(name) => format!("namespace {name}"),
        Party::Node(name) => format!("node {name}"),
        Party::Service(name) => format!("service {}/{}", name.namespace, name.name),
        Party::World(Some(address)) | Party::Unknown(Some(address)) => address.to_string(),
        Party::World(None) => "outside the cluster".to_owned(),
        Party::Unknown(None) => "unknown addresses".to_owned(),
    }
}

fn lack(want: &Want, found: &Found) -> String {
    let object = match &want.object {
        Labelled::Namespace(name) => format!("namespace {name}"),
        Labelled::Workload { namespace, workload } => owner(namespace, workload),
    };
    let key = &want.requirement.key;
    match &found.value {
        Some(value) => format!("{object} has label {key}={value}"),
        None => format!("{object} has no label {key}"),
    }
}

fn wanted(mend: &Mend) -> String {
    let Mend::Labels(wants) = mend else {
        return String::new();
    };
    let wants = wants.iter().map(|want| match want.requirement.operator {
        Operator::Exists => format!("label {}", want.requirement),
        Operator::DoesNotExist => format!("no label {}", want.requirement.key),
        Operator::In | Operator::NotIn => want.requirement.to_string(),
    });
    list(wants)
}

fn traffic(cause: &Cause) -> String {
    let Some([source, destination]) = cause.key.ends() else {
        return String::new();
    };
    let on = if let Mend::Traffic { protocol, port, .. } = &cause.key.mend {
        let protocol = Transport(*protocol);
        port.map_or_else(|| protocol.to_string(), |port| format!("{port}/{protocol}"))
    } else {
        "further ports".to_owned()
    };
    format!("{} to {} on {on}", party(source), party(destination))
}

fn owner(namespace: &str, workload: &Workload) -> String {
    format!("{} {namespace}/{}", workload.kind.as_str(), workload.name)
}

fn affected<T: Ord>(affected: &Affected<T>, name: impl Fn(&T) -> String) -> String {
    let mut members: Vec<_> = affected
        .iter()
        .map(|(member, count)| format!("{} ({count})", name(member)))
        .collect();
    if affected.others() > 0 {
        members.push(format!("others ({})", affected.others()));
    }
    members.join(", ")
}

fn state(state: State) -> String {
    match state {
        State::Active => "active".to_owned(),
        State::Drifted { at } => format!("active since the label was lost at {}", utc(at)),
        State::Mended { at } => format!("mended at {}", utc(at)),
    }
}

fn toll(toll: Toll) -> String {
    let Toll {
        dropped,
        unanswered,
        passed,
    } = toll;
    let parts = [
        (dropped.packets, "packet", "dropped"),
        (unanswered, "connection", "never answered"),
        (passed, "connection", "passed"),
    ];
    list(
        parts
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, what)| format!("{count} {one}{} {what}", if count == 1 { "" } else { "s" })),
    )
}

fn list<T: Display>(items: impl Iterator<Item = T>) -> String {
    let items: Vec<_> = items.map(|item| item.to_string()).collect();
    items.join(", ")
}
