//! What several agents tell, joined, is what one that sees everything would tell.
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use proptest::prelude::*;

use super::*;
use crate::event::Ifindex;

const NODES: usize = 3;
const CLUSTER_IP: &str = "10.96.0.7";
const PORT: u16 = 5432;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Of this workload, on this node.
    Pod(usize, usize),
    Node(usize),
    World,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    /// The address of a service was asked.
    AnsweredByService,
    /// It came to the pod, which said nothing.
    Delivered,
    Lost,
    DroppedAtSource,
    DroppedAtDestination,
    /// It was answered at first.
    DroppedLater,
}

#[derive(Clone, Copy, Debug)]
struct Connection {
    from: End,
    to: End,
    fate: Fate,
    packets: u64,
    /// Whether it was asked again, where there was no answer.
    is_repeated: bool,
}

/// Who looks: the agent of a node, or one that sees all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eye {
    Agent(usize),
    All,
}

impl Eye {
    fn is_at(self, end: End) -> bool {
        let End::Pod(_, node) = end else { return false };
        match self {
            Self::Agent(own) => own == node,
            Self::All => true,
        }
    }
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        8 => (0..2_usize, 0..NODES).prop_map(|(workload, node)| End::Pod(workload, node)),
        1 => (0..NODES).prop_map(End::Node),
        1 => Just(End::World),
    ]
}

fn connection() -> impl Strategy<Value = Connection> {
    let fate = prop_oneof![
        4 => Just(Fate::Answered),
        2 => Just(Fate::AnsweredByService),
        1 => Just(Fate::Delivered),
        1 => Just(Fate::Lost),
        1 => Just(Fate::DroppedAtSource),
        2 => Just(Fate::DroppedAtDestination),
        1 => Just(Fate::DroppedLater),
    ];
    let parts = (end(), end(), fate, 1..9_u64, any::<bool>());
    parts.prop_map(|(from, to, fate, packets, is_repeated)| Connection {
        from,
        to,
        fate: possible(from, to, fate),
        packets,
        is_repeated,
    })
}

/// Policies are enforced where pods are, and the service leads to one workload.
const fn possible(from: End, to: End, fate: Fate) -> Fate {
    match (fate, from, to) {
        (Fate::DroppedAtSource, End::Node(_) | End::World, _)
        | (Fate::DroppedAtDestination | Fate::DroppedLater | Fate::Delivered, _, End::Node(_) | End::World)
        | (Fate::AnsweredByService, End::Node(_) | End::World, _)
        | (Fate::AnsweredByService, _, End::Pod(0, _) | End::Node(_) | End::World) => Fate::Answered,
        _ => fate,
    }
}

fn address(end: End) -> String {
    match end {
        End::Pod(workload, node) => format!("10.244.{node}.{}", 20 + workload),
        End::Node(node) => format!("192.168.0.{}", 10 + node),
        End::World => "203.0.113.1".to_owned(),
    }
}

fn scene() -> Scene {
    let mut scene = Scene::default();
    for node_number in 0..NODES {
        scene.hear(&node(
            &format!("worker-{node_number}"),
            &address(End::Node(node_number)),
        ));
        for (workload, name) in ["front", "back"].iter().enumerate() {
            let name = format!("shop/{name}-{node_number}");
            scene.hear(&applied(pod(
                &name,
                &address(End::Pod(workload, node_number)),
                "app=any",
            )));
        }
    }
    let backends: Vec<_> = (0..NODES).map(|node| format!("back-{node}")).collect();
    let backends: Vec<_> = backends.iter().map(String::as_str).collect();
    scene.serve(service("shop/back", CLUSTER_IP, PORT), PORT, &backends);
    scene
}

