//! Any order of changes, readings and times, given to the engine.
#![no_main]
use std::{net::IpAddr, sync::Arc, sync::LazyLock, time::Duration};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use netobs_core::{
    change::{Change, Key, Kind, Namespace, Object, Phase, Pod, PodUid},
    engine::{Engine, Limits, Reasons},
    event::{Count, Direction, DropReading, Event, Ifindex, Place, Protocol, ReasonId, TapReading, TcpFlags, Tuple},
    labels::Labels,
    policy::Policy,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};
use netobs_k8s::manifests::Reader;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

static POLICIES: LazyLock<Vec<Arc<Policy>>> = LazyLock::new(|| {
    let specs = [
        "{}",
        "{ingress: [{from: [{namespaceSelector: {matchLabels: {env: a}}}]}]}",
        "{podSelector: {matchLabels: {env: b}}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/30}}]}]}",
    ];
    let mut reader = Reader::default();
    for (number, spec) in specs.iter().enumerate() {
        let policy = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{namespace: a, name: p{number}}}\nspec: {spec}"
        );
        reader.add("policies.yaml", policy.as_bytes());
    }
    reader.finish().policies.iter().cloned().map(Arc::new).collect()
});

#[derive(Arbitrary, Debug)]
enum Step {
    Namespace {
        name: u8,
        env: u8,
    },
    Pod {
        number: u8,
        namespace: u8,
        address: u8,
        env: u8,
        flags: u8,
    },
    Policy {
        which: u8,
    },
    PodGone {
        number: u8,
    },
    NamespaceGone {
        name: u8,
    },
    PolicyGone {
        which: u8,
    },
    Relist {
        kind: u8,
        ends: bool,
    },
    Tap {
        tuple: AnyTuple,
        from_pod: AnyDirection,
        to_pod: AnyDirection,
        interface: u8,
        first: u64,
        last: u64,
    },
    Drop {
        tuple: AnyTuple,
        reason: u8,
        place: u8,
        packets: u64,
        first: u64,
        last: u64,
    },
    Time {
        seconds: u16,
    },
    Leap {
        to: u64,
    },
    Loss {
        count: u64,
    },
}

#[derive(Arbitrary, Debug)]
struct AnyTuple {
    source: u8,
    destination: u8,
    source_port: u16,
    destination_port: u16,
    protocol: u8,
    fragment: bool,
}

#[derive(Arbitrary, Debug)]
struct AnyDirection {
    packets: u64,
    bytes: u64,
    flags: u8,
    bits: u8,
}

fuzz_target!(|steps: Vec<Step>| {
    let mut engine = Engine::new(Limits::default(), Reasons::default());
    let mut now = Timestamp::default();
    for step in steps {
        match step {
            Step::Time { seconds } => now = now.plus(Duration::from_secs(seconds.into())),
            Step::Leap { to } => now = Timestamp(to),
            Step::Loss { count } => engine.handle_loss(netobs_core::event::Count {
                packets: count,
                bytes: 0,
            }),
            Step::Tap { .. } | Step::Drop { .. } => engine.handle_event(&event(&step)),
            _ => engine.handle_change(&change(&step), now),
        }
        engine.handle_timeout(now);
    }
    engine.finish(now);
    while engine.poll_output().is_some() {}
});

fn event(step: &Step) -> Event {
    match step {
        Step::Drop {
            tuple,
            reason,
            place,
            packets,
            first,
            last,
        } => Event::Drop(DropReading {
            tuple: tuple.tuple(),
            reason: ReasonId((*reason).into()),
            place: if *place == 0 {
                Place::Unknown
            } else {
                Place::Node {
                    interface: Some(Ifindex((*place).into())),
                }
            },
            arrived_by: None,
            count: Count {
                packets: *packets,
                bytes: *packets,
            },
            source_ports_merged: place % 2 == 1,
            first: Timestamp(*first),
            last: Timestamp(*last),
        }),
        Step::Tap {
            tuple,
            from_pod,
            to_pod,
            interface,
            first,
            last,
        } => Event::Tap(TapReading {
            interface: Ifindex((*interface).into()),
            tuple: tuple.tuple(),
            from_pod: from_pod.direction(),
            to_pod: to_pod.direction(),
            opened_by_pod: interface % 2 == 0,
            first: Timestamp(*first),
            last: Timestamp(*last),
        }),
        other => unreachable!("{other:?} is no event"),
    }
}

fn change(step: &Step) -> Change {
    let policy = |which: u8| Arc::clone(&POLICIES[usize::from(which) % POLICIES.len()]);
    match *step {
        Step::Namespace { name: at, env } => Change::Applied(Object::Namespace(Arc::new(Namespace {
            name: name(at).into(),
            labels: Labels::of([("env", name(env))]),
            annotations: Labels::default(),
        }))),
        Step::Pod {
            number,
            namespace,
            address: at,
            env,
            flags,
        } => Change::Applied(Object::Pod(Arc::new(Pod {
            uid: PodUid(number.to_string().as_str().into()),
            namespace: name(namespace).into(),
            name: name(number).into(),
            labels: Labels::of([("env", name(env))]),
            annotations: Labels::default(),
            addresses: [address(at)].into(),
            node: (flags & 1 == 0).then(|| "node".into()),
            host_network: flags & 2 != 0,
            phase: if flags & 4 == 0 {
                Phase::Running
            } else {
                Phase::Succeeded
            },
            terminating: flags & 8 != 0,
            started: (flags & 16 != 0).then(|| Timestamp::from_secs(number.into())),
            workload: Workload {
                kind: WorkloadKind::Pod,
                name: name(number).into(),
            },
            ports: [].into(),
        }))),
        Step::Policy { which } => Change::Applied(Object::Policy(policy(which))),
        Step::PodGone { number } => Change::Deleted(Key::Pod(PodUid(number.to_string().as_str().into()))),
        Step::NamespaceGone { name: at } => Change::Deleted(Key::Namespace(name(at).into())),
        Step::PolicyGone { which } => Change::Deleted(Key::Policy(policy(which).id.clone())),
        Step::Relist { kind, ends } => {
            let kind = [Kind::Namespace, Kind::Pod, Kind::Policy("NetworkPolicy")][usize::from(kind) % 3];
            if ends {
                Change::RelistEnds(kind)
            } else {
                Change::RelistBegins(kind)
            }
        }
        ref other => unreachable!("{other:?} is no change"),
    }
}

impl AnyTuple {
    fn tuple(&self) -> Tuple {
        Tuple {
            source: address(self.source),
            destination: address(self.destination),
            source_port: self.source_port,
            destination_port: self.destination_port,
            protocol: Protocol::from_number(self.protocol),
            fragment: self.fragment,
        }
    }
}

impl AnyDirection {
    fn direction(&self) -> Direction {
        Direction {
            count: Count {
                packets: self.packets,
                bytes: self.bytes,
            },
            flags: TcpFlags(self.flags),
            syn: self.bits & 1 != 0,
            syn_ack: self.bits & 2 != 0,
            other_than_reset: self.bits & 4 != 0,
        }
    }
}

fn name(at: u8) -> &'static str {
    NAMES[usize::from(at) % NAMES.len()]
}

fn address(last: u8) -> IpAddr {
    if last >= 128 {
        IpAddr::from([0, 0, 0, 0, 0, 0, 0, last.into()])
    } else {
        IpAddr::from([10, 0, 0, last % 8])
    }
}
