//! How long a labelled flow takes to be encoded, and to be held against a filter.
#![expect(
    clippy::print_stdout,
    reason = "a figure a line on standard output is what this program is for"
)]
#![expect(
    clippy::expect_used,
    reason = "a measurement that cannot be made must not look like one that was"
)]
use std::{
    alloc::System,
    collections::HashMap,
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, RwLock},
    time::Instant,
};

use netobs_api::{Encoder, model, v1, wire, wire::Names};
use netobs_core::{
    change::{Namespace, Phase, Pod, PodUid},
    directory::Owner,
    engine::{ExplainedFlow, Judgement, Reasons},
    enrich::EnrichedFlow,
    event::{Count, Ifindex, Protocol, ReasonId, TcpFlags, Tuple},
    filter::Site,
    flow::{self, Evidence, Flow, FlowId, InitiatorEvidence, Verdict},
    labels::Labels,
    policy::Outcome,
    redact::{Hidden, Key, Redactor},
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};
use prost::Message as _;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PODS: u32 = 500;
const FLOWS: u32 = 2_000;
const BEGAN: Timestamp = Timestamp::from_secs(1_772_359_200);
/// The fastest counts: what slows the others is not ours.
const ROUNDS: u32 = 100;

/// As a server keeps them.
struct Interfaces(RwLock<HashMap<Ifindex, Arc<str>>>);

impl Names for Interfaces {
    fn reason(&self, _: ReasonId) -> Option<&str> {
        None
    }

    fn interface(&self, interface: Ifindex) -> Option<Arc<str>> {
        let names = self.0.read().expect("nothing panics while it holds the lock");
        names.get(&interface).cloned()
    }
}

