//! Causes of each kind, as an agent would tell them.
use netobs_api::v1::{
    AffectedParty, AffectedPort, AffectedTraffic, Cause, CauseKind, CauseState, Count, Hint, HintKind, LabelMismatch,
    LabelOperator, LabelRequirement, LabelledRef, Party, PartyKind, PolicyDirection, PolicyRef, Protocol, Suggestion,
};

/// 10:01:58 of the tests' day.
pub(super) const TEN: i64 = 1_795_168_918_000_000_000;
pub(super) const SECOND: i64 = 1_000_000_000;

pub(super) fn missing_label() -> Cause {
    Cause {
        id: 3,
        kind: CauseKind::Label.into(),
        direction: PolicyDirection::Ingress.into(),
        labels: vec![LabelMismatch {
            object: Some(LabelledRef {
                kind: "Namespace".to_owned(),
                namespace: String::new(),
                name: "ops-utils".to_owned(),
            }),
            wanted: Some(LabelRequirement {
                key: "env".to_owned(),
                operator: LabelOperator::In.into(),
                values: vec!["prod".to_owned()],
                text: "env=prod".to_owned(),
            }),
            ..LabelMismatch::default()
        }],
        policies: vec![policy("prod-a", "allow-prod")],
        state: CauseState::Active.into(),
        first_unix_nanos: TEN,
        last_unix_nanos: TEN + 240 * SECOND,
        dropped: Some(Count {
            packets: 312,
            bytes: 18_720,
        }),
        sources: vec![affected("Deployment ops-utils/job", 312)],
        destinations: vec![
            affected("Deployment prod-a/api", 300),
            affected("Deployment prod-a/web", 12),
        ],
        ports: vec![port(8080, 312)],
        suggestions: vec![
            Suggestion {
                commands: vec!["kubectl label namespace ops-utils env=prod".to_owned()],
                effects: vec!["also opens: ops-utils/backup to all pods of prod-a on 8080/TCP".to_owned()],
                ..Suggestion::default()
            },
            Suggestion {
                commands: vec!["kubectl patch networkpolicy -n prod-a allow-prod …".to_owned()],
                ..Suggestion::default()
            },
        ],
        headline: "namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod".to_owned(),
        ..Cause::default()
    }
}

pub(super) fn with_hint(cause: Cause, kind: HintKind, text: &str) -> Cause {
    let hints = vec![Hint {
        kind: kind.into(),
        key: "env".to_owned(),
        value: "prod".to_owned(),
        until_unix_nanos: (kind == HintKind::WasThere).then_some(TEN - SECOND),
        text: text.to_owned(),
    }];
    Cause { hints, ..cause }
}

pub(super) fn drifted() -> Cause {
    let cause = with_hint(
        missing_label(),
        HintKind::WasThere,
        "was there until 2026-11-20T10:01:57Z",
    );
    Cause {
        state: CauseState::Drifted.into(),
        state_since_unix_nanos: Some(TEN - SECOND),
        ..cause
    }
}

pub(super) fn mended() -> Cause {
    Cause {
        state: CauseState::Mended.into(),
        state_since_unix_nanos: Some(TEN + 300 * SECOND),
        ..missing_label()
    }
}

/// Of traffic instead of labels.
pub(super) fn of_kind(kind: CauseKind, headline: &str) -> Cause {
    let party = |text: &str| Party {
        kind: PartyKind::Workload.into(),
        text: text.to_owned(),
        ..Party::default()
    };
    Cause {
        kind: kind.into(),
        labels: vec![],
        traffic: Some(AffectedTraffic {
            source: Some(party("Deployment shop/web")),
            destination: Some(party("Deployment kube-system/coredns")),
            protocol: Protocol::Udp.into(),
            protocol_number: 17,
            port: Some(53),
            further_ports: false,
        }),
        headline: headline.to_owned(),
        suggestions: vec![],
        ..missing_label()
    }
}

pub(super) fn policy(namespace: &str, name: &str) -> PolicyRef {
    PolicyRef {
        kind: "NetworkPolicy".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

pub(super) fn affected(text: &str, count: u64) -> AffectedParty {
    AffectedParty {
        party: Some(Party {
            text: text.to_owned(),
            ..Party::default()
        }),
        count,
    }
}

pub(super) fn port(port: u32, count: u64) -> AffectedPort {
    AffectedPort {
        protocol: Protocol::Tcp.into(),
        protocol_number: 6,
        port: Some(port),
        count,
    }
}
