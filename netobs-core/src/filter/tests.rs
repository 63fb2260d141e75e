//! What each field lets pass, alone and with others.
use std::sync::Arc;

use super::*;
use crate::{
    cause::{CauseId, CauseRef, Kind},
    change::{Change, Namespace, Object},
    directory::{Doubt, Owner},
    enrich::EnrichedFlow,
    event::{Count, Ifindex, Place, Protocol, ReasonId, TcpFlags, Tuple},
    explained::Judgement,
    fixtures::{at, ip, namespace, pod, service},
    flow::{Evidence, Flow, FlowDrop, FlowId, InitiatorEvidence, Phase, Verdict},
    policy::Direction,
};

mod causes;
mod ends;
mod flows;

const NETFILTER: ReasonId = ReasonId(12);

/// `namespace/pod` with these labels, on `node-1`, in a namespace with those.
fn of_pod(name: &str, own: &str, namespace_labels: &str) -> Owner {
    let pod = Arc::new(pod(name, "10.244.0.5", own));
    let namespace = known_namespace(&pod.namespace, namespace_labels);
    Owner::Pod {
        pod,
        namespace: Some(namespace),
    }
}

fn known_namespace(name: &str, own: &str) -> Arc<Namespace> {
    let Change::Applied(Object::Namespace(namespace)) = namespace(name, own) else {
        panic!("the fixture is no namespace");
    };
    namespace
}

fn service_owner(name: &str) -> Owner {
    Owner::Service(Arc::new(service(name, "10.96.0.9", 5432)))
}

/// A refused question of `shop/web-0` on this node to `data/db-0`.
fn refused() -> ExplainedFlow {
    let flow = Flow {
        id: FlowId(1),
        tuple: Tuple {
            source: ip("10.244.0.5"),
            destination: ip("10.244.1.9"),
            source_port: 40_000,
            destination_port: 5432,
            protocol: Protocol::Tcp,
            fragment: false,
        },
        initiator: InitiatorEvidence::Request,
        source_interface: Some(Ifindex(5)),
        destination_interface: None,
        forward: Count::ZERO,
        reply: Count::ZERO,
        forward_flags: TcpFlags(TcpFlags::SYN),
        reply_flags: TcpFlags::default(),
        verdict: Verdict::Dropped,
        evidence: Evidence::KernelReason,
        drops: vec![drop(NETFILTER)],
        further_drops: Count::ZERO,
        source_ports_merged: false,
        first: at(10),
        last: at(20),
    };
    let enriched = EnrichedFlow {
        flow,
        source: of_pod("shop/web-0", "app=web", "env=prod"),
        destination: of_pod("data/db-0", "app=db,tier=back", "env=test"),
        service: None,
        twin: None,
    };
    let cause = CauseRef {
        id: CauseId(7),
        kind: Kind::Label,
    };
    ExplainedFlow {
        phase: Phase::Opened,
        enriched,
        outcome: None,
        judgement: Judgement::Refused,
        explanation: None,
        causes: vec![cause],
    }
}

fn drop(reason: ReasonId) -> FlowDrop {
    FlowDrop {
        reason,
        place: Place::Node { interface: None },
        arrived_by: None,
        of_reply: false,
        count: Count::ZERO,
        first: at(10),
        last: at(20),
    }
}

fn passes(filter: FlowFilter, flow: &ExplainedFlow) -> bool {
    let include = vec![filter];
    pass(
        &Filters {
            include,
            ..Filters::default()
        },
        flow,
    )
}

fn pass(filters: &Filters, flow: &ExplainedFlow) -> bool {
    let reasons = [
        (NETFILTER, "NETFILTER_DROP".into()),
        (ReasonId(9), "SKB_DROP_REASON_NO_SOCKET".into()),
    ];
    let site = Site {
        reasons: &reasons.into_iter().collect(),
        node: "node-1",
    };
    filters.pass(flow, site)
}
