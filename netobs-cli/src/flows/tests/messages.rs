//! Flows of each kind, as an agent would tell them.
use netobs_api::v1::{
    Attempt, Count, DirectionExplanation, Drop, Endpoint, EndpointKind, Evidence, Explanation, Flow, Ground, Judgement,
    Lost, LostPlace, Mismatch, ObjectRef, Outcome, Phase, PolicyRef, Protocol, RuleRef, SubscribeResponse, Verdict,
    Workload, subscribe_response::Message,
};

/// 10:01:58.123 of the tests' day.
pub(super) const TEN: i64 = 1_795_168_918_123_456_789;

pub(super) fn answer(flow: Flow) -> SubscribeResponse {
    SubscribeResponse {
        message: Some(Message::Flow(flow)),
        node_name: "node-a".to_owned(),
    }
}

pub(super) fn lost(place: LostPlace, count: u64) -> SubscribeResponse {
    SubscribeResponse {
        message: Some(Message::Lost(Lost {
            place: place.into(),
            count,
            unwatched: None,
        })),
        node_name: "node-a".to_owned(),
    }
}

pub(super) fn pod(namespace: &str, name: &str, address: &str) -> Endpoint {
    Endpoint {
        address: address.to_owned(),
        kind: EndpointKind::Pod.into(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        workload: Some(Workload {
            kind: "Deployment".to_owned(),
            name: name.to_owned(),
        }),
        ..Endpoint::default()
    }
}

pub(super) fn other(kind: EndpointKind, name: &str, address: &str) -> Endpoint {
    Endpoint {
        address: address.to_owned(),
        kind: kind.into(),
        name: name.to_owned(),
        ..Endpoint::default()
    }
}

pub(super) fn forwarded() -> Flow {
    Flow {
        id: 7,
        first_unix_nanos: TEN,
        last_unix_nanos: TEN,
        phase: Phase::Opened.into(),
        source: Some(pod("shop", "web", "10.244.0.5")),
        destination: Some(pod("shop", "db", "10.244.0.6")),
        protocol: Protocol::Tcp.into(),
        protocol_number: 6,
        source_port: 40_000,
        destination_port: 5432,
        verdict: Verdict::Forwarded.into(),
        evidence: Evidence::Replied.into(),
        judgement: Judgement::Plain.into(),
        outcome: Outcome::Admits.into(),
        forward: Some(Count { packets: 7, bytes: 449 }),
        reply: Some(Count {
            packets: 5,
            bytes: 1712,
        }),
        ..Flow::default()
    }
}

pub(super) fn dropped() -> Flow {
    let policy = PolicyRef {
        kind: "NetworkPolicy".to_owned(),
        namespace: "prod-a".to_owned(),
        name: "allow-prod".to_owned(),
    };
    let attempt = Attempt {
        rule: Some(RuleRef {
            policy: Some(policy.clone()),
            rule: Some(0),
            peer: Some(0),
        }),
        mismatches: vec![Mismatch {
            text: "namespace ops-utils has no label env; env=prod is wanted".to_owned(),
            ..Mismatch::default()
        }],
        hints: vec![],
    };
    Flow {
        source: Some(pod("ops-utils", "job", "10.244.1.9")),
        destination: Some(pod("prod-a", "api", "10.244.0.7")),
        destination_port: 8080,
        verdict: Verdict::Dropped.into(),
        evidence: Evidence::KernelReason.into(),
        judgement: Judgement::Refused.into(),
        outcome: Outcome::DoesNotAdmit.into(),
        reply: None,
        drops: vec![Drop {
            reason: "NETFILTER_DROP".to_owned(),
            count: Some(Count { packets: 3, bytes: 180 }),
            ..Drop::default()
        }],
        explanation: Some(Explanation {
            outcome: Outcome::DoesNotAdmit.into(),
            ingress: Some(DirectionExplanation {
                outcome: Outcome::DoesNotAdmit.into(),
                ground: Ground::NoRuleAdmits.into(),
                policies: vec![policy],
                attempts: vec![attempt],
                ..DirectionExplanation::default()
            }),
            ..Explanation::default()
        }),
        cause_ids: vec![3],
        ..forwarded()
    }
}

pub(super) fn through_service(flow: Flow) -> Flow {
    Flow {
        service: Some(ObjectRef {
            namespace: "shop".to_owned(),
            name: "db".to_owned(),
        }),
        ..flow
    }
}
