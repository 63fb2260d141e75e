//! Why a flow went as it did, in a few words.
use netobs_api::v1::{DirectionExplanation, Explanation, Flow, Ground, Judgement, Outcome, PolicyRef};

/// Empty where there is nothing to say.
pub(super) fn why(flow: &Flow) -> String {
    let lack = || flow.explanation.as_ref().map(lack).unwrap_or_default();
    match flow.judgement() {
        Judgement::Refused => lack(),
        Judgement::PerhapsRefused => join("perhaps refused", &lack()),
        Judgement::NotEnforced => join("passed, though policies do not admit it", &lack()),
        Judgement::NoPolicy => "not by a policy".to_owned(),
        Judgement::DroppedThoughAdmitted => "though policies admit it".to_owned(),
        Judgement::Settling => "policies or labels have only just changed".to_owned(),
        Judgement::Undecidable => join("policies cannot be evaluated", &missing(flow)),
        Judgement::Plain | Judgement::Unspecified => String::new(),
    }
}

/// What the rule that came nearest lacked.
fn lack(explanation: &Explanation) -> String {
    let directions = [&explanation.egress, &explanation.ingress].into_iter().flatten();
    let mut refusing = directions.filter(|direction| direction.outcome() == Outcome::DoesNotAdmit);
    refusing.next().map(in_direction).unwrap_or_default()
}

fn in_direction(direction: &DirectionExplanation) -> String {
    let rule = direction.rule.as_ref().and_then(|rule| rule.policy.as_ref());
    if let (Ground::Denied, Some(denies)) = (direction.ground(), rule) {
        return format!("denied by {}", policy(denies));
    }
    let Some(nearest) = direction.attempts.first() else {
        let policies: Vec<_> = direction.policies.iter().map(policy).collect();
        return format!("no rule of {} is for it", policies.join(", "));
    };
    let mismatches: Vec<_> = nearest
        .mismatches
        .iter()
        .map(|mismatch| mismatch.text.as_str())
        .collect();
    let of = nearest.rule.as_ref().and_then(|rule| rule.policy.as_ref()).map(policy);
    format!("{} ({})", mismatches.join("; "), of.unwrap_or_default())
}

fn missing(flow: &Flow) -> String {
    let explanation = flow.explanation.as_ref();
    let directions = explanation
        .into_iter()
        .flat_map(|explanation| [&explanation.egress, &explanation.ingress]);
    let mut missing = directions
        .flatten()
        .map(|direction| &direction.missing)
        .filter(|missing| !missing.is_empty());
    missing
        .next()
        .map(|missing| format!("{missing} is not known"))
        .unwrap_or_default()
}

fn join(what: &str, why: &str) -> String {
    if why.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {why}")
    }
}

fn policy(policy: &PolicyRef) -> String {
    let PolicyRef { kind, namespace, name } = policy;
    if namespace.is_empty() {
        format!("{kind} {name}")
    } else {
        format!("{kind} {namespace}/{name}")
    }
}
