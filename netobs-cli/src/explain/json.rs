//! The JSON of `netobs explain`, a contract: see docs/explain.md. Fields are added, never changed, within a version.
use netobs_core::{
    explain::{Attempt, ConnectionHint, DirectionExplanation, Explanation, Ground, RuleHint, RuleId},
    policy::{Connection, Direction, Endpoint, Outcome, PolicyId},
    render,
    suggest::{Affected, Opening, Suggestion},
};
use netobs_k8s::finding::Finding;
use serde::Serialize;

use self::mismatch::JsonMismatch;

mod mismatch;

const VERSION: u32 = 1;

#[derive(Serialize)]
pub(crate) struct Answer {
    version: u32,
    from: End,
    to: End,
    port: Option<u16>,
    protocol: String,
    decision: &'static str,
    ingress: Side,
    egress: Side,
    hints: Vec<Hint>,
    suggestions: Vec<JsonSuggestion>,
    /// What was left aside of the input, and what is unusual in it.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct End {
    kind: &'static str,
    namespace: Option<String>,
    name: Option<String>,
    address: Option<String>,
}

#[derive(Serialize)]
struct Side {
    decision: &'static str,
    reason: &'static str,
    /// The fact that an undecidable decision depends on.
    missing: Option<String>,
    /// The rule that admitted or denied.
    rule: Option<Rule>,
    policies: Vec<JsonPolicy>,
    nearest: Option<Rule>,
    mismatches: Vec<JsonMismatch>,
    attempts: Vec<JsonAttempt>,
    attempts_left_out: usize,
}

#[derive(Serialize)]
struct JsonPolicy {
    kind: &'static str,
    namespace: Option<String>,
    name: String,
}

#[derive(Serialize)]
struct Rule {
    policy: JsonPolicy,
    /// From 0, as in `spec.ingress[0]`.
    rule: Option<usize>,
    /// From 0, as in `from[0]`.
    peer: Option<usize>,
}

#[derive(Serialize)]
struct JsonAttempt {
    #[serde(flatten)]
    rule: Rule,
    mismatches: Vec<JsonMismatch>,
    hints: Vec<Hint>,
}

