//! What scripted agents tell.
use netobs_api::v1::{
    Cause, CauseKind, CauseState, Count, Endpoint, EndpointKind, Flow, GetStatusResponse, LabelMismatch, LabelledRef,
    Lost, LostPlace, Protocol, SubscribeResponse, Suggestion, Verdict, subscribe_response::Message,
};

pub(super) const SECOND: i64 = 1_000_000_000;

/// Of the pod `a/NAME`, so many seconds after 1970.
pub(super) fn flow(node: &str, name: &str, second: i64) -> SubscribeResponse {
    let pod = |name: &str| Endpoint {
        kind: EndpointKind::Pod.into(),
        namespace: "a".to_owned(),
        name: name.to_owned(),
        ..Endpoint::default()
    };
    let flow = Flow {
        last_unix_nanos: second * SECOND,
        source: Some(pod(name)),
        destination: Some(pod("server")),
        protocol: Protocol::Tcp.into(),
        source_port: 40_000,
        destination_port: 80,
        verdict: Verdict::Forwarded.into(),
        ..Flow::default()
    };
    SubscribeResponse {
        message: Some(Message::Flow(flow)),
        node_name: node.to_owned(),
    }
}

pub(super) fn lost(node: &str, count: u64) -> SubscribeResponse {
    SubscribeResponse {
        message: Some(Message::Lost(Lost {
            place: LostPlace::Subscriber.into(),
            count,
            unwatched: None,
        })),
        node_name: node.to_owned(),
    }
}

pub(super) fn cause(state: CauseState, packets: u64) -> Cause {
    Cause {
        id: 1,
        kind: CauseKind::Label.into(),
        labels: vec![LabelMismatch {
            object: Some(LabelledRef {
                kind: "Namespace".to_owned(),
                name: "ops-utils".to_owned(),
                ..LabelledRef::default()
            }),
            ..LabelMismatch::default()
        }],
        state: state.into(),
        dropped: Some(Count { packets, bytes: 0 }),
        suggestions: vec![Suggestion {
            commands: vec!["kubectl label namespace ops-utils env=prod".to_owned()],
            ..Suggestion::default()
        }],
        headline: "namespace ops-utils has no label env".to_owned(),
        ..Cause::default()
    }
}

pub(super) fn status(node: &str, ready: bool) -> GetStatusResponse {
    GetStatusResponse {
        node_name: node.to_owned(),
        ready,
        not_ready: if ready { vec![] } else { vec!["no BTF".to_owned()] },
        ..GetStatusResponse::default()
    }
}