fn main() {
    let flows = flows();
    let names = (0..PODS).map(|number| (Ifindex(number), format!("veth{number:08x}").into()));
    let names = Interfaces(RwLock::new(names.collect()));
    let mut encoder = Encoder::new("node-1");
    let bytes: usize = flows.iter().map(|flow| encoder.encode(flow, &names).len()).sum();
    let region = Region::new(ALLOCATOR);
    for flow in &flows {
        black_box(encoder.encode(flow, &names));
    }
    let allocations = region.change().allocations as f64 / f64::from(FLOWS);
    let encode = fastest(&flows, |flow| {
        black_box(encoder.encode(flow, &names));
    });
    let slowly = fastest(&flows, |flow| {
        black_box(wire::flow(flow, &names).encode_to_vec());
    });
    let bytes = bytes as f64 / f64::from(FLOWS);
    println!(
        r#"{{"figure":"encode_ns","value":{encode:.0},"unit":"ns","bytes":{bytes:.0},"allocations":{allocations:.3}}}"#
    );
    println!(r#"{{"figure":"encode_by_message_ns","value":{slowly:.0},"unit":"ns"}}"#);
    measure_filter(&flows);
    measure_redaction(&flows, &names);
}

/// With everything hidden that can be.
fn measure_redaction(flows: &[ExplainedFlow], names: &Interfaces) {
    let hidden = Hidden {
        addresses: true,
        pod_names: true,
        labels: "*".parse().expect("all keys are keys"),
    };
    let mut redactor = Redactor::new(hidden, Key::of(b"a secret of this measurement"));
    let redacted: Vec<_> = flows.iter().map(|flow| redactor.flow(flow)).collect();
    let region = Region::new(ALLOCATOR);
    for flow in flows {
        black_box(redactor.flow(flow));
    }
    let allocations = region.change().allocations as f64 / f64::from(FLOWS);
    let redact = fastest(flows, |flow| {
        black_box(redactor.flow(flow));
    });
    let mut encoder = Encoder::new("node-1");
    let encode = fastest(&redacted, |flow| {
        black_box(encoder.encode(flow, names));
    });
    println!(r#"{{"figure":"redact_ns","value":{redact:.0},"unit":"ns","allocations":{allocations:.3}}}"#);
    println!(r#"{{"figure":"encode_redacted_ns","value":{encode:.0},"unit":"ns"}}"#);
}

/// What passes only after everything was looked at.
fn measure_filter(flows: &[ExplainedFlow]) {
    let asked = v1::Filter {
        verdicts: vec![v1::Verdict::Forwarded.into()],
        ports: vec![80, 443, 8080],
        either: vec![v1::EndpointFilter {
            namespaces: vec!["shop".to_owned(), "payments".to_owned()],
            label_selector: "app.kubernetes.io/component=web,tier in (front,back)".to_owned(),
            addresses: vec!["10.244.0.0/16".to_owned()],
            ..v1::EndpointFilter::default()
        }],
        ..v1::Filter::default()
    };
    let filters = model::filter(&[asked], &[]).expect("the filter is a good one");
    let reasons = Reasons::default();
    let site = Site {
        reasons: &reasons,
        node: "node-1",
    };
    assert!(flows.iter().all(|flow| filters.pass(flow, site)));
    let region = Region::new(ALLOCATOR);
    let filter = fastest(flows, |flow| {
        black_box(filters.pass(flow, site));
    });
    let allocations = region.change().allocations;
    println!(r#"{{"figure":"filter_ns","value":{filter:.1},"unit":"ns","allocations":{allocations}}}"#);
}

/// In nanoseconds a flow.
fn fastest(flows: &[ExplainedFlow], mut work: impl FnMut(&ExplainedFlow)) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        flows.iter().for_each(&mut work);
        start.elapsed().as_secs_f64() * 1e9 / f64::from(FLOWS)
    });
    times.fold(f64::INFINITY, f64::min)
}

fn flows() -> Vec<ExplainedFlow> {
    let namespace = Arc::new(Namespace {
        name: "payments".into(),
        labels: Labels::of([
            ("env", "prod"),
            ("kubernetes.io/metadata.name", "payments"),
            ("team", "money"),
        ]),
        annotations: Labels::default(),
    });
    let owners: Vec<_> = (0..PODS)
        .map(|number| Owner::Pod {
            pod: Arc::new(pod(number)),
            namespace: Some(Arc::clone(&namespace)),
        })
        .collect();
    let end = |number: u32| owners.iter().cycle().nth((number % PODS) as usize).cloned();
    (0..FLOWS)
        .filter_map(|number| Some(explained(number, end(number)?, end(number * 7 + 3)?)))
        .collect()
}

fn pod(number: u32) -> Pod {
    Pod {
        uid: PodUid(format!("{number}").as_str().into()),
        namespace: "payments".into(),
        name: format!("checkout-6d4cf56db6-{number:05}").as_str().into(),
        labels: Labels::of([
            ("app.kubernetes.io/component", "web"),
            ("app.kubernetes.io/instance", "checkout"),
            ("app.kubernetes.io/managed-by", "Helm"),
            ("app.kubernetes.io/name", "checkout"),
            ("app.kubernetes.io/version", "1.14.2"),
            ("pod-template-hash", "6d4cf56db6"),
            ("tier", "front"),
        ]),
        annotations: Labels::default(),
        addresses: [address(number)].into(),
        node: Some("node-1".into()),
        host_network: false,
        phase: Phase::Running,
        terminating: false,
        started: None,
        workload: Workload {
            kind: WorkloadKind::Deployment,
            name: "checkout".into(),
        },
        ports: Arc::default(),
    }
}

fn explained(number: u32, source: Owner, destination: Owner) -> ExplainedFlow {
    let count = Count {
        packets: u64::from(number) + 10,
        bytes: u64::from(number) * 100 + 4_000,
    };
    let flow = Flow {
        id: FlowId(u64::from(number) + 1_000_000),
        tuple: Tuple {
            source: address(number % PODS),
            destination: address((number * 7 + 3) % PODS),
            source_port: 40_000,
            destination_port: 8080,
            protocol: Protocol::Tcp,
            fragment: false,
        },
        initiator: InitiatorEvidence::Request,
        source_interface: Some(Ifindex(number % PODS)),
        destination_interface: Some(Ifindex((number * 7 + 3) % PODS)),
        forward: count,
        reply: count,
        forward_flags: TcpFlags(0x1b),
        reply_flags: TcpFlags(0x1b),
        verdict: Verdict::Forwarded,
        evidence: Evidence::Replied,
        drops: Vec::new(),
        further_drops: Count::ZERO,
        source_ports_merged: false,
        first: BEGAN,
        last: Timestamp(BEGAN.0 + u64::from(number) * 1_000_003),
    };
    ExplainedFlow {
        phase: flow::Phase::Closed,
        enriched: EnrichedFlow {
            flow,
            source,
            destination,
            service: None,
            twin: None,
        },
        outcome: Some(Outcome::Admits),
        judgement: Judgement::Plain,
        explanation: None,
        causes: Vec::new(),
    }
}

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(u32::from_be_bytes([10, 244, 0, 2]) + number).into()
}
