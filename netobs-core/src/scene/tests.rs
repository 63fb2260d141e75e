//! Edges become the connections they stand for.
use super::{Stage, seen::Seen};
use crate::{
    event::Protocol,
    fixtures::ip,
    inventory::{By, Listing, Mark},
    policy::Endpoint,
};

fn told(listing: &Listing) -> Vec<String> {
    let stage = Stage::of(listing);
    let end = |endpoint: Endpoint<'_>| match endpoint {
        Endpoint::Pod(pod) => format!("{}/{}@{}", pod.namespace, pod.name, pod.node.as_deref().unwrap_or("?")),
        Endpoint::Node { name, address } => format!("{}={}", name.unwrap(), address.unwrap()),
        Endpoint::World(address) => format!("world {address}"),
        Endpoint::Block(block) => format!("world {block}"),
        Endpoint::Unknown(address) => format!("unknown {address}"),
    };
    let connections = listing
        .edges
        .iter()
        .enumerate()
        .flat_map(|(index, edge)| stage.connections(index, edge));
    connections
        .map(|connection| format!("{} > {}", end(connection.source), end(connection.destination)))
        .collect()
}

fn shop() -> Seen {
    Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/api", "app=api", "http:8080")
}

#[test]
fn the_pods_that_were_seen_play_their_parts() {
    let seen = shop()
        .edge("shop/web", "shop/api", 8080, 3)
        .edge("shop/web", "shop/web", 1, 3);
    assert_eq!(
        told(&seen.finish()),
        [
            "shop/web-1@node-1 > shop/api-2@node-2",
            "shop/web-1@node-1 > shop/web-2@node-2"
        ]
    );
}

#[test]
fn a_pod_that_only_an_example_names_is_like_the_others_of_its_workload() {
    let seen = shop().edge_with("shop/web", "shop/api", Protocol::Tcp, 8080, 3, |edge| {
        let mut example = edge.examples.iter().next().unwrap().clone();
        example.source.name = Some("web-9".into());
        example.source.address = ip("10.0.9.9");
        edge.examples.add(example);
    });
    assert_eq!(
        told(&seen.finish()),
        [
            "shop/web-9@? > shop/api-2@node-2",
            "shop/web-1@node-1 > shop/api-2@node-2"
        ]
    );
}

#[test]
fn a_probe_is_for_a_pod_on_the_node_it_comes_from() {
    let probe = |edge: &mut crate::inventory::Edge| edge.marks.add(Mark::Probe, By::OwnNode);
    let seen = shop().edge_with("node-1", "shop/api", Protocol::Tcp, 8080, 3, |edge| {
        probe(edge);
        let mut forgotten = edge.examples.iter().next().unwrap().clone();
        forgotten.destination.name = Some("api-9".into());
        edge.examples.add(forgotten.clone());
        forgotten.destination.name = Some("api-1".into());
        edge.examples.add(forgotten);
    });
    assert_eq!(
        told(&seen.finish()),
        [
            // Where a pod is known to be counts for more, and of an earlier pod of that name that is not known.
            "node-1=192.168.0.49 > shop/api-1@node-1",
            "node-1=192.168.0.49 > shop/api-9@node-1",
            "node-1=192.168.0.49 > shop/api-2@node-2",
        ]
    );
    let without_examples = shop().edge_with("node-2", "shop/api", Protocol::Tcp, 8080, 3, |edge| {
        probe(edge);
        edge.examples = std::iter::empty().collect();
    });
    let listing = without_examples.finish();
    let stage = Stage::of(&listing);
    let connection = stage.connections(0, &listing.edges[0]).next().unwrap();
    assert!(matches!(connection.destination, Endpoint::Pod(pod) if pod.name == "api-2"));
}

#[test]
fn what_is_no_workload_is_told_by_its_address() {
    let seen = shop()
        .edge("shop/web", "203.0.113.0/24", 443, 3)
        .edge("shop/gone", "shop/web", 80, 3)
        .edge("?", "shop/web", 80, 3);
    assert_eq!(
        told(&seen.finish()),
        [
            "unknown 10.99.0.1 > shop/web-2@node-2",
            "shop/web-1@node-1 > world 203.0.113.0",
            "shop/web-1@node-1 > world 203.0.113.0/24",
            "unknown 10.96.0.9 > shop/web-2@node-2"
        ]
    );
}

#[test]
fn pods_of_one_workload_are_told_apart_even_where_no_example_is_left() {
    let seen = shop().edge_with("shop/web", "shop/web", Protocol::Tcp, 80, 3, |edge| {
        edge.examples = std::iter::empty().collect();
    });
    assert_eq!(told(&seen.finish()), ["shop/web-1@node-1 > shop/@node-1"]);
}
