//! Causes.
use netobs_core::{
    cause::{Affected, Cause, Example, Hint, Mend, Party, State},
    engine::with_connection,
    event::Protocol,
    filter::{ProtocolKind, StateKind},
    render,
    suggest::Suggestion,
};

use super::{
    count,
    endpoint::endpoint,
    explanation::explanation,
    label,
    mismatch::{connection_hint, policy, rule_hint},
    nanos,
    suggestion::suggestion,
    text,
};
use crate::v1;

pub fn cause(cause: &Cause, suggestions: &[Suggestion]) -> v1::Cause {
    let since = match cause.state {
        State::Active => None,
        State::Drifted { at } | State::Mended { at } => Some(at),
    };
    v1::Cause {
        id: cause.id.0,
        kind: v1::CauseKind::from(cause.key.kind).into(),
        direction: v1::PolicyDirection::from(cause.key.direction).into(),
        labels: cause.lacking().map(|(want, found)| label::lack(want, found)).collect(),
        traffic: traffic(cause),
        policies: cause.policies.iter().map(policy).collect(),
        state: v1::CauseState::from(StateKind::of(cause.state)).into(),
        state_since_unix_nanos: since.map(nanos),
        first_unix_nanos: nanos(cause.first),
        last_unix_nanos: nanos(cause.last),
        dropped: Some(count(cause.toll.dropped)),
        unanswered: cause.toll.unanswered,
        passed: cause.toll.passed,
        sources: parties(&cause.sources),
        destinations: parties(&cause.destinations),
        ports: ports(&cause.ports),
        example: Some(example(&cause.example)),
        suggestions: suggestions.iter().map(suggestion).collect(),
        hints: cause.hints().filter_map(hint).collect(),
        headline: render::cause_headline(cause),
    }
}

fn traffic(cause: &Cause) -> Option<v1::AffectedTraffic> {
    let [source, destination] = cause.key.ends()?;
    let on = if let Mend::Traffic { protocol, port, .. } = &cause.key.mend {
        v1::AffectedTraffic {
            protocol: self::protocol(*protocol),
            protocol_number: protocol.number().into(),
            port: port.map(Into::into),
            ..v1::AffectedTraffic::default()
        }
    } else {
        v1::AffectedTraffic {
            further_ports: true,
            ..v1::AffectedTraffic::default()
        }
    };
    Some(v1::AffectedTraffic {
        source: Some(party(source)),
        destination: Some(party(destination)),
        ..on
    })
}

fn parties(affected: &Affected<Party>) -> Vec<v1::AffectedParty> {
    let told = affected.iter().map(|(member, count)| (Some(party(member)), count));
    let others = (affected.others() > 0).then_some((None, affected.others()));
    let all = told.chain(others);
    all.map(|(party, count)| v1::AffectedParty { party, count }).collect()
}

fn ports(affected: &Affected<(Protocol, Option<u16>)>) -> Vec<v1::AffectedPort> {
    let told = affected.iter().map(|((protocol, port), count)| v1::AffectedPort {
        protocol: self::protocol(*protocol),
        protocol_number: protocol.number().into(),
        port: port.map(Into::into),
        count,
    });
    let others = (affected.others() > 0).then(|| v1::AffectedPort {
        count: affected.others(),
        ..v1::AffectedPort::default()
    });
    told.chain(others).collect()
}

fn party(party: &Party) -> v1::Party {
    let known = |kind: v1::PartyKind| v1::Party {
        kind: kind.into(),
        text: render::party(party),
        ..v1::Party::default()
    };
    match party {
        Party::Workload { namespace, workload } => v1::Party {
            namespace: text(namespace),
            name: text(&workload.name),
            workload_kind: workload.kind.as_str().to_owned(),
            ..known(v1::PartyKind::Workload)
        },
        Party::Namespace(namespace) => v1::Party {
            namespace: text(namespace),
            ..known(v1::PartyKind::Namespace)
        },
        Party::Node(name) => v1::Party {
            name: text(name),
            ..known(v1::PartyKind::Node)
        },
        Party::Service(service) => v1::Party {
            namespace: text(&service.namespace),
            name: text(&service.name),
            ..known(v1::PartyKind::Service)
        },
        Party::World(address) => v1::Party {
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            ..known(v1::PartyKind::World)
        },
        Party::Unknown(address) => v1::Party {
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            ..known(v1::PartyKind::Unknown)
        },
    }
}

fn example(example: &Example) -> v1::CauseExample {
    let tuple = example.tuple;
    v1::CauseExample {
        source: Some(endpoint(&example.source, tuple.source)),
        destination: Some(endpoint(&example.destination, tuple.destination)),
        protocol: protocol(tuple.protocol),
        protocol_number: tuple.protocol.number().into(),
        source_port: tuple.source_port.into(),
        destination_port: tuple.destination_port.into(),
        explanation: Some(with_connection(example.ends(), |connection| {
            explanation(&example.explanation, connection)
        })),
    }
}

/// Those that say more than the cause itself.
fn hint(hint: Hint<'_>) -> Option<v1::Hint> {
    render::cause_hint(hint)?;
    Some(match hint {
        Hint::Label { wanted, hint } => label::hint(hint, wanted),
        Hint::Rule(hint) => rule_hint(hint),
        Hint::Connection(hint) => connection_hint(hint),
    })
}

fn protocol(protocol: Protocol) -> i32 {
    v1::Protocol::from(ProtocolKind::of(protocol)).into()
}
