//! Flows as a whole.
use super::*;

#[test]
fn without_filters_everything_passes() {
    assert!(pass(&Filters::default(), &refused()));
    assert!(passes(FlowFilter::default(), &refused()));
}

#[test]
fn a_flow_passes_any_of_the_included_and_none_of_the_excluded() {
    let verdicts = |verdict| FlowFilter {
        verdicts: vec![verdict],
        ..FlowFilter::default()
    };
    let (dropped, seen) = (verdicts(Verdict::Dropped), verdicts(Verdict::Seen));
    let asked = |include: &[&FlowFilter], exclude: &[&FlowFilter]| Filters {
        include: include.iter().copied().cloned().collect(),
        exclude: exclude.iter().copied().cloned().collect(),
    };
    assert!(pass(&asked(&[&seen, &dropped], &[]), &refused()));
    assert!(!pass(&asked(&[&seen], &[]), &refused()));
    assert!(pass(&asked(&[], &[&seen]), &refused()));
    assert!(!pass(&asked(&[&dropped], &[&seen, &dropped]), &refused()));
}

#[test]
fn a_field_is_passed_by_any_of_its_values_and_all_fields_must_be() {
    let filter = |port, verdict| FlowFilter {
        ports: vec![80, port],
        verdicts: vec![Verdict::Unanswered, verdict],
        ..FlowFilter::default()
    };
    assert!(passes(filter(5432, Verdict::Dropped), &refused()));
    assert!(!passes(filter(5433, Verdict::Dropped), &refused()));
    assert!(!passes(filter(5432, Verdict::Forwarded), &refused()));
}

#[test]
fn the_judgement_and_the_causes_are_looked_at() {
    let judgements = |judgement| FlowFilter {
        judgements: vec![judgement],
        ..FlowFilter::default()
    };
    assert!(passes(judgements(Judgement::Refused), &refused()));
    assert!(!passes(judgements(Judgement::Plain), &refused()));
    let kinds = |kind| FlowFilter {
        cause_kinds: vec![kind],
        ..FlowFilter::default()
    };
    assert!(passes(kinds(Kind::Label), &refused()) && !passes(kinds(Kind::Port), &refused()));
    let ids = |id| FlowFilter {
        cause_ids: vec![CauseId(id)],
        ..FlowFilter::default()
    };
    assert!(passes(ids(7), &refused()) && !passes(ids(8), &refused()));
}

#[test]
fn a_reason_is_known_by_the_kernels_name_with_or_without_its_prefix() {
    let named = |name: &str, reason| {
        let mut flow = refused();
        flow.enriched.flow.drops = vec![drop(ReasonId(reason))];
        let filter = FlowFilter {
            reasons: vec![name.into()],
            ..FlowFilter::default()
        };
        passes(filter, &flow)
    };
    assert!(named("NETFILTER_DROP", 12) && named("SKB_DROP_REASON_NETFILTER_DROP", 12));
    assert!(named("NO_SOCKET", 9) && !named("NO_SOCKET", 12));
    assert!(named("REASON_77", 77), "a reason without a name goes by its number");
    assert!(!named("REASON_12", 12), "one with a name goes by that");
}

#[test]
fn only_protocols_with_ports_have_them() {
    let ports = |flow: &ExplainedFlow| {
        let filter = FlowFilter {
            ports: vec![5432],
            ..FlowFilter::default()
        };
        passes(filter, flow)
    };
    let mut flow = refused();
    flow.enriched.flow.tuple.protocol = Protocol::Icmp;
    assert!(!ports(&flow));
    flow.enriched.flow.tuple.protocol = Protocol::Udp;
    assert!(ports(&flow));
    flow.enriched.flow.tuple.fragment = true;
    assert!(!ports(&flow));
}

#[test]
fn a_protocol_is_one_of_the_known_or_another() {
    let known = [
        (Protocol::Tcp, ProtocolKind::Tcp),
        (Protocol::Udp, ProtocolKind::Udp),
        (Protocol::Sctp, ProtocolKind::Sctp),
        (Protocol::Icmp, ProtocolKind::Icmp),
        (Protocol::Icmpv6, ProtocolKind::Icmpv6),
        (Protocol::Other(47), ProtocolKind::Other),
    ];
    for (protocol, own) in known {
        let mut flow = refused();
        flow.enriched.flow.tuple.protocol = protocol;
        for (_, kind) in known {
            let filter = FlowFilter {
                protocols: vec![kind],
                ..FlowFilter::default()
            };
            assert_eq!(passes(filter, &flow), kind == own, "{protocol:?} {kind:?}");
        }
    }
}

#[test]
fn a_direction_is_that_of_a_pod_on_this_node() {
    let has = |direction, flow: &ExplainedFlow| {
        let filter = FlowFilter {
            directions: vec![direction],
            ..FlowFilter::default()
        };
        passes(filter, flow)
    };
    let mut flow = refused();
    assert!(
        has(Direction::Egress, &flow) && has(Direction::Ingress, &flow),
        "both run on node-1"
    );
    flow.enriched.destination = Owner::World { service: None };
    assert!(has(Direction::Egress, &flow) && !has(Direction::Ingress, &flow));
    flow.enriched.source = Owner::Unknown(Doubt::Unheard);
    assert!(has(Direction::Egress, &flow), "it is behind an interface of this node");
    flow.enriched.flow.source_interface = None;
    assert!(!has(Direction::Egress, &flow));
}

#[test]
fn a_node_is_asked_for_by_name() {
    let nodes = |name: &str| FlowFilter {
        nodes: vec![name.into()],
        ..FlowFilter::default()
    };
    assert!(passes(nodes("node-1"), &refused()) && !passes(nodes("node-2"), &refused()));
}
