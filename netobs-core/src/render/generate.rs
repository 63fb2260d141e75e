//! What generated policies rest on, and what they leave out, as comments for whoever reads them.
use std::{collections::BTreeMap, time::Duration};

use super::{protocol, utc};
use crate::{
    generate::{Draft, DraftRule, LeftOut, Phase, Plan, Purpose, Status, Why},
    inventory::{About, Edge, Listing, Mark, Place},
    labels::Symbol,
    policy::Direction,
};

/// How many edges a rule names, and how many are named as left out for one reason.
const MOST_NAMED: usize = 5;
const MOST_LEFT_OUT: usize = 20;
const DAY: Duration = Duration::from_hours(24);

/// At the head of the file: where it comes from, and what it leaves out.
pub fn head(plan: &Plan, listing: &Listing) -> Vec<String> {
    let namespace = &plan.namespace;
    let phase = match plan.phase {
        Phase::Dns => "Phase dns: name resolution is spelt out, everything else stays open.",
        Phase::Baseline => "Phase baseline: name resolution, the namespace itself and monitoring; nothing else passes.",
        Phase::Full => "Phase full: name resolution and what was seen; nothing else passes.",
    };
    let about = &listing.about;
    let mut lines = vec![
        format!("Network policies for namespace {namespace}, from what was seen of it. {phase}"),
        format!(
            "Seen until {}, watched for {}: {} edges.",
            utc(about.at),
            length(about.watched.length),
            plan.edges
        ),
    ];
    lines.extend(doubts(about));
    lines.extend(no_name_servers(plan).into_iter().flatten());
    let mut by_why: BTreeMap<Why, Vec<&LeftOut>> = BTreeMap::new();
    for one in &plan.left_out {
        by_why.entry(one.why).or_default().push(one);
    }
    for (why, list) in by_why {
        lines.push(String::new());
        lines.push(format!("{}:", reason(why)));
        let shown = list.iter().take(MOST_LEFT_OUT);
        lines.extend(shown.map(|one| format!("  {}", left_out(one, listing))));
        lines.extend(more(list.len(), MOST_LEFT_OUT));
    }
    lines
}

/// That no policy admits name resolution, and what to do about it.
pub fn no_name_servers(plan: &Plan) -> Option<[String; 2]> {
    let what = match plan.phase {
        Phase::Dns => "there is nothing to apply",
        Phase::Baseline | Phase::Full => "name resolution is refused",
    };
    let lines = [
        format!("No name server is known, as nobody was seen to ask one, and so {what}."),
        "Generate again when agents have watched a pod of any namespace ask one, or admit by hand the one that `netobs check` names."
            .to_owned(),
    ];
    (!plan.knows_name_servers).then_some(lines)
}

/// At the head of a policy.
pub fn purpose(draft: &Draft) -> Vec<String> {
    match &draft.purpose {
        Purpose::DefaultDeny => vec!["Nothing passes that no other policy admits.".to_owned()],
        Purpose::Dns => vec![
            "Every pod may ask name servers; over TCP too, as answers too long for UDP are asked for again.".to_owned(),
        ],
        Purpose::SameNamespace => vec!["Pods of this namespace may talk to each other.".to_owned()],
        Purpose::Monitoring => vec!["Monitoring may fetch metrics.".to_owned()],
        Purpose::Workloads { names, also } => {
            let names = list(names);
            let mut lines = vec![match (&draft.ingress, &draft.egress) {
                (Some(_), None) => format!("Who talks to {names}."),
                (None, Some(_)) => format!("Whom {names} talks to."),
                _ => format!("Who talks to {names}, and whom {names} talks to."),
            }];
            lines.extend(if draft.subject.is_everything() {
                Some(format!(
                    "Every pod of the namespace is selected, as no lasting label tells {names} from others."
                ))
            } else {
                also_selected(also)
            });
            lines
        }
    }
}

/// Above a rule: the edges it is for, the most used first. `alone`: the list it is in has no other rules.
pub fn rule(rule: &DraftRule, alone: bool, listing: &Listing) -> Vec<String> {
    let mut edges: Vec<_> = rule
        .edges
        .iter()
        .filter_map(|index| listing.edges.get(*index))
        .collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.connections));
    let mut lines: Vec<_> = match rule.status {
        Status::Admitted => Vec::new(),
        Status::SeenOnce if alone => {
            vec!["Seen once, and not admitted; take the marks here and the [] above away to admit it:".to_owned()]
        }
        Status::SeenOnce => vec!["Seen once, and not admitted; take the marks away to admit it:".to_owned()],
        Status::Open if edges.is_empty() => vec!["Everything else stays open in this phase.".to_owned()],
        Status::Open => {
            vec!["Nothing of this namespace was seen to ask a name server; this is one that others ask:".to_owned()]
        }
    };
    lines.extend(edges.iter().take(MOST_NAMED).map(|edge| seen(edge)));
    lines.extend(more(edges.len(), MOST_NAMED));
    lines.extend(also_selected(&rule.also));
    lines.extend(rule.indistinct.iter().take(MOST_NAMED).filter_map(indistinct));
    lines.extend(more(rule.indistinct.len(), MOST_NAMED));
    lines
}

