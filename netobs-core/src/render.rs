//! Explanations and suggestions as text; the one place where it is written.
use std::fmt::Write;

pub use self::{
    cause::{cause, cause_headline, cause_hint, party},
    change::{command, commands},
    hint::{connection_hint, label_hint, port_hint, rule_hint},
    mismatch::mismatch,
    time::utc,
};
use crate::{
    directory::Doubt,
    event::Protocol,
    explain::{Attempt, DirectionExplanation, Explanation, Ground},
    policy::{
        Connection, Direction, End, Endpoint, Missing, Namespaces, Outcome, PolicyId, PortMatch, Ports, Subject,
        Transport,
    },
    suggest::{Affected, Opening, Suggestion},
};

pub mod audit;
mod cause;
mod change;
pub mod generate;
pub mod guard;
mod hint;
mod mismatch;
mod patch;
mod time;

/// The whole story of one connection, for a terminal.
pub fn explanation(connection: &Connection<'_>, explanation: &Explanation, suggestions: &[Suggestion]) -> String {
    let mut text = format!("{}\n", headline(connection, explanation.outcome()));
    for direction in [Direction::Egress, Direction::Ingress] {
        text.push('\n');
        text += &direction_text(connection, explanation.of(direction));
    }
    if !explanation.hints.is_empty() {
        text.push('\n');
    }
    for hint in &explanation.hints {
        line(&mut text, &format!("note: {}", connection_hint(hint)));
    }
    if !suggestions.is_empty() {
        text += "\nAny of these would admit it:\n";
    }
    for suggestion in suggestions {
        text.push('\n');
        text += &self::suggestion(suggestion);
    }
    text
}

pub fn headline(connection: &Connection<'_>, outcome: Outcome) -> String {
    let (source, destination) = (endpoint(connection.source), endpoint(connection.destination));
    let ends = format!("{source} to {destination} on {}", port(connection));
    match outcome {
        Outcome::Admits => format!("ADMITTED: {ends}"),
        Outcome::NotApplicable => format!("ADMITTED: {ends}; no policy isolates either end"),
        Outcome::DoesNotAdmit => format!("NOT ADMITTED: {ends}"),
        Outcome::Undecidable => format!("UNDECIDABLE: {ends}"),
    }
}

/// What else a suggestion does, one line each.
pub fn effects(suggestion: &Suggestion) -> Vec<String> {
    let opens = suggestion
        .opens
        .iter()
        .map(|one| format!("also opens: {}", opening(one)));
    let closes = suggestion.closes.iter().map(|one| format!("closes: {}", opening(one)));
    let isolates = suggestion
        .isolates
        .iter()
        .map(|policy| format!("{policy} would begin to isolate a pod"));
    let frees = suggestion
        .frees
        .iter()
        .map(|policy| format!("{policy} would cease to isolate a pod"));
    opens.chain(closes).chain(isolates).chain(frees).collect()
}

pub fn opening(opening: &Opening) -> String {
    let Opening {
        policy,
        direction,
        peers,
        subject,
        ports,
    } = opening;
    let (subject, ports) = (self::subject(subject), self::ports(ports));
    let peers = match peers {
        Affected::PeersOfRule { rule } => format!("everybody whom {} rule {} is for", word(*direction), rule + 1),
        Affected::Pods { some, count } => {
            let names: Vec<_> = some
                .iter()
                .map(|(namespace, name)| format!("{namespace}/{name}"))
                .collect();
            let more = if *count > some.len() {
                format!(" and {} more", count - some.len())
            } else {
                String::new()
            };
            format!("{}{more}", names.join(", "))
        }
    };
    match direction {
        Direction::Ingress => format!("{peers} to {subject} on {ports} ({policy})"),
        Direction::Egress => format!("{subject} to {peers} on {ports} ({policy})"),
    }
}

pub fn endpoint(endpoint: Endpoint<'_>) -> String {
    match endpoint {
        Endpoint::Pod(pod) if pod.host_network => format!("{}/{} (host network)", pod.namespace, pod.name),
        Endpoint::Pod(pod) => format!("{}/{}", pod.namespace, pod.name),
        Endpoint::Node { name: Some(name), .. } => format!("node {name}"),
        Endpoint::Node {
            name: None,
            address: Some(address),
        } => format!("node {address}"),
        Endpoint::Node {
            name: None,
            address: None,
        } => "a node".to_owned(),
        Endpoint::World(address) | Endpoint::Unknown(address) => address.to_string(),
        Endpoint::Block(block) => block.to_string(),
    }
}

/// Why it is not known whose an address is.
pub fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Several => "several pods may have had this address".to_owned(),
        Doubt::Former(pod) => format!(
            "pod {}/{} had this address before, and of a later one nothing was heard",
            pod.namespace, pod.name
        ),
        Doubt::Unheard => "it is a pod's address, and of that pod nothing was heard yet".to_owned(),
        Doubt::Unlisted => "the cluster's pods are not all known yet".to_owned(),
    }
}

