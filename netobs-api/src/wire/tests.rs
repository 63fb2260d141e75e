//! What the contract's JSON says of a flow that was dropped for want of a label, and of its cause.
use expect_test::{expect, expect_file};
use netobs_core::{
    cause::{Mend, Party},
    engine::Where,
    event::Protocol,
    policy::{IpBlock, Peer},
};

use super::*;
use crate::fixtures::{Known, Story, missing_label, story};

mod ends;
mod kinds;

fn json(message: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(message).unwrap()
}

#[test]
fn a_dropped_and_explained_flow_reads_like_this() {
    let Story { flow, .. } = missing_label();
    expect_file!["tests/flow.json"].assert_eq(&json(&super::flow(&flow, &Known)));
}

#[test]
fn a_cause_reads_like_this() {
    let Story { cause, suggestions, .. } = missing_label();
    expect_file!["tests/cause.json"].assert_eq(&json(&super::cause(&cause, &suggestions)));
}

#[test]
fn a_rule_for_such_traffic_is_told_as_traffic() {
    let elsewhere = IpBlock {
        cidr: "192.0.2.0/24".parse().unwrap(),
        except: Vec::new(),
    };
    let Story { cause, .. } = story(Peer::Block(elsewhere));
    expect![[r#"
        {
          "source": {
            "kind": "PARTY_KIND_WORKLOAD",
            "namespace": "ops-utils",
            "name": "job",
            "workloadKind": "StatefulSet",
            "text": "StatefulSet ops-utils/job"
          },
          "destination": {
            "kind": "PARTY_KIND_WORKLOAD",
            "namespace": "prod-a",
            "name": "api",
            "workloadKind": "StatefulSet",
            "text": "StatefulSet prod-a/api"
          },
          "protocol": "PROTOCOL_TCP",
          "protocolNumber": 6,
          "port": 8080
        }"#]]
    .assert_eq(&json(&super::cause(&cause, &[]).traffic));
}

#[test]
fn further_ports_are_told_without_any_of_them() {
    let mut cause = missing_label().cause.as_ref().clone();
    cause.key.mend = Mend::FurtherPorts {
        subject: Party::World(None),
        peer: Party::Node("node-1".into()),
    };
    let traffic = super::cause(&cause, &[]).traffic.unwrap();
    assert!(traffic.further_ports && traffic.port.is_none() && traffic.protocol == 0);
    let ends = [traffic.source, traffic.destination].map(|end| end.unwrap().text);
    assert_eq!(ends, ["node node-1", "outside the cluster"]);
}

#[test]
fn json_reads_back_as_what_was_written() {
    let Story {
        flow,
        cause,
        suggestions,
    } = missing_label();
    let (flow, cause) = (super::flow(&flow, &Known), super::cause(&cause, &suggestions));
    assert_eq!(serde_json::from_str::<v1::Flow>(&json(&flow)).unwrap(), flow);
    assert_eq!(serde_json::from_str::<v1::Cause>(&json(&cause)).unwrap(), cause);
}

#[test]
fn what_was_lost_is_told_with_its_place() {
    let lost = [Where::Kernel, Where::FlowTable, Where::Output].map(|place| json(&lost(place, 7)));
    expect![[r#"
        {
          "place": "LOST_PLACE_KERNEL",
          "count": "7"
        }
        {
          "place": "LOST_PLACE_FLOW_TABLE",
          "count": "7"
        }
        {
          "place": "LOST_PLACE_OUTPUT",
          "count": "7"
        }"#]]
    .assert_eq(&lost.join("\n"));
}
