//! How many events a second the engine takes on one core, from the kernel's reading to the explained flow.
#![expect(
    clippy::print_stdout,
    reason = "a figure a line on standard output is what this program is for"
)]
use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use netobs_core::{
    change::{Change, Kind, Namespace, Object, Phase, Pod, PodUid},
    engine::{Engine, Judgement, Limits, Output, Reasons},
    event::{Count, Direction, DropReading, Event, Ifindex, Place, Protocol, ReasonId, TapReading, TcpFlags, Tuple},
    labels::{Interner, Labels, Requirement, Selector},
    policy::{Action, Namespaces, Peer, Peers, Policy, PolicyId, Ports, Rule, RuleSet, Subject, Tier},
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

const NAMESPACES: u32 = 200;
const PODS: u32 = 4_000;
const POLICIES_OF_A_NAMESPACE: u32 = 5;
const CONNECTIONS: u32 = 50_000;
/// One connection in so many is refused.
const REFUSED: u32 = 10;
/// The fastest counts: what slows the others is not ours.
const ROUNDS: u32 = 5;
const NETFILTER: ReasonId = ReasonId(12);
const BEGIN: Timestamp = Timestamp::from_secs(1_000_000);

fn main() {
    let best = (0..ROUNDS).map(|_| round()).fold(0.0, f64::max);
    println!(r#"{{"figure":"engine_events_per_s","value":{best:.0},"unit":"1/s","bar":250000}}"#);
}

fn round() -> f64 {
    let mut engine = Engine::new(Limits::default(), reasons());
    for change in cluster() {
        engine.handle_change(&change, Timestamp::from_secs(1));
    }
    let events: Vec<Event> = (0..CONNECTIONS).flat_map(connection).collect();
    let (mut told, mut refused, mut lost) = (0_u32, 0_u32, 0_u64);
    let began = Instant::now();
    let mut next = BEGIN;
    for event in &events {
        engine.handle_event(black_box(event));
        let now = time_of(event);
        if now >= next {
            next = now.plus(engine.pace());
            engine.handle_timeout(now);
            while let Some(output) = engine.poll_output() {
                match black_box(output) {
                    Output::Flow(flow) => {
                        told += 1;
                        refused += u32::from(flow.judgement == Judgement::Refused);
                    }
                    Output::Lost { count, .. } => lost += count.packets,
                    Output::Cause(_) => {}
                }
            }
        }
    }
    let elapsed = began.elapsed().as_secs_f64();
    let enough = told >= CONNECTIONS * 9 / 10 && refused >= CONNECTIONS / REFUSED * 8 / 10;
    assert!(
        enough && lost == 0,
        "{told} told, {refused} refused and {lost} lost say little"
    );
    events.len() as f64 / elapsed
}

/// Both taps see it open and, a moment later, close; or it is dropped.
fn connection(index: u32) -> Vec<Event> {
    let at = BEGIN.plus(Duration::from_micros(u64::from(index) * 20));
    let source = index.wrapping_mul(2_654_435_761) % PODS;
    let stranger = index.is_multiple_of(REFUSED);
    let namespace = source % NAMESPACES;
    let destination = if stranger { namespace + 1 } else { namespace } % NAMESPACES + index % 20 * NAMESPACES;
    let tuple = Tuple {
        source: address(source),
        destination: address(destination),
        source_port: u16::try_from(32_768 + index % 28_000).unwrap_or(0),
        destination_port: 8080,
        protocol: Protocol::Tcp,
        fragment: false,
    };
    if stranger {
        return vec![Event::Drop(drop_of(tuple, at))];
    }
    let [open, answer, close] = [
        TcpFlags::SYN,
        TcpFlags::SYN | TcpFlags::ACK,
        TcpFlags::FIN | TcpFlags::ACK,
    ];
    let later = at.plus(Duration::from_millis(20));
    vec![
        tap(tuple, source, open, answer, at),
        tap(tuple.reversed(), destination, answer, open, at),
        tap(tuple, source, close, close, later),
        tap(tuple.reversed(), destination, close, close, later),
    ]
}

fn tap(tuple: Tuple, pod: u32, from_pod: u8, to_pod: u8, at: Timestamp) -> Event {
    let direction = |flags| Direction {
        count: Count { packets: 3, bytes: 400 },
        flags: TcpFlags(flags),
        syn: flags == TcpFlags::SYN,
        syn_ack: flags == TcpFlags::SYN | TcpFlags::ACK,
        other_than_reset: true,
    };
    Event::Tap(TapReading {
        interface: Ifindex(pod + 10),
        tuple,
        from_pod: direction(from_pod),
        to_pod: direction(to_pod),
        opened_by_pod: from_pod == TcpFlags::SYN,
        first: at,
        last: at,
    })
}

fn drop_of(tuple: Tuple, at: Timestamp) -> DropReading {
    DropReading {
        tuple,
        reason: NETFILTER,
        place: Place::Node {
            interface: Some(Ifindex(2)),
        },
        arrived_by: None,
        count: Count { packets: 1, bytes: 60 },
        source_ports_merged: false,
        first: at,
        last: at,
    }
}

const fn time_of(event: &Event) -> Timestamp {
    match event {
        Event::Tap(reading) => reading.last,
        Event::Drop(reading) => reading.last,
    }
}

fn cluster() -> impl Iterator<Item = Change> {
    let mut interner = Interner::default();
    let namespaces = (0..NAMESPACES).map(|index| Object::Namespace(Arc::new(namespace(index))));
    let pods = (0..PODS).map(move |index| Object::Pod(Arc::new(pod(index, &mut interner))));
    let policies = (0..NAMESPACES * POLICIES_OF_A_NAMESPACE).map(|index| Object::Policy(Arc::new(policy(index))));
    let listed = [Kind::Namespace, Kind::Pod, Kind::Policy("NetworkPolicy")].map(Change::RelistEnds);
    namespaces
        .chain(pods)
        .chain(policies)
        .map(Change::Applied)
        .chain(listed)
}

fn namespace(index: u32) -> Namespace {
    let team = format!("team-{index}");
    Namespace {
        name: team.as_str().into(),
        labels: Labels::of([("kubernetes.io/metadata.name", team.as_str()), ("team", &team)]),
        annotations: Labels::default(),
    }
}

fn pod(index: u32, interner: &mut Interner) -> Pod {
    let app = format!("app-{}", index / NAMESPACES);
    Pod {
        uid: PodUid(format!("uid-{index}").as_str().into()),
        namespace: interner.symbol(&format!("team-{}", index % NAMESPACES)),
        name: format!("{app}-{index}").as_str().into(),
        labels: interner.labels([("app", app.as_str()), ("tier", "web")]),
        annotations: Labels::default(),
        addresses: [address(index)].into(),
        node: Some(interner.symbol("node-1")),
        host_network: false,
        phase: Phase::Running,
        terminating: false,
        started: None,
        workload: Workload {
            kind: WorkloadKind::Deployment,
            name: interner.symbol(&app),
        },
        ports: Arc::default(),
    }
}

/// Namespaces admit themselves, by the label of their team.
fn policy(index: u32) -> Policy {
    let namespace = format!("team-{}", index % NAMESPACES);
    let of_team = Requirement::is("team".into(), namespace.as_str().into());
    let peer = Peer::Pods {
        namespaces: Namespaces::Matching(Selector::new(vec![of_team])),
        pods: Selector::new(vec![Requirement::is("tier".into(), "web".into())]),
    };
    Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some(namespace.as_str().into()),
            name: format!("policy-{}", index / NAMESPACES).as_str().into(),
        },
        tier: Tier::default(),
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named(namespace.as_str().into()),
            pods: Selector::everything(),
        },
        ingress: Some(RuleSet {
            isolates: true,
            rules: vec![Rule {
                action: Action::Allow,
                peers: Peers::Of(vec![peer]),
                ports: Ports::All,
            }],
        }),
        egress: None,
    }
}

fn reasons() -> Reasons {
    [(NETFILTER, "NETFILTER_DROP".into())].into_iter().collect()
}

fn address(index: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0af4_0000 + index))
}