pub fn port(connection: &Connection<'_>) -> String {
    let protocol = Transport(connection.protocol);
    match connection.port {
        Some(port) if connection.protocol.has_ports() => format!("{port}/{protocol}"),
        _ => protocol.to_string(),
    }
}

pub fn protocol(protocol: Protocol) -> String {
    Transport(protocol).to_string()
}

pub fn ports(ports: &Ports) -> String {
    match ports {
        Ports::All => "any port".to_owned(),
        Ports::Of(list) => port_list(list),
    }
}

pub fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// What would have to be known.
pub fn missing(missing: Missing, connection: &Connection<'_>) -> String {
    let end = |end: End| endpoint(connection.end(end));
    match missing {
        Missing::Owner(side) => format!("the owner of address {}", end(side)),
        Missing::NamespaceLabels(side) => match connection.end(side) {
            Endpoint::Pod(pod) => format!("the labels of namespace {}", pod.namespace),
            Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Block(_) | Endpoint::Unknown(_) => {
                "the namespace's labels".to_owned()
            }
        },
        Missing::Address(side) => match connection.end(side) {
            Endpoint::Block(block) => format!("the address in {block}"),
            Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) | Endpoint::Unknown(_) => {
                format!("the IP address of {}", end(side))
            }
        },
        Missing::AddressFamily(side) => format!("the one of its IP addresses that {} uses", end(side)),
        Missing::Port => "the destination port".to_owned(),
        Missing::Node => "the nodes of both ends".to_owned(),
    }
}

pub(crate) fn port_list(list: &[PortMatch]) -> String {
    let texts: Vec<_> = list.iter().map(ToString::to_string).collect();
    texts.join(" or ")
}

fn direction_text(connection: &Connection<'_>, explanation: &DirectionExplanation) -> String {
    let mut text = String::new();
    let direction = word(explanation.direction);
    let pod = endpoint(connection.end(explanation.direction.subject()));
    let policies = policy_list(&explanation.policies);
    let verdict = match &explanation.ground {
        Ground::NothingIsolates => format!("no policy isolates {pod}"),
        Ground::Rule(rule) => format!("admitted by {}, rule {}", rule.policy, rule.index + 1),
        Ground::OwnNode => format!("admitted, as {pod} is always open to its own node"),
        Ground::Itself => format!("admitted, as {pod} is always open to itself"),
        Ground::NoRuleAdmits => format!("not admitted; {pod} is isolated by {policies}"),
        Ground::Denied(rule) => format!("denied by {}, rule {}", rule.policy, rule.index + 1),
        Ground::Missing(fact) => format!("undecidable without {}", missing(*fact, connection)),
    };
    line(&mut text, &format!("{direction}: {verdict}"));
    let left_out = explanation.attempts.len().saturating_sub(SHOWN) + explanation.attempts_left_out;
    for attempt in explanation.attempts.iter().take(SHOWN) {
        attempt_text(&mut text, attempt, explanation.direction, connection);
    }
    if left_out > 0 {
        line(&mut text, &format!("  and {left_out} that came less near"));
    }
    text
}

/// How many rules that came near are worth a reader's time.
const SHOWN: usize = 3;

fn attempt_text(text: &mut String, attempt: &Attempt, direction: Direction, connection: &Connection<'_>) {
    let rule = match (attempt.rule, attempt.peer) {
        (Some(rule), Some(peer)) => format!(", {} rule {}, peer {}", word(direction), rule + 1, peer + 1),
        (Some(rule), None) => format!(", {} rule {}", word(direction), rule + 1),
        (None, _) => String::new(),
    };
    line(text, &format!("  {}{rule}:", attempt.policy));
    for one in &attempt.mismatches {
        line(text, &format!("    - {}", mismatch(one, direction, connection)));
    }
    for hint in &attempt.hints {
        line(text, &format!("    hint: {}", rule_hint(hint)));
    }
}

fn suggestion(suggestion: &Suggestion) -> String {
    let mut text = String::new();
    for command in commands(suggestion) {
        line(&mut text, &format!("  {command}"));
    }
    for effect in effects(suggestion) {
        line(&mut text, &format!("    {effect}"));
    }
    text
}

fn subject(subject: &Subject) -> String {
    let namespaces = match &subject.namespaces {
        Namespaces::Named(name) => name.to_string(),
        Namespaces::Matching(selector) if selector.is_everything() => "every namespace".to_owned(),
        Namespaces::Matching(selector) => format!("namespaces with {selector}"),
    };
    if subject.pods.is_everything() {
        format!("all pods of {namespaces}")
    } else {
        format!("pods of {namespaces} with {}", subject.pods)
    }
}

fn policy_list(policies: &[PolicyId]) -> String {
    let texts: Vec<_> = policies.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
