//! What a probe says, and what it does not: a connection that failed says nothing unless it is known that somebody listens.
use std::collections::BTreeSet;

use netobs_core::policy::Outcome;

use super::{
    super::finding::{Finding, Topic},
    Probed,
    exec::Fate,
    tool::Met,
};

/// What shows that somebody listens there.
enum Control<'a> {
    Probe(&'a Probed),
    Others,
}

pub(in super::super) fn findings(probed: &[Probed]) -> Vec<Finding> {
    probed.iter().map(|one| finding(one, probed)).collect()
}

fn finding(one: &Probed, all: &[Probed]) -> Finding {
    let met = match &one.fate {
        Fate::Unknown(why) => {
            let says = format!("{} is not known: {why}", ends(one));
            return Finding::note(Topic::Probe, says)
                .with("name a pod with one of these tools in it; a pod for the purpose must have the labels that policies look at");
        }
        Fate::Met(met) => *met,
    };
    match one.outcome {
        Outcome::Admits | Outcome::NotApplicable if met == Met::Connected => {
            Finding::good(Topic::Probe, format!("{} comes through, as policies admit", ends(one)))
        }
        Outcome::Admits | Outcome::NotApplicable => admitted_and_failed(one, met, all),
        Outcome::DoesNotAdmit if met == Met::Connected => Finding::mend(
            Topic::Probe,
            format!(
                "{} comes through, and {}: it is not enforced there",
                ends(one),
                refused_by(one)
            ),
            "see that a policy engine runs on the nodes of both pods and reports no errors, and `netobs causes --kind not-enforced`",
        ),
        Outcome::DoesNotAdmit => refused_and_failed(one, met, all),
        Outcome::Undecidable => Finding::note(
            Topic::Probe,
            format!(
                "{} {}; what policies say of it depends on something that is not known",
                ends(one),
                word(met)
            ),
        )
        .with(format!(
            "`netobs explain --from {} --to {} --port {}` names it",
            one.probe.from, one.probe.to, one.probe.port
        )),
    }
}

fn refused_and_failed(one: &Probed, met: Met, all: &[Probed]) -> Finding {
    if !one.evidence.dropped.is_empty() {
        let says = format!(
            "{} is refused as policies want: {} ({})",
            ends(one),
            dropped(&one.evidence.dropped),
            refused_by(one)
        );
        return Finding::good(Topic::Probe, says);
    }
    if !one.evidence.dropped_otherwise.is_empty() {
        let says = format!(
            "{} {}, and not because of a policy, which would not admit it: {}",
            ends(one),
            word(met),
            dropped(&one.evidence.dropped_otherwise)
        );
        return Finding::note(Topic::Probe, says)
            .with("a port where nobody listens says nothing of policies; probe one that is open");
    }
    match control(one, all) {
        Some(control) => Finding::good(
            Topic::Probe,
            format!(
                "{} is refused as policies want: it {}, and the port is open, for {} ({})",
                ends(one),
                word(met),
                told(&control),
                refused_by(one)
            ),
        ),
        None => Finding::note(
            Topic::Probe,
            format!(
                "{} {}, and {}; that proves nothing, for nothing shows that port {} is open",
                ends(one),
                word(met),
                refused_by(one),
                one.probe.port
            ),
        )
        .with(format!(
            "give a second --probe to {}:{}, from a pod that policies admit",
            one.probe.to, one.probe.port
        )),
    }
}

fn admitted_and_failed(one: &Probed, met: Met, all: &[Probed]) -> Finding {
    const SOMETHING_ELSE: &str = "something else than a NetworkPolicy drops it, such as another kind of policy, a firewall of the node or a \
         route that is missing; `netobs causes --kind dropped-though-admitted` and `netobs flows --verdict dropped` say what was seen";
    if !one.evidence.dropped.is_empty() {
        let says = format!(
            "{} {}, though policies admit it: {}",
            ends(one),
            word(met),
            dropped(&one.evidence.dropped)
        );
        return Finding::mend(Topic::Probe, says, SOMETHING_ELSE);
    }
    if !one.evidence.dropped_otherwise.is_empty() {
        let says = format!(
            "{} {}, and not because of a policy: {}",
            ends(one),
            word(met),
            dropped(&one.evidence.dropped_otherwise)
        );
        return Finding::note(Topic::Probe, says).with("see that somebody listens at that port");
    }
    match control(one, all) {
        Some(control) => Finding::mend(
            Topic::Probe,
            format!(
                "{} {}, though policies admit it and the port is open, for {}",
                ends(one),
                word(met),
                told(&control)
            ),
            SOMETHING_ELSE,
        ),
        None => Finding::note(
            Topic::Probe,
            format!(
                "{} {}, though policies admit it; nothing shows that port {} is open",
                ends(one),
                word(met),
                one.probe.port
            ),
        )
        .with("see that somebody listens at that port, and probe again"),
    }
}

fn control<'a>(one: &Probed, all: &'a [Probed]) -> Option<Control<'a>> {
    let reaches = |other: &&Probed| {
        (&other.probe.to, other.probe.port) == (&one.probe.to, one.probe.port)
            && other.fate == Fate::Met(Met::Connected)
    };
    let probe = all.iter().find(reaches).map(Control::Probe);
    probe.or(one.evidence.others_are_answered.then_some(Control::Others))
}

fn told(control: &Control<'_>) -> String {
    match control {
        Control::Probe(other) => format!("{} reached it", other.probe.from),
        Control::Others => "agents saw it answer others".to_owned(),
    }
}

fn ends(one: &Probed) -> String {
    format!("{} to {}:{}", one.probe.from, one.probe.to, one.probe.port)
}

fn refused_by(one: &Probed) -> String {
    format!("no rule of {} admits it", one.refusing.join(", "))
}

fn dropped(seen: &BTreeSet<(String, String)>) -> String {
    let each: Vec<_> = seen
        .iter()
        .map(|(reason, node)| format!("{reason} on {node}"))
        .collect();
    format!("agents saw it dropped, {}", each.join(", "))
}

const fn word(met: Met) -> &'static str {
    match met {
        Met::Connected => "came through",
        Met::TurnedAway => "was turned away",
        Met::Unanswered => "got no answer",
    }
}