/// What an eye sees of a connection: flows in the order in which they are told, each with its twin.
fn seen(number: u64, connection: Connection, eye: Eye) -> Vec<(Flow, Option<u64>)> {
    let Connection { from, to, fate, .. } = connection;
    let (asks, serves) = (eye.is_at(from), eye.is_at(to));
    let base = Flow {
        source_interface: asks.then_some(Ifindex(1)),
        destination_interface: serves.then_some(Ifindex(2)),
        ..flow(2 * number, &address(from), &address(to), PORT, connection.packets)
    };
    let silent = Flow {
        verdict: if connection.is_repeated {
            Verdict::Unanswered
        } else {
            Verdict::Seen
        },
        reply: Count::ZERO,
        destination_interface: None,
        ..base.clone()
    };
    let flow = match fate {
        Fate::Answered => (asks || serves).then_some(base),
        Fate::AnsweredByService if asks => return through_service(number, base, serves),
        Fate::AnsweredByService => serves.then_some(base),
        Fate::Delivered if serves => Some(Flow {
            reply: Count::ZERO,
            ..base
        }),
        Fate::Delivered | Fate::Lost => asks.then_some(silent),
        Fate::DroppedAtSource => asks.then(|| dropped(silent, connection.packets)),
        // Its packets are dropped before an interface of the pod that serves.
        Fate::DroppedAtDestination if serves && !asks => Some(Flow {
            forward: Count::ZERO,
            ..dropped(silent, connection.packets)
        }),
        Fate::DroppedAtDestination if serves => Some(dropped(silent, connection.packets)),
        Fate::DroppedAtDestination => asks.then_some(silent),
        Fate::DroppedLater if serves => Some(Flow {
            reply: base.reply,
            ..dropped(base, 1)
        }),
        Fate::DroppedLater => asks.then_some(base),
    };
    flow.into_iter().map(|flow| (flow, None)).collect()
}

fn through_service(number: u64, served: Flow, serves: bool) -> Vec<(Flow, Option<u64>)> {
    let (asked_id, served_id) = (2 * number + 1, 2 * number);
    let asked = Flow {
        id: FlowId(asked_id),
        tuple: Tuple {
            destination: ip(CLUSTER_IP),
            ..served.tuple
        },
        destination_interface: None,
        ..served.clone()
    };
    if !serves {
        return vec![(asked, None)];
    }
    let served = Flow {
        source_interface: None,
        ..served
    };
    vec![
        (asked.clone(), None),
        (served, Some(asked_id)),
        (asked, Some(served_id)),
    ]
}

fn inventory(connections: &[Connection], eye: Eye, watches: impl Fn(usize) -> bool) -> BTreeMap<Arc<EdgeKey>, Edge> {
    let mut scene = scene();
    for (number, connection) in (0_usize..).zip(connections) {
        if watches(number) {
            for (flow, twin) in seen(number as u64, *connection, eye) {
                scene.tell_twin(flow, twin, Phase::Updated);
            }
        }
    }
    let edges = scene.inventory.edges();
    edges.map(|edge| (Arc::clone(&edge.key), Edge::clone(edge))).collect()
}

fn joined(inventories: impl Iterator<Item = BTreeMap<Arc<EdgeKey>, Edge>>) -> BTreeMap<Arc<EdgeKey>, Edge> {
    let mut all = BTreeMap::<Arc<EdgeKey>, Edge>::new();
    for edge in inventories.flat_map(BTreeMap::into_values) {
        match all.get_mut(&edge.key) {
            Some(known) => known.join_with_another_agent(&edge),
            None => drop(all.insert(Arc::clone(&edge.key), edge)),
        }
    }
    all
}

type Counts = (u64, u64, Count, Count, Count);
type Fates = (u64, u64);

fn counts(edges: &BTreeMap<Arc<EdgeKey>, Edge>) -> BTreeMap<Arc<EdgeKey>, Counts> {
    let count = |edge: &Edge| {
        let dropped = edge.verdicts.dropped;
        (edge.connections, dropped, edge.sent, edge.replied, edge.dropped)
    };
    edges.iter().map(|(key, edge)| (Arc::clone(key), count(edge))).collect()
}

/// Of a connection that was not answered one agent may not know as much as the other.
fn fates(edges: &BTreeMap<Arc<EdgeKey>, Edge>) -> BTreeMap<Arc<EdgeKey>, Fates> {
    let fates = |edge: &Edge| (edge.verdicts.forwarded, edge.verdicts.unanswered + edge.verdicts.seen);
    edges.iter().map(|(key, edge)| (Arc::clone(key), fates(edge))).collect()
}

