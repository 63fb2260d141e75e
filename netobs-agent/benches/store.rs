//! How many edges a second go from flows to the disk, how much of it they take, how long reading them back is, and what is left of a
//! month of a big cluster.
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
/// Edges of a month that are seen once each, how many of them come at once, and how often that is.
const MONTH: u32 = 1_000_000;
const PART: u32 = 2_000;
const SECONDS_A_PART: u64 = 3_600;
/// Edges that are seen each time.
const HABITS: u32 = 1_000;
/// Twice what a file of so many edges is large at; it grows to twice its size when it is full.
const MOST_BYTES: f64 = 210e6;
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
    let month = month() / f64::from(1 << 20);
    println!(r#"{{"figure":"inventory_mib_1m_edges","value":{month:.1},"unit":"MiB"}}"#);
}

/// A million edges arrive at an agent that keeps as many as it does by default; the most that they took on disk, in bytes.
fn month() -> f64 {
    let dir = env::temp_dir().join(format!("netobs-bench-month-{}", process::id()));
    let extent = Extent::default();
    let settings = Settings {
        dir: dir.clone(),
        edges: extent.edges,
        begin: || {},
    };
    let mut inventory = Inventory::new(extent);
    let (mut store, stored) = Store::open(&settings).expect("the store begins anew");
    inventory.load(stored);
    let ends = Ends::new();
    let mut most = 0.0_f64;
    for part in 0..MONTH / PART {
        let new = HABITS + part * PART..HABITS + (part + 1) * PART;
        let arriving = (0..HABITS).chain(new).map(|index| {
            let mut flow = ends.flow(index);
            let at = Timestamp::from_secs(u64::from(part) * SECONDS_A_PART);
            (flow.enriched.flow.first, flow.enriched.flow.last) = (at, at);
            flow
        });
        add(&mut inventory, &arriving.collect::<Vec<_>>());
        store.tend(Timestamp::from_secs(u64::from(part) * SECONDS_A_PART), &mut inventory);
        most = most.max(size(&dir));
    }
    assert!(store.finish(&mut inventory, PATIENCE), "the disk is too slow");
    drop(store);
    most = most.max(size(&dir));
    let (store, stored) = Store::open(&settings).expect("the store opens again");
    drop(store);
    fs::remove_dir_all(&dir).expect("the directory is ours");
    let kept = stored.edges.len();
    assert!(kept <= extent.edges, "{kept} edges are more than there is room for");
    assert!(most <= MOST_BYTES, "{most} bytes are more than the file may take");
    let arrived = u64::from(HABITS + MONTH);
    assert_eq!(
        stored.forgotten.for_room + kept as u64,
        arrived,
        "what was let go is counted"
    );
    let habits = stored.edges.iter().filter(|edge| edge.connections > 1).count();
    assert_eq!(habits, HABITS as usize, "what came back every hour is kept");
    most
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

fn flows() -> Vec<ExplainedFlow> {
    let ends = Ends::new();
    (0..EDGES).map(|index| ends.flow(index)).collect()
}

/// Workloads with names and labels as they usually have them.
struct Ends {
    namespace: Arc<Namespace>,
    pods: Vec<Arc<Pod>>,
}

impl Ends {
    fn new() -> Self {
        let mut names = Interner::default();
        let namespace = Arc::new(Namespace {
            name: names.symbol("checkout-production"),
            labels: names.labels([("kubernetes.io/metadata.name", "checkout-production"), ("env", "prod")]),
            annotations: Labels::default(),
        });
        let pods = (0..WORKLOADS).map(|index| pod(index, &mut names)).collect();
        Self { namespace, pods }
    }

    /// Each an edge of its own.
    fn flow(&self, index: u32) -> ExplainedFlow {
        let (from, to) = (index % WORKLOADS, (index * 7 + index / WORKLOADS + 1) % WORKLOADS);
        ExplainedFlow {
            phase: Phase::Closed,
            enriched: EnrichedFlow {
                flow: flow(index, from, to),
                source: self.owner(from),
                destination: self.owner(to),
                service: None,
                twin: None,
            },
            outcome: None,
            judgement: Judgement::Plain,
            explanation: None,
            causes: Vec::new(),
        }
    }

    fn owner(&self, index: u32) -> Owner {
        Owner::Pod {
            pod: Arc::clone(&self.pods[index as usize]),
            namespace: Some(Arc::clone(&self.namespace)),
        }
    }
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
