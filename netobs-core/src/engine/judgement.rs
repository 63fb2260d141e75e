//! Holds what happened to a flow against what policies say, and makes causes of what they explain.
use std::{net::IpAddr, sync::Arc};

use super::{Engine, ExplainedFlow, Judgement, Live, Output, Suspicion};
use crate::{
    cause::{self, Ends, Example, Finding, Kind, Sighting, Toll},
    directory::{Doubt, Owner},
    enrich::{EnrichedFlow, enrich},
    event::{DropReading, Place, ReasonId, Tuple},
    flow::{Evidence, Flow, Verdict},
    policy::Outcome,
    time::Timestamp,
};

/// What happened, as far as policies may have to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Dropped(Suspicion),
    Unanswered,
    Passed,
    Open,
}

impl Engine {
    /// Takes a flow that is new or not as it was; with what was dropped of it, if that is the reason.
    pub fn handle_flow(&mut self, flow: Flow, dropped: Option<&DropReading>) {
        let mut enriched = enrich(flow, &self.directory);
        self.learn_from(&enriched);
        self.services.join(&mut enriched, &self.directory);
        let explained = self.explain_flow(enriched, dropped);
        if let Some(dropped) = dropped {
            *self.drops.entry(explained.judgement).or_default() += dropped.count;
        }
        self.outputs.push(Output::Flow(Arc::new(explained)));
    }

    fn learn_from(&mut self, flow: &EnrichedFlow) {
        let tuple = flow.flow.tuple;
        let source = (&flow.source, tuple.source, flow.flow.source_interface);
        let destination = (&flow.destination, tuple.destination, flow.flow.destination_interface);
        for (owner, address, interface) in [source, destination] {
            match (owner, interface) {
                (Owner::Pod { pod, .. }, Some(interface)) => self.directory.seen_at(address, &pod.uid, interface),
                (Owner::Unknown(Doubt::Unheard), None) => self.directory.meet_stranger(address, flow.flow.last),
                _ => {}
            }
        }
    }

    fn explain_flow(&mut self, enriched: EnrichedFlow, dropped: Option<&DropReading>) -> ExplainedFlow {
        let fate = self.fate(&enriched.flow, dropped);
        let mut explained = ExplainedFlow {
            enriched,
            outcome: None,
            judgement: if fate == Fate::Dropped(Suspicion::None) {
                Judgement::NoPolicy
            } else {
                Judgement::Plain
            },
            explanation: None,
            causes: Vec::new(),
        };
        if !self.is_ready() || !is_for_policies(&explained.enriched.flow.tuple) {
            return explained;
        }
        let policies = self.policies.set();
        let judged = self.judge.judge(ends(&explained.enriched), policies, &self.directory);
        explained.outcome = Some(judged.outcome);
        explained.judgement = judgement(fate, judged.outcome);
        if matches!(explained.judgement, Judgement::Plain | Judgement::NoPolicy) {
            return explained;
        }
        let live = Live {
            directory: &self.directory,
            history: &self.history,
            selected: &self.selected,
        };
        let example = Example {
            explanation: judged.explanation(policies, live),
            source: judged.source.clone(),
            destination: judged.destination.clone(),
            tuple: judged.tuple,
        };
        explained.explanation = Some(Arc::clone(&example.explanation));
        if self.is_settling(explained.judgement, &explained.enriched) {
            explained.judgement = Judgement::Settling;
        } else {
            self.add_causes(&mut explained, &example, dropped);
        }
        explained
    }

    fn fate(&self, flow: &Flow, dropped: Option<&DropReading>) -> Fate {
        let suspicion = |reason: ReasonId, place: Place| self.reasons.suspicion(reason, place);
        if let Some(dropped) = dropped {
            return Fate::Dropped(suspicion(dropped.reason, dropped.place));
        }
        match flow.verdict {
            Verdict::Dropped => {
                let drops = flow.drops.iter().map(|one| suspicion(one.reason, one.place));
                Fate::Dropped(drops.min().unwrap_or(Suspicion::Unspecified))
            }
            Verdict::Unanswered => Fate::Unanswered,
            // What reached the responder's interface may still have been dropped behind it.
            Verdict::Forwarded if flow.evidence == Evidence::Replied => Fate::Passed,
            Verdict::Forwarded | Verdict::Seen => Fate::Open,
        }
    }