fn agents() -> impl Iterator<Item = Eye> {
    (0..NODES).map(Eye::Agent)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn agents_that_watched_all_the_time_know_together_what_one_that_sees_everything_knows(
        connections in prop::collection::vec(connection(), 1..80),
    ) {
        let always = |_| true;
        let whole = inventory(&connections, Eye::All, always);
        let of_agents = joined(agents().map(|eye| inventory(&connections, eye, always)));
        prop_assert_eq!(counts(&of_agents), counts(&whole));
        let reversed: Vec<_> = agents().map(|eye| inventory(&connections, eye, always)).collect();
        let reversed = joined(reversed.into_iter().rev());
        prop_assert_eq!(counts(&reversed), counts(&of_agents));
        for edge in of_agents.values() {
            let ends: HashSet<_> = edge.examples.iter().map(|one| (one.source.address, one.destination.address)).collect();
            prop_assert_eq!(ends.len(), edge.examples.iter().len(), "{:?}", edge.examples);
        }
        // Which of those that one end saw come through the other saw dropped later, sums do not tell.
        if connections.iter().all(|one| one.fate != Fate::DroppedLater) {
            prop_assert_eq!(fates(&of_agents), fates(&whole));
        }
    }

    #[test]
    fn agents_that_were_down_at_times_never_tell_more_than_there_was_nor_less_than_one_of_them_saw(
        connections in prop::collection::vec((connection(), any::<[bool; NODES]>()), 1..60),
    ) {
        let (connections, watched): (Vec<_>, Vec<_>) = connections.into_iter().unzip();
        let whole = inventory(&connections, Eye::All, |_| true);
        let each: Vec<_> = (0..NODES)
            .map(|node| inventory(&connections, Eye::Agent(node), |number| watched[number][node]))
            .collect();
        let together = joined(each.clone().into_iter());
        for (key, edge) in &together {
            prop_assert!(edge.connections <= whole[key].connections, "{edge:?}");
            prop_assert_eq!(edge.connections, edge.verdicts.total());
            let most = each.iter().filter_map(|own| own.get(key)).map(|own| own.connections).max();
            prop_assert!(Some(edge.connections) >= most, "{edge:?}");
        }
    }
}

#[test]
fn what_two_nodes_saw_once_was_seen_once() {
    let connection = Connection {
        from: End::Pod(0, 0),
        to: End::Pod(1, 1),
        fate: Fate::Answered,
        packets: 3,
        is_repeated: false,
    };
    let together = |connections: &[Connection]| joined(agents().map(|eye| inventory(connections, eye, |_| true)));
    let once = together(&[connection]);
    assert_eq!(once.len(), 1);
    assert!(once.values().all(Edge::is_seen_once), "{once:?}");
    let back = Connection {
        from: End::Pod(0, 1),
        to: End::Pod(1, 0),
        ..connection
    };
    assert!(!together(&[connection, back]).values().any(Edge::is_seen_once));
}

#[test]
fn a_connection_that_was_kept_open_is_more_than_once_and_what_was_only_dropped_never_came_through() {
    let told = |told: Flow| {
        let mut scene = Scene::default();
        scene.tell(told);
        Edge::clone(scene.inventory.edges().next().unwrap())
    };
    let short = flow(1, "10.244.0.10", "10.244.0.11", PORT, 5);
    let long = Flow {
        last: at(1_000 + 3_600),
        ..short.clone()
    };
    assert!(told(short.clone()).is_seen_once());
    assert!(!told(long).is_seen_once());
    let mut packets = told(dropped(short, 9));
    assert!(packets.never_came_through());
    packets.verdicts = Verdicts::default();
    assert!(packets.never_came_through());
    packets.verdicts.seen = 1;
    assert!(!packets.never_came_through());
}

#[test]
fn of_agents_that_saw_the_same_edge_the_one_that_saw_it_first_has_watched_it_for_longest() {
    let key = EdgeKey {
        source: Place::Unknown,
        destination: Place::Unknown,
        protocol: Protocol::Tcp,
        port: Some(PORT),
    };
    let key = Arc::new(key);
    let seen_from = |first: u64, length: u64| Edge {
        watched: Watched {
            since: at(first),
            length: Duration::from_secs(length),
        },
        ..Edge::new(Arc::clone(&key), at(first))
    };
    let (long_ago, lately) = (seen_from(1_000, 90), seen_from(1_095, 5));
    for [one, other] in [[&long_ago, &lately], [&lately, &long_ago]] {
        let mut together = one.clone();
        together.join_with_another_agent(other);
        assert_eq!((together.first, together.watched), (at(1_000), long_ago.watched));
    }
}
