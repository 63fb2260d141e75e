//! What is encoded is what the slow way would have encoded.
use std::sync::Arc;

use netobs_core::{
    cause::{CauseId, CauseRef, Kind},
    directory::{Doubt, Owner},
    enrich::EnrichedFlow,
    labels::Labels,
};
use proptest::prelude::*;
use prost::Message as _;

use self::strategies::{explained, some_flow};
use super::*;
use crate::{
    fixtures::{Known, Story, missing_label, namespace, pod},
    v1::{self, subscribe_response::Message},
    wire,
};

mod strategies;

fn slowly(flow: &ExplainedFlow) -> v1::SubscribeResponse {
    v1::SubscribeResponse {
        node_name: "node-1".to_owned(),
        message: Some(Message::Flow(wire::flow(flow, &Known))),
    }
}

fn source_labels(encoded: &Bytes) -> Vec<(String, String)> {
    match v1::SubscribeResponse::decode(encoded.clone()).unwrap().message {
        Some(Message::Flow(flow)) => flow.source.unwrap().labels.into_iter().collect(),
        other => panic!("{other:?} is no flow"),
    }
}

proptest! {
    #[test]
    fn any_flows_one_after_the_other_are_encoded_as_the_slow_way_does(
        flows in prop::collection::vec(explained(), 1..12),
    ) {
        let mut encoder = Encoder::new("node-1");
        for flow in &flows {
            let encoded = encoder.encode(flow, &Known);
            let wanted = slowly(flow);
            prop_assert_eq!(&v1::SubscribeResponse::decode(encoded.clone()).unwrap(), &wanted);
            prop_assert_eq!(&encoded[..], wanted.encode_to_vec());
        }
    }
}

#[test]
fn an_explained_flow_is_encoded_whole_and_again_from_memory() {
    let Story { flow, .. } = missing_label();
    let mut encoder = Encoder::new("node-1");
    let (first, again) = (encoder.encode(&flow, &Known), encoder.encode(&flow, &Known));
    assert_eq!(first, slowly(&flow).encode_to_vec());
    assert_eq!(first, again);
}

#[test]
fn a_pod_with_other_labels_is_another_even_if_the_one_before_is_gone() {
    let mut encoder = Encoder::new("");
    for number in 0..100 {
        let text = format!("number={number}");
        let owner = Owner::Pod {
            pod: Arc::new(pod("shop/web-0", "10.244.0.5", &text)),
            namespace: Some(Arc::new(namespace("shop", ""))),
        };
        let encoded = encoder.encode(&from(owner), &Known);
        assert_eq!(source_labels(&encoded), [("number".to_owned(), number.to_string())]);
    }
}

#[test]
fn a_flow_may_be_larger_than_any_piece_of_memory() {
    let many: Labels = (0..5_000)
        .map(|number| (format!("label-{number:05}").as_str().into(), "x".into()))
        .collect();
    let mut large = pod("shop/web-0", "10.244.0.5", "");
    large.labels = many;
    let owner = Owner::Pod {
        pod: Arc::new(large),
        namespace: None,
    };
    let mut encoder = Encoder::new("node-1");
    let encoded = encoder.encode(&from(owner), &Known);
    assert!(encoded.len() > CHUNK);
    assert_eq!(source_labels(&encoded).len(), 5_000);
    assert_eq!(
        source_labels(&encoder.encode(&from(Owner::Unknown(Doubt::Several)), &Known)),
        []
    );
}

#[test]
fn what_takes_many_bytes_inside_keeps_its_length() {
    let mut flow = from(Owner::World { service: None });
    let cause = |id| CauseRef {
        id: CauseId(u64::MAX - id),
        kind: Kind::Label,
    };
    flow.causes = (0..2_000).map(cause).collect();
    let encoded = Encoder::new("node-1").encode(&flow, &Known);
    assert_eq!(encoded, slowly(&flow).encode_to_vec());
}

fn from(source: Owner) -> ExplainedFlow {
    let flow = some_flow();
    ExplainedFlow {
        enriched: EnrichedFlow {
            source,
            ..flow.enriched
        },
        ..flow
    }
}
