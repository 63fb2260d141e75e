//! Flows of all kinds between a few ends.
use std::{net::IpAddr, sync::Arc};

use netobs_core::{
    cause::{CauseId, CauseRef, Kind},
    change::Service,
    directory::{Doubt, Owner},
    engine::{ExplainedFlow, Judgement},
    enrich::EnrichedFlow,
    event::{Count, Ifindex, NetnsId, Place, Protocol, ReasonId, TcpFlags, Tuple},
    explain::Explanation,
    flow::{Evidence, Flow, FlowDrop, FlowId, InitiatorEvidence, Phase, Verdict},
    policy::Outcome,
    time::Timestamp,
};
use proptest::{option, prelude::*, sample::select};

use crate::fixtures::{NETFILTER, VETH, ip, missing_label, namespace, pod, service};

pub(super) fn explained() -> impl Strategy<Value = ExplainedFlow> {
    let judged = (
        select(vec![
            Phase::Opened,
            Phase::Updated,
            Phase::Closed,
            Phase::Idle,
            Phase::Evicted,
        ]),
        option::of(select(vec![
            Outcome::NotApplicable,
            Outcome::Admits,
            Outcome::DoesNotAdmit,
        ])),
        select(vec![Judgement::Plain, Judgement::Refused, Judgement::Undecidable]),
        select(explanations()),
        prop::collection::vec(any::<u64>(), 0..3),
    );
    (judged, enriched()).prop_map(|((phase, outcome, judgement, explanation, causes), enriched)| {
        let cause = |id| CauseRef {
            id: CauseId(id),
            kind: Kind::Label,
        };
        ExplainedFlow {
            phase,
            enriched,
            outcome,
            judgement,
            explanation,
            causes: causes.into_iter().map(cause).collect(),
        }
    })
}

/// Between two of whom nothing is known.
pub(super) fn some_flow() -> ExplainedFlow {
    let flow = missing_label().flow;
    ExplainedFlow {
        explanation: None,
        enriched: EnrichedFlow {
            source: Owner::World { service: None },
            destination: Owner::World { service: None },
            ..flow.enriched.clone()
        },
        ..(*flow).clone()
    }
}

/// Told of the same ends and of others than they were made for.
fn explanations() -> Vec<Option<Arc<Explanation>>> {
    let made = || missing_label().flow.explanation.clone();
    vec![None, None, made(), made()]
}

fn enriched() -> impl Strategy<Value = EnrichedFlow> {
    let ends = (select(owners()), select(owners()));
    let service = option::of(select(vec![some_service()]));
    (flow(), ends, service, option::of(any::<u64>())).prop_map(|(flow, (source, destination), service, twin)| {
        EnrichedFlow {
            flow,
            source,
            destination,
            service,
            twin: twin.map(FlowId),
        }
    })
}

fn owners() -> Vec<Owner> {
    let web = Arc::new(pod("shop/web-0", "10.244.0.5", "app=web,tier=front"));
    let of_pod = |namespace| Owner::Pod {
        pod: Arc::clone(&web),
        namespace,
    };
    let node = Owner::Node {
        name: "node-1".into(),
        node: None,
    };
    let doubts = [
        Doubt::Several,
        Doubt::Former(Arc::clone(&web)),
        Doubt::Unheard,
        Doubt::Unlisted,
    ];
    let service = some_service();
    let mut owners = vec![
        of_pod(Some(Arc::new(namespace("shop", "env=prod")))),
        of_pod(Some(Arc::new(namespace("shop", "env=test")))),
        of_pod(None),
        node,
        Owner::Service(Arc::clone(&service)),
        Owner::World { service: None },
        Owner::World { service: Some(service) },
    ];
    owners.extend(doubts.map(Owner::Unknown));
    owners
}

fn some_service() -> Arc<Service> {
    Arc::new(service("shop/web", "10.96.0.9"))
}

fn flow() -> impl Strategy<Value = Flow> {
    let seen = (any::<u64>(), tuple(), interface(), interface(), any::<bool>());
    let counts = (count(), count(), count(), any::<u8>(), any::<u8>());
    let words = (
        select(vec![InitiatorEvidence::Request, InitiatorEvidence::FirstPacket]),
        select(vec![
            Verdict::Forwarded,
            Verdict::Dropped,
            Verdict::Unanswered,
            Verdict::Seen,
        ]),
        select(vec![Evidence::Delivered, Evidence::KernelReason]),
    );
    let drops = prop::collection::vec(drop(), 0..3);
    (seen, counts, words, drops, time(), time()).prop_map(|(seen, counts, words, drops, first, last)| {
        let (id, tuple, source_interface, destination_interface, source_ports_merged) = seen;
        let (forward, reply, further_drops, forward_flags, reply_flags) = counts;
        let (initiator, verdict, evidence) = words;
        Flow {
            id: FlowId(id),
            tuple,
            initiator,
            source_interface,
            destination_interface,
            forward,
            reply,
            forward_flags: TcpFlags(forward_flags),
            reply_flags: TcpFlags(reply_flags),
            verdict,
            evidence,
            drops,
            further_drops,
            source_ports_merged,
            first,
            last,
        }
    })
}

fn tuple() -> impl Strategy<Value = Tuple> {
    let numbers = (any::<u16>(), any::<u16>(), any::<u8>(), any::<bool>());
    (address(), address(), numbers).prop_map(|(source, destination, numbers)| {
        let (source_port, destination_port, protocol, fragment) = numbers;
        Tuple {
            source,
            destination,
            source_port,
            destination_port,
            protocol: Protocol::from_number(protocol % 20),
            fragment,
        }
    })
}

fn drop() -> impl Strategy<Value = FlowDrop> {
    let inside = (any::<u32>(), interface()).prop_map(|(namespace, interface)| Place::Inside {
        namespace: NetnsId(namespace),
        interface,
    });
    let place = prop_oneof![
        interface().prop_map(|interface| Place::Node { interface }),
        inside,
        Just(Place::Unknown),
    ];
    let reason = prop_oneof![Just(NETFILTER), any::<u32>().prop_map(ReasonId)];
    let fields = (reason, place, interface(), any::<bool>(), count(), time(), time());
    fields.prop_map(|(reason, place, arrived_by, of_reply, count, first, last)| FlowDrop {
        reason,
        place,
        arrived_by,
        of_reply,
        count,
        first,
        last,
    })
}

/// A few that come again, and others.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        select(vec![ip("10.244.0.5"), ip("fd00::5"), ip("::ffff:10.0.0.1")]),
        any::<IpAddr>(),
    ]
}

fn interface() -> impl Strategy<Value = Option<Ifindex>> {
    option::of(prop_oneof![Just(VETH), any::<u32>().prop_map(Ifindex)])
}

fn count() -> impl Strategy<Value = Count> {
    let counted = (any::<u64>(), any::<u64>()).prop_map(|(packets, bytes)| Count { packets, bytes });
    prop_oneof![Just(Count::ZERO), counted]
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp)
}