#[derive(Serialize)]
struct Hint {
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct JsonSuggestion {
    command: String,
    commands: Vec<String>,
    opens: Vec<JsonOpening>,
    closes: Vec<JsonOpening>,
    isolates: Vec<JsonPolicy>,
    frees: Vec<JsonPolicy>,
}

#[derive(Serialize)]
struct JsonOpening {
    policy: JsonPolicy,
    direction: &'static str,
    /// `namespace/pod`; the first of them.
    pods: Vec<String>,
    count: Option<usize>,
    ports: String,
    text: String,
}

pub(crate) fn answer(
    connection: &Connection<'_>,
    explanation: &Explanation,
    suggestions: &[Suggestion],
    findings: &[Finding],
) -> Answer {
    Answer {
        version: VERSION,
        from: End::of(connection.source),
        to: End::of(connection.destination),
        port: connection.port,
        protocol: render::protocol(connection.protocol),
        decision: word(explanation.outcome()),
        ingress: Side::of(&explanation.ingress, connection),
        egress: Side::of(&explanation.egress, connection),
        hints: explanation.hints.iter().map(connection_hint).collect(),
        suggestions: suggestions.iter().map(JsonSuggestion::of).collect(),
        notes: findings.iter().map(ToString::to_string).collect(),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "not_applicable",
        Outcome::Admits => "admits",
        Outcome::DoesNotAdmit => "does_not_admit",
        Outcome::Undecidable => "undecidable",
    }
}

impl End {
    fn of(endpoint: Endpoint<'_>) -> Self {
        let kind = match endpoint {
            Endpoint::Pod(_) => "pod",
            Endpoint::Node { .. } => "node",
            Endpoint::World(_) | Endpoint::Block(_) => "world",
            Endpoint::Unknown(_) => "unknown",
        };
        let (namespace, name, address) = match endpoint {
            Endpoint::Pod(pod) => (
                Some(pod.namespace.to_string()),
                Some(pod.name.to_string()),
                pod.addresses.first(),
            ),
            Endpoint::Node { name, .. } => (None, name.map(ToString::to_string), None),
            Endpoint::World(_) | Endpoint::Block(_) | Endpoint::Unknown(_) => (None, None, None),
        };
        let other = match endpoint {
            Endpoint::Node { address, .. } => address.map(|address| address.to_string()),
            Endpoint::World(address) | Endpoint::Unknown(address) => Some(address.to_string()),
            Endpoint::Block(block) => Some(block.to_string()),
            Endpoint::Pod(_) => None,
        };
        Self {
            kind,
            namespace,
            name,
            address: address.map(ToString::to_string).or(other),
        }
    }
}

impl Side {
    fn of(explanation: &DirectionExplanation, connection: &Connection<'_>) -> Self {
        let direction = explanation.direction;
        let (reason, rule) = reason(&explanation.ground);
        let missing = match explanation.ground {
            Ground::Missing(fact) => Some(render::missing(fact, connection)),
            Ground::NothingIsolates
            | Ground::Rule(_)
            | Ground::OwnNode
            | Ground::Itself
            | Ground::NoRuleAdmits
            | Ground::Denied(_) => None,
        };
        let attempts: Vec<_> = explanation
            .attempts
            .iter()
            .map(|attempt| JsonAttempt::of(attempt, direction, connection))
            .collect();
        let nearest = explanation.nearest();
        Self {
            decision: word(explanation.outcome()),
            reason,
            missing,
            rule: rule.map(|id| Rule {
                policy: JsonPolicy::of(&id.policy),
                rule: Some(id.index),
                peer: None,
            }),
            policies: explanation.policies.iter().map(JsonPolicy::of).collect(),
            nearest: nearest.map(Rule::of),
            mismatches: nearest
                .map(|attempt| mismatch::all(attempt, direction, connection))
                .unwrap_or_default(),
            attempts,
            attempts_left_out: explanation.attempts_left_out,
        }
    }
}

fn reason(ground: &Ground) -> (&'static str, Option<&RuleId>) {
    match ground {
        Ground::NothingIsolates => ("nothing_isolates", None),
        Ground::Rule(rule) => ("rule_admits", Some(rule)),
        Ground::OwnNode => ("own_node", None),
        Ground::Itself => ("itself", None),
        Ground::NoRuleAdmits => ("no_rule_admits", None),
        Ground::Denied(rule) => ("rule_denies", Some(rule)),
        Ground::Missing(_) => ("fact_missing", None),
    }
}

impl JsonPolicy {
    fn of(id: &PolicyId) -> Self {
        Self {
            kind: id.kind,
            namespace: id.namespace.as_ref().map(ToString::to_string),
            name: id.name.to_string(),
        }
    }
}

impl Rule {
    fn of(attempt: &Attempt) -> Self {
        Self {
            policy: JsonPolicy::of(&attempt.policy),
            rule: attempt.rule,
            peer: attempt.peer,
        }
    }
}

impl JsonAttempt {
    fn of(attempt: &Attempt, direction: Direction, connection: &Connection<'_>) -> Self {
        Self {
            rule: Rule::of(attempt),
            mismatches: mismatch::all(attempt, direction, connection),
            hints: attempt.hints.iter().map(rule_hint).collect(),
        }
    }
}

fn rule_hint(hint: &RuleHint) -> Hint {
    let kind = match hint {
        RuleHint::BothMustMatch { .. } => "both_must_match",
        RuleHint::PodSelectorIsLocal { .. } => "pod_selector_is_local",
        RuleHint::NoSuchNamespace { .. } => "no_such_namespace",
        RuleHint::NoSuchPod { .. } => "no_such_pod",
    };
    Hint {
        kind,
        text: render::rule_hint(hint),
    }
}

fn connection_hint(hint: &ConnectionHint) -> Hint {
    let kind = match hint {
        ConnectionHint::OneDirectionOnly {
            admitted: Direction::Ingress,
        } => "egress_missing",
        ConnectionHint::OneDirectionOnly {
            admitted: Direction::Egress,
        } => "ingress_missing",
        ConnectionHint::DnsNotAdmitted => "dns_not_admitted",
        ConnectionHint::ThisIsDns => "this_is_dns",
        ConnectionHint::EitherIsEnough { .. } => "either_is_enough",
    };
    Hint {
        kind,
        text: render::connection_hint(hint),
    }
}

impl JsonSuggestion {
    fn of(suggestion: &Suggestion) -> Self {
        let commands = render::commands(suggestion);
        Self {
            command: commands.join(" && "),
            commands,
            opens: suggestion.opens.iter().map(JsonOpening::of).collect(),
            closes: suggestion.closes.iter().map(JsonOpening::of).collect(),
            isolates: suggestion.isolates.iter().map(JsonPolicy::of).collect(),
            frees: suggestion.frees.iter().map(JsonPolicy::of).collect(),
        }
    }
}

impl JsonOpening {
    fn of(opening: &Opening) -> Self {
        let (pods, count) = match &opening.peers {
            Affected::Pods { some, count } => (
                some.iter()
                    .map(|(namespace, name)| format!("{namespace}/{name}"))
                    .collect(),
                Some(*count),
            ),
            Affected::PeersOfRule { .. } => (Vec::new(), None),
        };
        Self {
            policy: JsonPolicy::of(&opening.policy),
            direction: render::word(opening.direction),
            pods,
            count,
            ports: render::ports(&opening.ports),
            text: render::opening(opening),
        }
    }
}
