//! How many edges a second go from flows to the disk, how much of it they take, and how long reading them back is.
#![expect(
    clippy::print_stdout,
    reason = "a figure a line on standard output is what this program is for"
)]
#![expect(
    clippy::expect_used,
    reason = "a measurement that cannot be made must not look like one that was"
)]
use std::{
    env, fs,
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use netobs_core::{
    cause::{self, Causes},
    change::{Namespace, Phase as PodPhase, Pod, PodUid},
    directory::{Directory, Owner},
    engine::{ExplainedFlow, Judgement},
    enrich::EnrichedFlow,
    event::{Count, Protocol, TcpFlags, Tuple},
    flow::{Evidence, Flow, FlowId, InitiatorEvidence, Phase, Verdict},
    inventory::{Around, Extent, Inventory},
    labels::{Interner, Labels},
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

use self::rooms::store::{Settings, Store};

/// A program has no library that could be linked with.
#[path = "../src"]
#[expect(
    dead_code,
    unused_imports,
    reason = "what the agent needs of it beside this, and its tests"
)]
mod rooms {
    pub(super) mod store;
}

const EDGES: u32 = 100_000;
const WORKLOADS: u32 = 2_000;
const PATIENCE: Duration = Duration::from_secs(120);
/// The fastest counts: what slows the others is not ours.
const ROUNDS: u32 = 3;

fn main() {
    let flows = flows();
    let rounds: Vec<Round> = (0..ROUNDS).map(|_| round(&flows)).collect();
    let best = |of: fn(&Round) -> f64| rounds.iter().map(of).fold(f64::INFINITY, f64::min);
    let written = f64::from(EDGES) / best(|round| round.written);
    let mib = best(|round| round.bytes) / f64::from(1 << 20);
    println!(r#"{{"figure":"inventory_write_edges_per_s","value":{written:.0},"unit":"1/s"}}"#);
    println!(r#"{{"figure":"inventory_mib_100k_edges","value":{mib:.1},"unit":"MiB"}}"#);
    let again = best(|round| round.again) * 1e9 / f64::from(EDGES);
    println!(r#"{{"figure":"inventory_add_ns","value":{again:.0},"unit":"ns"}}"#);
    let read = best(|round| round.read) * 1e3;
    println!(r#"{{"figure":"inventory_read_ms_100k_edges","value":{read:.0},"unit":"ms"}}"#);
}

/// Seconds, and bytes.
struct Round {
    written: f64,
    again: f64,
    read: f64,
    bytes: f64,
}

fn round(flows: &[ExplainedFlow]) -> Round {
    let dir = env::temp_dir().join(format!("netobs-bench-store-{}", process::id()));
    let settings = Settings {
        dir: dir.clone(),
        edges: EDGES as usize,
        begin: || {},
    };
    let mut inventory = Inventory::new(Extent {
        edges: EDGES as usize,
        ..Extent::default()
    });
    let (mut store, stored) = Store::open(&settings).expect("the store begins anew");
    inventory.load(stored);
    let began = Instant::now();
    add(&mut inventory, flows);
    assert!(store.finish(&mut inventory, PATIENCE), "the disk is too slow");
    let written = began.elapsed().as_secs_f64();
    drop(store);
    let bytes = size(&dir);
    let again = Instant::now();
    add(&mut inventory, flows);
    let again = again.elapsed().as_secs_f64();
    let read = Instant::now();
    let (store, stored) = Store::open(&settings).expect("the store opens again");
    assert_eq!(stored.edges.len(), EDGES as usize);
    let mut resumed = Inventory::new(inventory.extent());
    resumed.load(stored);
    black_box(resumed.edges().len());
    let read = read.elapsed().as_secs_f64();
    drop(store);
    fs::remove_dir_all(&dir).expect("the directory is ours");
    Round {
        written,
        again,
        read,
        bytes,
    }
}

fn add(inventory: &mut Inventory, flows: &[ExplainedFlow]) {
    let directory = Directory::new(Duration::from_secs(60));
    let causes = Causes::new(cause::Extent::default());
    let around = Around {
        directory: &directory,
        causes: &causes,
    };
    for flow in flows {
        inventory.add(flow, around);
    }
}

fn size(dir: &Path) -> f64 {
    let files = fs::read_dir(dir).expect("the directory is there");
    let sizes = files.map(|file| file.and_then(|file| file.metadata()).expect("a file has a size").len());
    sizes.sum::<u64>() as f64
}

/// Each an edge of its own, between workloads with names and labels as they usually have them.
fn flows() -> Vec<ExplainedFlow> {
    let mut names = Interner::default();
    let namespace = Arc::new(Namespace {
        name: names.symbol("checkout-production"),
        labels: names.labels([("kubernetes.io/metadata.name", "checkout-production"), ("env", "prod")]),
        annotations: Labels::default(),
    });
    let pods: Vec<_> = (0..WORKLOADS).map(|index| pod(index, &mut names)).collect();
    let owner = |index: u32| Owner::Pod {
        pod: Arc::clone(&pods[(index % WORKLOADS) as usize]),
        namespace: Some(Arc::clone(&namespace)),
    };
    let ends = (0..EDGES).map(|index| {
        (
            index,
            index % WORKLOADS,
            (index * 7 + index / WORKLOADS + 1) % WORKLOADS,
        )
    });
    ends.map(|(index, from, to)| ExplainedFlow {
        phase: Phase::Closed,
        enriched: EnrichedFlow {
            flow: flow(index, from, to),
            source: owner(from),
            destination: owner(to),
            service: None,
            twin: None,
        },
        outcome: None,
        judgement: Judgement::Plain,
        explanation: None,
        causes: Vec::new(),
    })
    .collect()
}

fn pod(index: u32, names: &mut Interner) -> Arc<Pod> {
    let app = format!("checkout-backend-{index}");
    let name = format!("{app}-6d4cf5{index:04x}-x7x2p");
    let labels = names.labels([
        ("app.kubernetes.io/name", app.as_str()),
        ("app.kubernetes.io/instance", &app),
        ("pod-template-hash", "6d4cf5"),
    ]);
    Arc::new(Pod {
        uid: PodUid(names.symbol(&format!("0b6e7d5c-{index:08x}"))),
        namespace: names.symbol("checkout-production"),
        name: names.symbol(&name),
        labels,
        annotations: Labels::default(),
        addresses: [address(index)].into(),
        node: Some(names.symbol("worker-17.example.internal")),
        host_network: false,
        phase: PodPhase::Running,
        terminating: false,
        started: None,
        workload: Workload {
            kind: WorkloadKind::Deployment,
            name: names.symbol(&app),
        },
        ports: Arc::default(),
    })
}

const fn address(index: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0af4_0000 + index))
}

fn flow(index: u32, from: u32, to: u32) -> Flow {
    let count = Count {
        packets: 12,
        bytes: 4_096,
    };
    Flow {
        id: FlowId(index.into()),
        tuple: Tuple {
            source: address(from),
            destination: address(to),
            source_port: 40_000,
            destination_port: 8_080,
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
        first: Timestamp::from_secs(1_000_000),
        last: Timestamp::from_secs(1_000_001),
    }
}