/// One edge: who, how often, until when.
pub fn seen(edge: &Edge) -> String {
    let connections = match edge.connections {
        1 => "1 connection".to_owned(),
        more => format!("{more} connections"),
    };
    format!("{}: {connections} until {}", ends(edge), utc(edge.last))
}

pub fn ends(edge: &Edge) -> String {
    let (source, destination) = (place(&edge.key.source), place(&edge.key.destination));
    let what = [
        (Mark::ApiServer, " (the Kubernetes API)"),
        (Mark::Webhook, " (a webhook)"),
    ];
    let what = what.into_iter().find(|(mark, _)| edge.marks.has(*mark));
    let what = what.map_or("", |(_, what)| what);
    let protocol = protocol(edge.key.protocol);
    match edge.key.port {
        Some(port) => format!("{source} to {destination}{what} on {port}/{protocol}"),
        None => format!("{source} to {destination}{what} over {protocol}"),
    }
}

pub fn place(place: &Place) -> String {
    match place {
        Place::Workload { namespace, workload } => format!("{namespace}/{}", workload.name),
        Place::Service(service) => format!("service {}/{}", service.namespace, service.name),
        Place::Node(node) => format!("node {node}"),
        Place::World(block) => block.to_string(),
        Place::Unknown => "an unknown address".to_owned(),
    }
}

/// What may be missing though it happens.
fn doubts(about: &About) -> Vec<String> {
    let mut lines = Vec::new();
    if about.watched.length < DAY {
        lines.push("That is less than a day: what happens daily or weekly was not seen.".to_owned());
    }
    let forgotten = about.forgotten.for_room;
    if forgotten > 0 {
        lines.push(format!(
            "{forgotten} edges were let go for want of room: what they were is missing here."
        ));
    }
    lines
}

fn left_out(one: &LeftOut, listing: &Listing) -> String {
    let direction = match one.direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    let edge = listing.edges.get(one.edge);
    let edge = edge.map(seen).unwrap_or_default();
    format!("{direction}: {edge}")
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Dropped => "Not admitted, as it was dropped whenever it was seen (--include-dropped admits it)",
        Why::Unanswered => "Not admitted, as it was never answered (--include-dropped admits it)",
        Why::SeenOnce => "Not admitted, as it was seen once (--include-seen-once admits it)",
        Why::LaterPhase => "Not admitted in this phase",
        Why::NoLabels => "Not admitted, as no pod of it was seen, and so no labels to select it by",
        Why::NoOwner => "Not admitted, as it is not known whose the address was",
        Why::NoBackend => "Not admitted, as it is not known which pods served it",
        Why::NoAddress => "Not admitted, as the node's address was not seen",
        Why::NoPort => "Not admitted, as the port was not seen",
        Why::NoSuchProtocol => "Not admitted, as network policies cannot name the protocol; what enforces them decides",
        Why::AlwaysAdmitted => "Needs no rule, as a pod is always open to its own node and to itself",
    }
}

/// Why every pod of its namespace is selected.
fn indistinct(one: &Place) -> Option<String> {
    let why = match one {
        Place::Workload { .. } => format!("{} has no lasting label", place(one)),
        Place::Service(_) => format!("it is not known which pods serve {}", place(one)),
        Place::Node(_) | Place::World(_) | Place::Unknown => return None,
    };
    Some(format!("Every pod of {} is selected, as {why}.", one.namespace()?))
}

fn also_selected(also: &[Symbol]) -> Option<String> {
    let text = format!(
        "No lasting label tells it from {}, so that these are selected, too.",
        list(also)
    );
    (!also.is_empty()).then_some(text)
}

fn list(names: &[Symbol]) -> String {
    let shown: Vec<_> = names.iter().take(MOST_NAMED).map(Symbol::as_str).collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn more(all: usize, shown: usize) -> Option<String> {
    (all > shown).then(|| format!("and {} more", all - shown))
}

/// The two largest units that are not zero.
fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [
        ("days", seconds / 86_400),
        ("hours", seconds / 3_600 % 24),
        ("minutes", seconds / 60 % 60),
        ("seconds", seconds % 60),
    ];
    let parts = units.iter().skip_while(|(_, count)| *count == 0).take(2);
    let parts: Vec<_> = parts
        .filter(|(_, count)| *count > 0)
        .map(|(unit, count)| {
            let unit = if *count == 1 { &unit[..unit.len() - 1] } else { unit };
            format!("{count} {unit}")
        })
        .collect();
    if parts.is_empty() {
        "less than a second".to_owned()
    } else {
        parts.join(" ")
    }
}
