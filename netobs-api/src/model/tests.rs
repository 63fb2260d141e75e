//! What requests mean, and what is refused with which words.
use expect_test::{Expect, expect};
use netobs_core::{
    cause::{CauseId, Kind},
    engine::Judgement,
    event::Protocol,
    filter::{
        EndFilter, EndKind, FlowFilter, MOST_FILTERS, MOST_VALUES, NamePattern, ProtocolKind, ScopedPattern, StateKind,
        WorkloadPattern,
    },
    flow::Verdict,
    policy::Direction,
    time::Timestamp,
};

use super::*;
use crate::v1::{self, endpoint_ref::Reference};

mod refusals;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn whole_end() -> v1::EndpointFilter {
    v1::EndpointFilter {
        namespaces: texts(&["shop"]),
        pods: texts(&["web-0", "web-*", "data/*"]),
        workloads: texts(&["web", "Deployment/web"]),
        label_selector: "app=web".to_owned(),
        namespace_label_selector: "!env".to_owned(),
        addresses: texts(&["10.0.0.0/8", "fd00::1"]),
        kinds: vec![v1::EndpointKind::Pod.into()],
        services: texts(&["shop/web"]),
    }
}

fn pattern(namespace: Option<&str>, name: NamePattern) -> ScopedPattern {
    ScopedPattern {
        namespace: namespace.map(Into::into),
        name,
    }
}

#[test]
fn every_field_of_an_end_is_read() {
    let asked = v1::Filter {
        source: vec![whole_end()],
        either: vec![v1::EndpointFilter::default()],
        ..v1::Filter::default()
    };
    let read = EndFilter {
        namespaces: vec!["shop".into()],
        pods: vec![
            pattern(None, NamePattern::Whole("web-0".into())),
            pattern(None, NamePattern::Beginning("web-".into())),
            pattern(Some("data"), NamePattern::Beginning("".into())),
        ],
        workloads: vec![
            WorkloadPattern {
                kind: None,
                name: "web".into(),
            },
            WorkloadPattern {
                kind: Some("Deployment".into()),
                name: "web".into(),
            },
        ],
        labels: "app=web".parse().unwrap(),
        namespace_labels: "!env".parse().unwrap(),
        addresses: vec!["10.0.0.0/8".parse().unwrap(), "fd00::1/128".parse().unwrap()],
        kinds: vec![EndKind::Pod],
        services: vec![pattern(Some("shop"), NamePattern::Whole("web".into()))],
    };
    let filters = filter(&[], &[asked]).unwrap();
    assert_eq!(filters.include, []);
    assert_eq!(filters.exclude[0].source, [read]);
    assert_eq!(filters.exclude[0].either, [EndFilter::default()]);
    assert_eq!(filters.exclude[0].destination, []);
}

#[test]
fn every_field_of_a_flow_is_read() {
    let asked = v1::Filter {
        either: Vec::new(),
        source: Vec::new(),
        destination: vec![v1::EndpointFilter::default()],
        verdicts: vec![v1::Verdict::Dropped.into()],
        reasons: texts(&["netfilter_drop"]),
        cause_kinds: vec![v1::CauseKind::Dns.into()],
        cause_ids: vec![7],
        ports: vec![53, 65535],
        protocols: vec![v1::Protocol::Udp.into()],
        directions: vec![v1::TrafficDirection::Egress.into()],
        judgements: vec![v1::Judgement::Refused.into()],
        node_names: texts(&["node-1"]),
    };
    let read = FlowFilter {
        either: Vec::new(),
        source: Vec::new(),
        destination: vec![EndFilter::default()],
        verdicts: vec![Verdict::Dropped],
        reasons: vec!["NETFILTER_DROP".into()],
        cause_kinds: vec![Kind::Dns],
        cause_ids: vec![CauseId(7)],
        ports: vec![53, 65535],
        protocols: vec![ProtocolKind::Udp],
        directions: vec![Direction::Egress],
        judgements: vec![Judgement::Refused],
        nodes: vec!["node-1".into()],
    };
    assert_eq!(filter(&[asked], &[]).unwrap().include, [read]);
}

#[test]
fn a_filter_of_causes_is_read_and_none_lets_all_pass() {
    let asked = v1::CauseFilter {
        kinds: vec![v1::CauseKind::Label.into()],
        states: vec![v1::CauseState::Mended.into()],
        namespaces: texts(&["shop"]),
        since_unix_nanos: Some(5),
    };
    let read = cause_filter(Some(&asked)).unwrap();
    assert_eq!((read.kinds, read.states), (vec![Kind::Label], vec![StateKind::Mended]));
    assert_eq!((read.namespaces, read.since), (vec!["shop".into()], Some(Timestamp(5))));
    assert_eq!(
        cause_filter(None).unwrap(),
        cause_filter(Some(&v1::CauseFilter::default())).unwrap()
    );
}

fn pod_ref(namespace: &str, name: &str) -> Option<v1::EndpointRef> {
    let pod = v1::ObjectRef {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    Some(v1::EndpointRef {
        reference: Some(Reference::Pod(pod)),
    })
}

fn address_ref(address: &str) -> Option<v1::EndpointRef> {
    Some(v1::EndpointRef {
        reference: Some(Reference::Address(address.to_owned())),
    })
}

#[test]
fn a_question_is_about_tcp_unless_it_says_otherwise() {
    let mut asked = v1::ExplainRequest {
        source: pod_ref("shop", "web-0"),
        destination: address_ref("::ffff:10.0.0.1"),
        protocol: 0,
        port: 443,
    };
    let read = explain_question(&asked).unwrap();
    let source = EndRef::Pod {
        namespace: "shop".to_owned(),
        name: "web-0".to_owned(),
    };
    assert_eq!((read.source, read.protocol, read.port), (source, Protocol::Tcp, 443));
    assert_eq!(read.destination, EndRef::Address("10.0.0.1".parse().unwrap()));
    asked.protocol = v1::Protocol::Icmpv6.into();
    asked.port = 0;
    assert_eq!(explain_question(&asked).unwrap().protocol, Protocol::Icmpv6);
}