    /// Enforcers take a moment to follow policies, and leave connections alone that were there before.
    fn is_settling(&self, judgement: Judgement, enriched: &EnrichedFlow) -> bool {
        let settled_at = match judgement {
            Judgement::NotEnforced => enriched.flow.first,
            Judgement::DroppedThoughAdmitted => enriched.flow.last,
            Judgement::Plain
            | Judgement::Refused
            | Judgement::PerhapsRefused
            | Judgement::NoPolicy
            | Judgement::Settling
            | Judgement::Undecidable => return false,
        };
        let pods = [&enriched.source, &enriched.destination]
            .into_iter()
            .filter_map(|end| end.pod());
        let youngest = pods.filter_map(|pod| pod.started).max().unwrap_or_default();
        let changed = self.policies.changed().max(self.relabelled).max(youngest);
        settled_at < changed.plus(self.limits.lag)
    }

    fn add_causes(&mut self, explained: &mut ExplainedFlow, example: &Example, dropped: Option<&DropReading>) {
        let flow = &explained.enriched.flow;
        let asked_of_service = matches!(explained.enriched.destination, Owner::Service(_));
        if asked_of_service && explained.enriched.twin.is_some() {
            return;
        }
        let Some(toll) = self.toll(explained.judgement, flow, dropped) else {
            return;
        };
        let span = dropped.map_or((flow.first, flow.last), |dropped| (dropped.first, dropped.last));
        for finding in findings(explained.judgement, example) {
            let sighting = sighting(finding, example.clone(), toll, span);
            explained.causes.extend(self.causes.add(sighting));
        }
    }

    /// What there is to count that was not counted before.
    fn toll(&mut self, judgement: Judgement, flow: &Flow, dropped: Option<&DropReading>) -> Option<Toll> {
        match judgement {
            Judgement::Refused | Judgement::DroppedThoughAdmitted => Some(Toll::of_drops(dropped?.count)),
            Judgement::PerhapsRefused => self.counted_unanswered.is_first(flow.id).then_some(Toll {
                unanswered: 1,
                ..Toll::default()
            }),
            Judgement::NotEnforced => self.counted_passed.is_first(flow.id).then_some(Toll {
                passed: 1,
                ..Toll::default()
            }),
            Judgement::Plain | Judgement::NoPolicy | Judgement::Settling | Judgement::Undecidable => None,
        }
    }
}

fn findings(judgement: Judgement, example: &Example) -> Vec<Finding> {
    let disagreement = |kind| vec![cause::disagreement(kind, &example.explanation, example.ends())];
    match judgement {
        Judgement::NotEnforced => disagreement(Kind::NotEnforced),
        Judgement::DroppedThoughAdmitted => disagreement(Kind::DroppedThoughAdmitted),
        Judgement::Refused | Judgement::PerhapsRefused => cause::find(&example.explanation, example.ends()),
        Judgement::Plain | Judgement::NoPolicy | Judgement::Settling | Judgement::Undecidable => Vec::new(),
    }
}

fn ends(enriched: &EnrichedFlow) -> Ends<'_> {
    Ends {
        source: &enriched.source,
        destination: &enriched.destination,
        tuple: enriched.flow.tuple,
    }
}

/// Neighbours finding each other and packets to many at once are not what policies speak of.
fn is_for_policies(tuple: &Tuple) -> bool {
    [tuple.source, tuple.destination].iter().all(|address| match address {
        IpAddr::V4(address) => !address.is_multicast() && !address.is_broadcast() && !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_multicast() && !address.is_unicast_link_local() && !address.is_unspecified(),
    })
}

const fn judgement(fate: Fate, outcome: Outcome) -> Judgement {
    match (fate, outcome) {
        (Fate::Dropped(Suspicion::None), _) => Judgement::NoPolicy,
        (Fate::Dropped(_), Outcome::Undecidable) => Judgement::Undecidable,
        (Fate::Dropped(_), Outcome::DoesNotAdmit) => Judgement::Refused,
        (Fate::Dropped(Suspicion::Policy), Outcome::Admits | Outcome::NotApplicable) => {
            Judgement::DroppedThoughAdmitted
        }
        (Fate::Dropped(Suspicion::Unspecified), Outcome::Admits | Outcome::NotApplicable) => Judgement::NoPolicy,
        (Fate::Unanswered, Outcome::DoesNotAdmit) => Judgement::PerhapsRefused,
        (Fate::Passed, Outcome::DoesNotAdmit) => Judgement::NotEnforced,
        (Fate::Unanswered | Fate::Passed | Fate::Open, _) => Judgement::Plain,
    }
}

const fn sighting(finding: Finding, example: Example, toll: Toll, span: (Timestamp, Timestamp)) -> Sighting {
    Sighting {
        finding,
        example,
        toll,
        first: span.0,
        last: span.1,
    }
}
