//! A month of a big cluster arrives at one agent: its memory stays in its bounds, and what was let go is counted.
use std::{
    alloc::System,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use netobs_core::{
    cause::{self, Causes},
    change::{Phase as PodPhase, Pod, PodUid},
    directory::{Directory, Owner},
    engine::{ExplainedFlow, Judgement},
    enrich::EnrichedFlow,
    event::{Count, Protocol, TcpFlags, Tuple},
    flow::{Evidence, Flow, FlowId, InitiatorEvidence, Phase, Verdict},
    inventory::{Around, Extent, Inventory},
    labels::{Labels, Symbol},
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ARRIVING: u32 = 1_000_000;
const CLIENTS: u32 = 10_000;
/// An edge has names of its own here, as it would not in a cluster.
const MOST_BYTES_AN_EDGE: usize = 1_280;

#[test]
fn a_million_edges_arrive_and_memory_stays_in_its_bounds() {
    let extent = Extent::default();
    let around = (
        Directory::new(Duration::from_secs(60)),
        Causes::new(cause::Extent::default()),
    );
    let server = pod("db", 0);
    let region = Region::new(ALLOCATOR);
    let mut inventory = Inventory::new(extent);
    let mut most = 0;
    for index in 0..ARRIVING {
        let client = pod("client", index % CLIENTS);
        let flow = arrive(index, client, Arc::clone(&server));
        let around = Around {
            directory: &around.0,
            causes: &around.1,
        };
        inventory.add(&flow, around);
        if index % 10_000 == 0 {
            let used = region.change();
            most = most.max(used.bytes_allocated - used.bytes_deallocated.min(used.bytes_allocated));
        }
    }
    let kept = inventory.edges().len();
    assert!(kept <= extent.edges, "{kept}");
    assert_eq!(inventory.forgotten().for_room + kept as u64, u64::from(ARRIVING));
    let allowed = extent.edges * MOST_BYTES_AN_EDGE;
    assert!(most <= allowed, "{most} bytes at most, {allowed} allowed");
}

fn pod(name: &str, index: u32) -> Arc<Pod> {
    let name: Symbol = format!("{name}-{index}").as_str().into();
    Arc::new(Pod {
        uid: PodUid(name.clone()),
        namespace: "shop".into(),
        name: name.clone(),
        labels: Labels::default(),
        annotations: Labels::default(),
        addresses: [address(index)].into(),
        node: None,
        host_network: false,
        phase: PodPhase::Running,
        terminating: false,
        started: None,
        workload: Workload {
            kind: WorkloadKind::Deployment,
            name,
        },
        ports: Arc::default(),
    })
}

fn address(index: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + index))
}

/// Each at a port, or from a client, of its own.
fn arrive(index: u32, client: Arc<Pod>, server: Arc<Pod>) -> ExplainedFlow {
    let count = Count { packets: 1, bytes: 60 };
    let flow = Flow {
        id: FlowId(index.into()),
        tuple: Tuple {
            source: address(index % CLIENTS),
            destination: address(0),
            source_port: 40_000,
            destination_port: u16::try_from(1 + index / CLIENTS).unwrap_or(u16::MAX),
            protocol: Protocol::Tcp,
            fragment: false,
        },
        initiator: InitiatorEvidence::Request,
        source_interface: None,
        destination_interface: None,
        forward: count,
        reply: count,
        forward_flags: TcpFlags::default(),
        reply_flags: TcpFlags::default(),
        verdict: Verdict::Forwarded,
        evidence: Evidence::Replied,
        drops: Vec::new(),
        further_drops: Count::ZERO,
        source_ports_merged: false,
        first: Timestamp::from_secs(u64::from(index)),
        last: Timestamp::from_secs(u64::from(index)),
    };
    let owner = |pod| Owner::Pod { pod, namespace: None };
    ExplainedFlow {
        phase: Phase::Closed,
        enriched: EnrichedFlow {
            flow,
            source: owner(client),
            destination: owner(server),
            service: None,
            twin: None,
        },
        outcome: None,
        judgement: Judgement::Plain,
        explanation: None,
        causes: Vec::new(),
    }
}
