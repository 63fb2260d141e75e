//! Requests that cannot be meant.
use super::*;

/// The filter is the second of the included.
fn refused(filter: v1::Filter, wanted: &Expect) {
    let error = super::filter(&[v1::Filter::default(), filter], &[]).unwrap_err();
    wanted.assert_eq(&error.to_string());
}

/// The end is the first of the destination's.
fn refused_end(end: v1::EndpointFilter, wanted: &Expect) {
    let filter = v1::Filter {
        destination: vec![end],
        ..v1::Filter::default()
    };
    refused(filter, wanted);
}

#[test]
fn numbers_that_are_no_words_are_refused_with_the_words_there_are() {
    let verdicts = |number| v1::Filter {
        verdicts: vec![1, number],
        ..v1::Filter::default()
    };
    refused(
        verdicts(99),
        &expect![
            "include[1].verdicts[1] is 99: it has to be one of VERDICT_FORWARDED, VERDICT_DROPPED, VERDICT_UNANSWERED, VERDICT_SEEN"
        ],
    );
    refused(
        verdicts(0),
        &expect![
            "include[1].verdicts[1] is 0: it has to be one of VERDICT_FORWARDED, VERDICT_DROPPED, VERDICT_UNANSWERED, VERDICT_SEEN"
        ],
    );
    let directions = v1::Filter {
        directions: vec![-1],
        ..v1::Filter::default()
    };
    refused(
        directions,
        &expect![
            "include[1].directions[0] is -1: it has to be one of TRAFFIC_DIRECTION_INGRESS, TRAFFIC_DIRECTION_EGRESS"
        ],
    );
}

