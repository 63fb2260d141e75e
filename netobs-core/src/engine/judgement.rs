//! Holds what happened to a flow against what policies say, and makes causes of what they explain.
use std::{net::IpAddr, sync::Arc};

use super::{Engine, ExplainedFlow, Judgement, Live, Output, Suspicion};
use crate::{
    cause::{self, CauseRef, Ends, Example, Finding, Kind, Sighting, Toll},
    change::Pod,
    directory::{Doubt, Owner},
    enrich::{EnrichedFlow, enrich, owners},
    event::{Count, Tuple},
    explain::ObjectRef,
    flow::{Evidence, Flow, FlowDrop, Phase, Report, Verdict},
    inventory::Around,
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

/// What of a flow was not counted before.
struct News {
    drops: Vec<FlowDrop>,
    further_drops: Count,
    /// The time it is judged for.
    at: Timestamp,
}

impl Engine {
    /// Takes a flow that is new or not as it was.
    pub(super) fn take_report(&mut self, report: Report) {
        let Report { phase, flow } = report;
        let mut enriched = enrich(flow, &self.directory);
        self.learn_from(&enriched);
        self.services.join(&mut enriched, &self.directory);
        let news = self.news(&enriched.flow);
        let explained = self.explain_flow(enriched, phase, &news);
        self.account(explained.judgement, &news);
        if is_for_policies(&explained.enriched.flow.tuple) {
            let around = Around {
                directory: &self.directory,
                causes: &self.causes,
            };
            self.inventory.add(&explained, around);
        }
        if phase.is_last() {
            self.counted.forget(explained.enriched.flow.id);
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

    fn news(&mut self, flow: &Flow) -> News {
        let (drops, further_drops) = self.counted.new_drops(flow);
        let last = drops.iter().map(|drop| drop.last).max();
        News {
            drops,
            further_drops,
            at: last.unwrap_or(flow.last),
        }
    }

    fn explain_flow(&mut self, enriched: EnrichedFlow, phase: Phase, news: &News) -> ExplainedFlow {
        let fate = self.fate(&enriched.flow, news);
        let mut explained = ExplainedFlow {
            phase,
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
        let Some(example) = self.judge_flow(&mut explained, fate, news) else {
            return explained;
        };
        explained.explanation = Some(Arc::clone(&example.explanation));
        if self.is_settling(explained.judgement, &explained.enriched, news) {
            explained.judgement = Judgement::Settling;
        } else {
            self.add_causes(&mut explained, &example, news);
        }
        explained
    }

    /// Fills in what policies say; gives the connection as it was judged, if there is something to explain.
    fn judge_flow(&mut self, explained: &mut ExplainedFlow, fate: Fate, news: &News) -> Option<Example> {
        let enriched = &explained.enriched;
        // What was dropped is judged by the labels of that time, even if the connection was mended since.
        let (source, destination) = if news.at == enriched.flow.last {
            (enriched.source.clone(), enriched.destination.clone())
        } else {
            owners(&enriched.flow, news.at, &self.directory)
        };
        let ends = Ends {
            source: &source,
            destination: &destination,
            tuple: enriched.flow.tuple,
        };
        let policies = self.policies.set();
        let judged = self.judge.judge(ends, policies, &self.directory);
        explained.outcome = Some(judged.outcome);
        explained.judgement = judgement(fate, judged.outcome);
        if matches!(explained.judgement, Judgement::Plain | Judgement::NoPolicy) {
            return None;
        }
        let live = Live {
            directory: &self.directory,
            history: &self.history,
            selected: &self.selected,
        };
        Some(Example {
            explanation: judged.explanation(policies, live),
            source: judged.source.clone(),
            destination: judged.destination.clone(),
            tuple: judged.tuple,
        })
    }

    fn fate(&self, flow: &Flow, news: &News) -> Fate {
        let dropped = match flow.verdict {
            Verdict::Dropped => &flow.drops,
            Verdict::Forwarded | Verdict::Unanswered | Verdict::Seen => &news.drops,
        };
        if let Some(suspicion) = dropped.iter().map(|drop| self.suspicion(drop)).min() {
            return Fate::Dropped(suspicion);
        }
        match flow.verdict {
            Verdict::Dropped => Fate::Dropped(Suspicion::Unspecified),
            Verdict::Unanswered => Fate::Unanswered,
            // What reached the responder's interface may still have been dropped behind it.
            Verdict::Forwarded if flow.evidence == Evidence::Replied => Fate::Passed,
            Verdict::Forwarded | Verdict::Seen => Fate::Open,
        }
    }

    fn suspicion(&self, drop: &FlowDrop) -> Suspicion {
        self.reasons.suspicion(drop.reason, drop.place)
    }

    /// Enforcers take a moment to follow policies, and leave connections alone that were there before.
    fn is_settling(&self, judgement: Judgement, enriched: &EnrichedFlow, news: &News) -> bool {
        let settled_at = match judgement {
            Judgement::NotEnforced => enriched.flow.first,
            Judgement::DroppedThoughAdmitted => news.at,
            Judgement::Plain
            | Judgement::Refused
            | Judgement::PerhapsRefused
            | Judgement::NoPolicy
            | Judgement::Settling
            | Judgement::Undecidable => return false,
        };
        let pods = [&enriched.source, &enriched.destination];
        let pods = pods.into_iter().filter_map(|end| end.pod());
        let youngest = pods.filter_map(|pod| self.changed(pod)).max().unwrap_or_default();
        let changed = self.policies.changed().max(youngest);
        settled_at < changed.plus(self.limits.lag)
    }

    /// When policies last had a reason to see this pod otherwise.
    fn changed(&self, pod: &Pod) -> Option<Timestamp> {
        let namespace = ObjectRef::Namespace(pod.namespace.clone());
        let own = ObjectRef::Pod {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
        };
        let relabelled = [namespace, own].map(|object| self.history.last_change(&object));
        relabelled.into_iter().flatten().chain(pod.started).max()
    }

    fn add_causes(&mut self, explained: &mut ExplainedFlow, example: &Example, news: &News) {
        let flow = &explained.enriched.flow;
        let asked_of_service = matches!(explained.enriched.destination, Owner::Service(_));
        if asked_of_service && explained.enriched.twin.is_some() {
            return;
        }
        let Some((toll, first, last)) = self.toll(explained.judgement, flow, news) else {
            return;
        };
        for finding in findings(explained.judgement, example) {
            let kind = finding.key.kind;
            let sighting = Sighting {
                finding,
                example: example.clone(),
                toll,
                first,
                last,
            };
            let id = self.causes.add(sighting);
            explained.causes.extend(id.map(|id| CauseRef { id, kind }));
        }
    }

    /// What there is to count that was not counted before, and from when to when it was.
    fn toll(&mut self, judgement: Judgement, flow: &Flow, news: &News) -> Option<(Toll, Timestamp, Timestamp)> {
        match judgement {
            Judgement::Refused | Judgement::DroppedThoughAdmitted => self.dropped_by_policy(news),
            Judgement::PerhapsRefused => {
                let toll = Toll {
                    unanswered: 1,
                    ..Toll::default()
                };
                let is_first = self.counted.is_first_unanswered(flow.id);
                is_first.then_some((toll, flow.first, flow.last))
            }
            Judgement::NotEnforced => {
                let toll = Toll {
                    passed: 1,
                    ..Toll::default()
                };
                let is_first = self.counted.is_first_passed(flow.id);
                is_first.then_some((toll, flow.first, flow.last))
            }
            Judgement::Plain | Judgement::NoPolicy | Judgement::Settling | Judgement::Undecidable => None,
        }
    }

    fn dropped_by_policy(&self, news: &News) -> Option<(Toll, Timestamp, Timestamp)> {
        let mut count = Count::ZERO;
        let mut first = news.at;
        for drop in news.drops.iter().filter(|drop| self.suspicion(drop) != Suspicion::None) {
            count += drop.count;
            first = first.min(drop.first);
        }
        (!count.is_zero()).then_some((Toll::of_drops(count), first, news.at))
    }

    fn account(&mut self, judgement: Judgement, news: &News) {
        for drop in &news.drops {
            let own = if self.suspicion(drop) == Suspicion::None {
                Judgement::NoPolicy
            } else {
                judgement
            };
            *self.drops.entry(own).or_default() += drop.count;
        }
        if !news.further_drops.is_zero() {
            *self.drops.entry(Judgement::Undecidable).or_default() += news.further_drops;
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

/// Neighbours finding each other, packets to many at once and what never leaves its pod are not what policies speak of.
fn is_for_policies(tuple: &Tuple) -> bool {
    [tuple.source, tuple.destination].iter().all(|address| match address {
        address if address.is_loopback() => false,
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
