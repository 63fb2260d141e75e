//! How much memory 100,000 pods take in the directory, and how long the ends of a flow take to be found in it.
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
    fs,
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use netobs_core::{
    change::{
        Backend, Change, EndpointSlice, Kind, Namespace, Node, Object, Phase, Pod, PodUid, Scoped, Service,
        ServiceKind, ServicePort, SlicePort,
    },
    directory::Directory,
    enrich::enrich,
    event::{Count, Protocol, TcpFlags, Tuple},
    flow::{Evidence, Flow, FlowId, InitiatorEvidence, Verdict},
    labels::{Interner, Labels, Requirement, Selector},
    policy::{Cidr, NamedPort},
    time::Timestamp,
    workload::{Owned, Owner, Workload},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PODS: u32 = 100_000;
const PODS_OF_A_WORKLOAD: u32 = 20;
const NAMESPACES: u32 = 200;
const NODES: u32 = 1_000;
const LOOK_UPS: u32 = 100_000;
/// The fastest counts: what slows the others is not ours.
const ROUNDS: u32 = 40;

fn main() {
    let before = resident_kib();
    let mut interner = Interner::default();
    let mut directory = Directory::new(Duration::from_secs(300));
    for change in cluster(&mut interner) {
        directory.apply(&change, Timestamp::from_secs(1));
    }
    let mib = (resident_kib() - before) as f64 / 1024.0;
    println!(r#"{{"figure":"directory_mib_100k_pods","value":{mib:.1},"unit":"MiB","bar":150}}"#);
    assert_eq!(directory.pod_count(), PODS as usize);
    measure_enrich(&directory);
    black_box(interner.len());
}

fn measure_enrich(directory: &Directory) {
    let flows: Vec<Flow> = (0..4096_u32)
        .map(|index| flow(index.wrapping_mul(2_654_435_761) % PODS))
        .collect();
    let region = Region::new(ALLOCATOR);
    let nanos = (0..ROUNDS)
        .map(|_| round(&flows, directory))
        .fold(f64::INFINITY, f64::min);
    let allocations = region.change().allocations as f64 / f64::from(ROUNDS * LOOK_UPS);
    println!(r#"{{"figure":"enrich_ns","value":{nanos:.0},"unit":"ns","bar":300}}"#);
    println!(r#"{{"figure":"enrich_allocations","value":{allocations:.3},"unit":"per flow","bar":0}}"#);
}

fn round(flows: &[Flow], directory: &Directory) -> f64 {
    let began = Instant::now();
    for index in 0..LOOK_UPS {
        let flow = &flows[(index % 4096) as usize];
        black_box(enrich(black_box(flow).clone(), directory));
    }
    began.elapsed().as_nanos() as f64 / f64::from(LOOK_UPS)
}

/// In the order in which an agent lists it; made one at a time, as they come from the wire.
fn cluster(interner: &mut Interner) -> impl Iterator<Item = Change> {
    let workloads = PODS / PODS_OF_A_WORKLOAD;
    let mut names = Interner::default();
    let pods = (0..PODS).map(|index| Object::Pod(Arc::new(pod(index, interner))));
    let others = (0..NAMESPACES)
        .map(move |index| Object::Namespace(Arc::new(namespace(index, &mut names))))
        .chain((0..NODES).map(|index| Object::Node(Arc::new(node(index)))))
        .chain((0..workloads).map(|index| Object::Service(Arc::new(service(index)))))
        .chain((0..workloads).map(|index| Object::EndpointSlice(Arc::new(slice(index)))));
    pods.chain(others)
        .map(Change::Applied)
        .chain([Change::RelistEnds(Kind::Pod)])
}

fn pod(index: u32, interner: &mut Interner) -> Pod {
    let workload = index / PODS_OF_A_WORKLOAD;
    let (app, hash) = (format!("checkout-backend-{workload}"), format!("6d4cf5{workload:04x}"));
    let set = format!("{app}-{hash}");
    let name = format!("{set}-{index:05x}");
    let labels = interner.labels([
        ("app.kubernetes.io/name", app.as_str()),
        ("app.kubernetes.io/instance", &app),
        ("app.kubernetes.io/managed-by", "Helm"),
        ("pod-template-hash", &hash),
        ("team", ["core", "web", "data"][workload as usize % 3]),
        ("env", "prod"),
    ]);
    let owned = Owned {
        pod: &name,
        labels: &labels,
        owner: Some(Owner {
            kind: "ReplicaSet",
            name: &set,
        }),
    };
    let ports = [("http", 8080), ("metrics", 9090)].map(|(name, port)| NamedPort {
        name: interner.symbol(name),
        protocol: Protocol::Tcp,
        port,
    });
    Pod {
        uid: uid(index),
        namespace: interner.symbol(&namespace_name(workload)),
        name: name.as_str().into(),
        annotations: interner.labels([("sidecar.istio.io/inject", "true"), ("checksum/config", hash.as_str())]),
        addresses: [pod_address(index)].into(),
        node: Some(interner.symbol(&format!("ip-10-0-{}.compute.internal", index % NODES))),
        host_network: false,
        phase: Phase::Running,
        terminating: false,
        started: Some(Timestamp::from_secs(1)),
        workload: Workload::of(owned, interner),
        ports: ports.into(),
        labels,
    }
}

fn namespace(index: u32, interner: &mut Interner) -> Namespace {
    let name = namespace_name(index);
    Namespace {
        labels: interner.labels([("kubernetes.io/metadata.name", name.as_str()), ("env", "prod")]),
        annotations: Labels::default(),
        name: name.as_str().into(),
    }
}

fn node(index: u32) -> Node {
    let block = Cidr::new(IpAddr::V4(Ipv4Addr::from_bits(0x6440_0000 + index * 256)), 24);
    Node {
        name: format!("ip-10-0-{index}.compute.internal").as_str().into(),
        addresses: [IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + index))].into(),
        pod_blocks: block.into_iter().collect(),
        labels: Labels::default(),
    }
}

fn service(index: u32) -> Service {
    let app = format!("checkout-backend-{index}");
    let wanted = Requirement::is("app.kubernetes.io/name".into(), app.as_str().into());
    Service {
        name: service_name(index),
        kind: ServiceKind::ClusterIp,
        addresses: [IpAddr::V4(Ipv4Addr::from_bits(0x0a60_0000 + index))].into(),
        ports: [ServicePort {
            name: Some("http".into()),
            port: 80,
            protocol: Protocol::Tcp,
            node_port: None,
        }]
        .into(),
        selector: Some(Selector::new(vec![wanted])),
    }
}

fn slice(index: u32) -> EndpointSlice {
    let pods = index * PODS_OF_A_WORKLOAD..(index + 1) * PODS_OF_A_WORKLOAD;
    let backends = pods.map(|pod| Backend {
        addresses: [pod_address(pod)].into(),
        pod: Some(uid(pod)),
    });
    EndpointSlice {
        name: Scoped {
            name: format!("checkout-backend-{index}-x7k2p").as_str().into(),
            ..service_name(index)
        },
        service: Some(service_name(index).name),
        ports: [SlicePort {
            name: None,
            port: Some(8080),
            protocol: Protocol::Tcp,
        }]
        .into(),
        backends: backends.collect(),
    }
}

fn flow(pod: u32) -> Flow {
    Flow {
        id: FlowId(u64::from(pod)),
        tuple: Tuple {
            source: pod_address(pod),
            destination: pod_address((pod * 7 + 13) % PODS),
            source_port: 40_000,
            destination_port: 8080,
            protocol: Protocol::Tcp,
            fragment: false,
        },
        initiator: InitiatorEvidence::Request,
        source_interface: None,
        destination_interface: None,
        forward: Count::ZERO,
        reply: Count::ZERO,
        forward_flags: TcpFlags::default(),
        reply_flags: TcpFlags::default(),
        verdict: Verdict::Forwarded,
        evidence: Evidence::Replied,
        drops: Vec::new(),
        further_drops: Count::ZERO,
        source_ports_merged: false,
        first: Timestamp::from_secs(10),
        last: Timestamp::from_secs(11),
    }
}

fn uid(index: u32) -> PodUid {
    PodUid(format!("0f9b6c1e-54a3-4c7b-9d2e-{index:012x}").as_str().into())
}

fn namespace_name(index: u32) -> String {
    format!("team-{}-prod", index % NAMESPACES)
}

fn service_name(index: u32) -> Scoped {
    Scoped {
        namespace: namespace_name(index).as_str().into(),
        name: format!("checkout-backend-{index}").as_str().into(),
    }
}

fn pod_address(index: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x6440_0000 + index))
}

fn resident_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells a process its memory");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse().ok()).expect("VmRSS is a number of kB")
}