#[test]
fn the_field_is_named_however_deep_it_is() {
    let end = v1::EndpointFilter {
        addresses: texts(&["10.0.0.0/33"]),
        ..v1::EndpointFilter::default()
    };
    let exclude = v1::Filter {
        source: vec![v1::EndpointFilter::default(), end],
        ..v1::Filter::default()
    };
    let error = filter(&[], &[exclude]).unwrap_err();
    assert_eq!(error.field, "exclude[0].source[1].addresses[0]");
    expect![[r#"exclude[0].source[1].addresses[0] is "10.0.0.0/33": an IP address or a CIDR block is wanted, such as 10.0.0.1, 10.0.0.0/8 or fd00::/64"#]].assert_eq(&error.to_string());
}

#[test]
fn a_selector_that_does_not_parse_is_refused_with_the_reason() {
    let end = |label_selector: &str, namespace_label_selector: &str| v1::EndpointFilter {
        label_selector: label_selector.to_owned(),
        namespace_label_selector: namespace_label_selector.to_owned(),
        ..v1::EndpointFilter::default()
    };
    refused_end(
        end("env=", "env in prod"),
        &expect![[
            r#"include[1].destination[0].namespace_label_selector is "env in prod": expected `(` but found "prod"; a selector looks like `env=prod,tier in (a,b),!x`"#
        ]],
    );
    refused_end(
        end("-x", ""),
        &expect![[
            r#"include[1].destination[0].label_selector is "-x": "-x" cannot be a label key: label keys and values begin and end with a letter or digit"#
        ]],
    );
}

#[test]
fn names_that_no_object_can_have_are_refused() {
    let end = v1::EndpointFilter::default;
    let namespaces = texts(&["Shop"]);
    refused_end(
        v1::EndpointFilter { namespaces, ..end() },
        &expect![[
            r#"include[1].destination[0].namespaces[0] is "Shop": a namespace's name is wanted, such as kube-system"#
        ]],
    );
    let pods = texts(&["web-*-0"]);
    refused_end(
        v1::EndpointFilter { pods, ..end() },
        &expect![[
            r#"include[1].destination[0].pods[0] is "web-*-0": a pod's name, or how it begins and *, is wanted, such as web-0, web-* or shop/web-*"#
        ]],
    );
    let workloads = texts(&["apps/v1/web"]);
    refused_end(
        v1::EndpointFilter { workloads, ..end() },
        &expect![[
            r#"include[1].destination[0].workloads[0] is "apps/v1/web": a workload's name, or its kind and name, is wanted, such as web or Deployment/web"#
        ]],
    );
    let services = texts(&["web*"]);
    refused_end(
        v1::EndpointFilter { services, ..end() },
        &expect![[
            r#"include[1].destination[0].services[0] is "web*": a service's name is wanted, such as web or shop/web"#
        ]],
    );
    let namespaces = texts(&[""]);
    refused_end(
        v1::EndpointFilter { namespaces, ..end() },
        &expect![[
            r#"include[1].destination[0].namespaces[0] is "": a namespace's name is wanted, such as kube-system"#
        ]],
    );
}

#[test]
fn ports_reasons_and_nodes_that_cannot_be_are_refused() {
    let filter = v1::Filter::default;
    let ports = vec![65536];
    refused(
        v1::Filter { ports, ..filter() },
        &expect!["include[1].ports[0] is 65536: a port is a number from 1 to 65535"],
    );
    let reasons = texts(&["dropped by policy"]);
    refused(
        v1::Filter { reasons, ..filter() },
        &expect![[
            r#"include[1].reasons[0] is "dropped by policy": the kernel's name of a drop reason is wanted, such as NETFILTER_DROP"#
        ]],
    );
    let node_names = texts(&[""]);
    refused(
        v1::Filter { node_names, ..filter() },
        &expect![[r#"include[1].node_names[0] is "": a node's name is wanted"#]],
    );
}

#[test]
fn more_than_can_be_looked_at_for_every_flow_is_refused() {
    let many = vec![v1::Filter::default(); MOST_FILTERS / 2 + 1];
    expect!["include is 66 filters with those of exclude: there may be up to 64; make them more general, or ask twice"]
        .assert_eq(&filter(&many, &many).unwrap_err().to_string());
    let most = v1::Filter {
        ports: vec![80; MOST_VALUES],
        ..v1::Filter::default()
    };
    assert!(filter(std::slice::from_ref(&most), &[]).is_ok());
    let ports = vec![80; MOST_VALUES + 1];
    let filters = v1::Filter::default();
    refused(
        v1::Filter { ports, ..filters },
        &expect![
            "include[1].ports is a list of 257 values: a field may have up to 256; make them more general, or ask twice"
        ],
    );
    expect!["include[16].ports is 256 values more: all filters together may have up to 4096 values; make them more general, or ask twice"].assert_eq(&filter(&vec![most; 17], &[]).unwrap_err().to_string());
    let values: Vec<_> = (0..=MOST_VALUES).map(|number| format!("v{number}")).collect();
    let selector = v1::EndpointFilter {
        label_selector: format!("app in ({})", values.join(",")),
        ..v1::EndpointFilter::default()
    };
    refused_end(
        selector,
        &expect![
            "include[1].destination[0].label_selector is a list of 257 values: a field may have up to 256; make them more general, or ask twice"
        ],
    );
}

#[test]
fn a_long_value_is_not_told_whole() {
    let end = v1::EndpointFilter {
        pods: vec!["X".repeat(100_000)],
        ..v1::EndpointFilter::default()
    };
    let filter = v1::Filter {
        either: vec![end],
        ..v1::Filter::default()
    };
    let error = super::filter(&[filter], &[]).unwrap_err();
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn a_time_before_1970_is_refused() {
    let asked = v1::CauseFilter {
        since_unix_nanos: Some(-1),
        ..v1::CauseFilter::default()
    };
    expect!["filter.since_unix_nanos is -1: nanoseconds since 1970 are not negative"]
        .assert_eq(&cause_filter(Some(&asked)).unwrap_err().to_string());
}

#[test]
fn a_question_that_cannot_be_answered_is_refused() {
    let question = || v1::ExplainRequest {
        source: pod_ref("shop", "web-0"),
        destination: address_ref("10.0.0.1"),
        protocol: 0,
        port: 80,
    };
    let refused = |asked: v1::ExplainRequest, wanted: Expect| {
        wanted.assert_eq(&explain_question(&asked).unwrap_err().to_string());
    };
    let source = None;
    refused(
        v1::ExplainRequest { source, ..question() },
        expect!["source is not set: a pod by its namespace and name, or an address, is wanted"],
    );
    let source = pod_ref("", "web-0");
    refused(
        v1::ExplainRequest { source, ..question() },
        expect![[r#"source.pod.namespace is "": a namespace's name is wanted, such as kube-system"#]],
    );
    let source = pod_ref("shop", "web-*");
    refused(
        v1::ExplainRequest { source, ..question() },
        expect![[r#"source.pod.name is "web-*": a pod's name is wanted, such as web-0"#]],
    );
    let destination = address_ref("web.shop");
    refused(
        v1::ExplainRequest {
            destination,
            ..question()
        },
        expect![[r#"destination.address is "web.shop": an IP address is wanted, such as 10.0.0.1"#]],
    );
    let port = 0;
    refused(
        v1::ExplainRequest { port, ..question() },
        expect!["port is 0: a port is a number from 1 to 65535"],
    );
    let protocol = v1::Protocol::Icmp.into();
    refused(
        v1::ExplainRequest { protocol, ..question() },
        expect!["port is 80: ICMP has no ports; leave it out"],
    );
    let protocol = v1::Protocol::Other.into();
    refused(
        v1::ExplainRequest { protocol, ..question() },
        expect![
            "protocol is 6: one of PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP, PROTOCOL_ICMP and PROTOCOL_ICMPV6 is wanted"
        ],
    );
}
