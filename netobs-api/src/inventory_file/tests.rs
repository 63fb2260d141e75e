//! An inventory goes into a file and comes out of it as it was; what is no inventory is refused with line and field.
use std::time::Duration;

use expect_test::expect;
use netobs_core::{
    cause::{CauseId, Kind},
    change::Scoped,
    event::{Count, Protocol},
    inventory::{
        About, By, CauseSummary, Edge, EdgeKey, Example, ExampleEnd, Examples, Forgotten, Listing, Mark, Marks, Place,
        Portrait, PortraitKey, SeenPod, Sides, Tally, Verdicts, Watched,
    },
    policy::NamedPort,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

use super::*;
use crate::{
    fixtures::{ip, labels},
    v1::get_inventory_response::Entry,
    wire,
};

const SEEN: Timestamp = Timestamp::from_secs(1_772_359_200);

fn workload(name: &str) -> Workload {
    Workload {
        kind: WorkloadKind::Deployment,
        name: name.into(),
    }
}

fn place(name: &str) -> Place {
    Place::Workload {
        namespace: "shop".into(),
        workload: workload(name),
    }
}

fn scoped(name: &str) -> Scoped {
    Scoped {
        namespace: "shop".into(),
        name: name.into(),
    }
}

fn edge(source: Place, destination: Place, protocol: Protocol, port: Option<u16>) -> Edge {
    Edge {
        key: EdgeKey {
            source,
            destination,
            protocol,
            port,
        }
        .into(),
        service: None,
        first: SEEN,
        last: SEEN.plus(Duration::from_secs(60)),
        watched: Watched {
            since: SEEN,
            length: Duration::from_secs(3600),
        },
        sides: Sides::default(),
        connections: 1,
        sent: Count::ZERO,
        replied: Count::ZERO,
        verdicts: Verdicts::default(),
        dropped: Count::ZERO,
        cause: None,
        marks: Marks::default(),
        examples: Examples::default(),
    }
}

/// With something in every field.
fn full() -> Edge {
    let mut marks = Marks::default();
    marks.add(Mark::Dns, By::Service);
    marks.add(Mark::Probe, By::OwnNode);
    let end = |address, name: Option<&str>| ExampleEnd {
        address: ip(address),
        name: name.map(Into::into),
    };
    let count = |packets| Count {
        packets,
        bytes: 100 * packets,
    };
    Edge {
        service: Some(scoped("sql")),
        sides: Sides {
            at_source: tally(2),
            at_destination: tally(1),
            joined: None,
        },
        connections: 10,
        sent: count(20),
        replied: count(30),
        dropped: count(4),
        verdicts: Verdicts {
            forwarded: 1,
            dropped: 2,
            unanswered: 3,
            seen: 4,
        },
        cause: Some(CauseSummary {
            id: Some(CauseId(7)),
            kind: Kind::Label,
            headline: "namespace ops has no label env".into(),
        }),
        marks,
        examples: [Example {
            source: end("10.0.0.1", Some("web-0")),
            destination: end("fd00::1", None),
            at: SEEN,
        }]
        .into_iter()
        .collect(),
        ..edge(place("web"), place("db"), Protocol::Tcp, Some(5432))
    }
}

fn tally(forwarded: u64) -> Tally {
    let count = Count {
        packets: forwarded,
        bytes: 100 * forwarded,
    };
    Tally {
        verdicts: Verdicts {
            forwarded,
            ..Verdicts::default()
        },
        sent: count,
        replied: count,
    }
}

fn portrait(known: bool) -> Portrait {
    Portrait {
        key: PortraitKey {
            namespace: "shop".into(),
            workload: workload(if known { "db" } else { "web" }),
        },
        labels: labels("app=db,tier=data"),
        namespace_labels: known.then(|| labels("env=prod")),
        ports: [NamedPort {
            name: "sql".into(),
            protocol: Protocol::Tcp,
            port: 5432,
        }]
        .into(),
        last: SEEN,
        pods: [SeenPod {
            name: "db-0".into(),
            addresses: [ip("10.0.0.7"), ip("fd00::7")].into(),
            node: known.then(|| "node-1".into()),
        }]
        .into(),
    }
}

fn listing() -> Listing {
    let world = |block: &str| Place::World(block.parse().unwrap());
    let mut edges = vec![
        full(),
        edge(place("web"), world("203.0.113.0/24"), Protocol::Udp, Some(53)),
        edge(place("web"), world("2001:db8::1/128"), Protocol::Icmpv6, None),
        edge(Place::Node("node-1".into()), place("web"), Protocol::Sctp, Some(0)),
        edge(Place::Unknown, Place::Service(scoped("any")), Protocol::Other(47), None),
    ];
    edges.sort_by(|one, other| one.key.cmp(&other.key));
    Listing {
        about: About {
            node_name: "node-1".to_owned(),
            at: SEEN,
            watched: Watched {
                since: SEEN,
                length: Duration::from_nanos(1),
            },
            forgotten: Forgotten {
                for_room: 1,
                for_age: 2,
                into_blocks: 3,
            },
            kept: 4,
            room: 5,
        },
        edges,
        portraits: vec![portrait(true), portrait(false)],
    }
}

fn written(listing: &Listing) -> String {
    let about = Entry::About(wire::about(&listing.about));
    let edges = listing.edges.iter();
    let edges = edges.map(|edge| Entry::Edge(wire::edge(edge, edge.watched)));
    let portraits = listing.portraits.iter().map(|one| Entry::Portrait(wire::portrait(one)));
    let entries = std::iter::once(about).chain(edges).chain(portraits);
    let line = |entry| line(&v1::GetInventoryResponse { entry: Some(entry) }).unwrap() + "\n";
    entries.map(line).collect()
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn an_inventory_comes_out_of_a_file_as_it_went_in() {
    let listing = listing();
    assert_eq!(read(written(&listing).as_bytes()).unwrap(), listing);
}

#[test]
fn an_edge_is_a_line_that_other_programs_can_read() {
    let entry = Entry::Edge(wire::edge(&full(), full().watched));
    let line = line(&v1::GetInventoryResponse { entry: Some(entry) }).unwrap();
    expect![[r#"{"edge":{"source":{"kind":"PLACE_KIND_WORKLOAD","namespace":"shop","name":"web","workloadKind":"Deployment"},"destination":{"kind":"PLACE_KIND_WORKLOAD","namespace":"shop","name":"db","workloadKind":"Deployment"},"protocol":"PROTOCOL_TCP","protocolNumber":6,"port":5432,"service":{"namespace":"shop","name":"sql"},"firstUnixNanos":"1772359200000000000","lastUnixNanos":"1772359260000000000","watchedNanos":"3600000000000","connections":"10","verdicts":{"forwarded":"1","dropped":"2","unanswered":"3","seen":"4"},"sent":{"packets":"20","bytes":"2000"},"replied":{"packets":"30","bytes":"3000"},"dropped":{"packets":"4","bytes":"400"},"cause":{"id":"7","kind":"CAUSE_KIND_LABEL","headline":"namespace ops has no label env"},"marks":[{"kind":"EDGE_MARK_KIND_DNS","by":"EDGE_MARK_BY_SERVICE"},{"kind":"EDGE_MARK_KIND_PROBE","by":"EDGE_MARK_BY_OWN_NODE"}],"examples":[{"source":{"address":"10.0.0.1","name":"web-0"},"destination":{"address":"fd00::1"},"atUnixNanos":"1772359200000000000"}],"atSource":{"verdicts":{"forwarded":"2"},"sent":{"packets":"2","bytes":"200"},"replied":{"packets":"2","bytes":"200"}},"atDestination":{"verdicts":{"forwarded":"1"},"sent":{"packets":"1","bytes":"100"},"replied":{"packets":"1","bytes":"100"}}}}"#]]
    .assert_eq(&line);
}

#[test]
fn the_files_of_two_agents_may_follow_each_other() {
    let one = listing();
    let both = read((written(&one) + "\n" + &written(&one)).as_bytes()).unwrap();
    assert_eq!(both.edges.len(), one.edges.len());
    let connections = |listing: &Listing| listing.edges.iter().map(|edge| edge.connections).sum::<u64>();
    // Of two and two connections that were seen at their sources, and one and one at their destinations, there are four.
    assert_eq!(connections(&both), 2 * connections(&one) - 2);
    let again = read(written(&both).as_bytes()).unwrap();
    assert_eq!(again.edges, both.edges);
    assert_eq!(both.portraits, one.portraits);
    assert_eq!((both.about.node_name.as_str(), both.about.kept), ("node-1, node-1", 8));
}

#[test]
fn what_is_no_inventory_is_refused_with_its_line() {
    let good = written(&listing());
    assert!(refused("").starts_with("there is no entry in it"));
    assert!(refused(&format!("{good}nonsense")).starts_with("line 9 is no entry of an inventory: expected ident"));
    assert!(refused(&good.replace("connections", "conections")).contains("unknown field `conections`"));
    assert!(refused("\u{0}").starts_with("line 1 is no entry"));
    assert!(
        read(&b"\xff\xfe"[..])
            .unwrap_err()
            .to_string()
            .starts_with("it cannot be read")
    );
}

#[test]
fn a_value_that_makes_no_sense_is_refused_with_its_field() {
    let edge = written(&Listing {
        edges: vec![full()],
        ..Listing::default()
    });
    for (value, other, message) in [
        (
            r#""port":5432"#,
            r#""port":70000"#,
            "line 2: edge.port is 70000: a port is at most 65535",
        ),
        (
            r#""name":"web","workload"#,
            r#""workload"#,
            "line 2: edge.source.name is not set: a name is wanted",
        ),
        (
            r#""PLACE_KIND_WORKLOAD""#,
            r#""PLACE_KIND_UNSPECIFIED""#,
            "line 2: edge.source.kind is 0: one of PLACE_KIND_WORKLOAD",
        ),
        (
            r#""fd00::1""#,
            r#""fd00""#,
            r#"line 2: edge.examples[0].destination.address is "fd00""#,
        ),
        (
            r#""EDGE_MARK_BY_SERVICE""#,
            "0",
            "line 2: edge.marks[0].by is 0: it has to be one of",
        ),
        (
            r#""1772359200000000000","last"#,
            r#""-1","last"#,
            "line 2: edge.first_unix_nanos is -1",
        ),
        (
            r#""protocol":"PROTOCOL_TCP","protocolNumber":6,"#,
            "",
            "line 2: edge.protocol_number is not set",
        ),
    ] {
        assert!(edge.contains(value), "{value}");
        let error = refused(&edge.replacen(value, other, 1));
        assert!(error.starts_with(message), "{error}");
    }
}
