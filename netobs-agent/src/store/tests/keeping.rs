//! What is written is there again, and no more than that.
use netobs_api::{model::InventoryReader, v1};
use netobs_core::{
    cause::{CauseId, Kind},
    inventory::{CauseSummary, Tally},
};
use prost::Message as _;

use super::*;

#[test]
fn what_is_written_is_there_after_a_restart() {
    let dir = Dir::new();
    let (mut file, _) = open(&dir.file());
    let mut changes = changed((0..50).map(|number| edge(number, 7)));
    changes.portraits = vec![Arc::new(portrait("web")), Arc::new(portrait("db"))];
    file.write(&changes).unwrap();
    drop(file);
    let (_, stored) = open(&dir.file());
    assert_eq!(
        (stored.watch.clone(), stored.forgotten),
        (changes.watch, changes.forgotten)
    );
    let mut names: Vec<_> = stored
        .portraits
        .iter()
        .map(|one| one.key.workload.name.to_string())
        .collect();
    names.sort();
    assert_eq!(names, ["db", "web"]);
    let mut expected: Vec<_> = (0..50).map(|number| edge(number, 7)).collect();
    expected.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(sorted(stored), expected);
}

#[test]
fn an_edge_is_replaced_by_what_it_became_and_gone_when_it_is() {
    let dir = Dir::new();
    let (mut file, _) = open(&dir.file());
    file.write(&changed((0..10).map(|number| edge(number, 1)))).unwrap();
    let mut changes = changed([edge(3, 5)]);
    changes.gone = vec![edge(4, 1).key, edge(3, 1).key];
    file.write(&changes).unwrap();
    drop(file);
    let (_, stored) = open(&dir.file());
    assert_eq!(stored.edges.len(), 9);
    let connections = |number| {
        let mut edges = stored.edges.iter();
        edges
            .find(|one| one.key == edge(number, 0).key)
            .map(|one| one.connections)
    };
    assert_eq!((connections(3), connections(4)), (Some(5), None));
}

#[test]
fn everything_takes_the_place_of_what_was_there() {
    let dir = Dir::new();
    let (mut file, _) = open(&dir.file());
    let mut changes = changed((0..10).map(|number| edge(number, 1)));
    changes.portraits = vec![Arc::new(portrait("web"))];
    file.write(&changes).unwrap();
    let everything = Changes {
        everything: true,
        all_portraits: true,
        portraits: vec![Arc::new(portrait("db"))],
        ..changed([edge(9, 2), edge(10, 1)])
    };
    file.write(&everything).unwrap();
    drop(file);
    let (_, stored) = open(&dir.file());
    assert_eq!(stored.portraits, [portrait("db")]);
    assert_eq!(sorted(stored), [edge(10, 1), edge(9, 2)]);
}

#[test]
fn a_cause_of_an_earlier_run_has_no_number_in_this_one() {
    let known = Edge {
        cause: Some(CauseSummary {
            id: Some(CauseId(7)),
            kind: Kind::Label,
            headline: "namespace ops has no label env".into(),
        }),
        ..edge(1, 1)
    };
    let (key, value) = (record::edge_key(&known.key), record::edge(&known));
    let read = record::read_edge(&mut InventoryReader::default(), &key, &value).unwrap();
    let cause = read.cause.unwrap();
    assert_eq!((cause.id, &*cause.headline), (None, "namespace ops has no label env"));
}

#[test]
fn where_connections_were_seen_is_kept_and_of_an_earlier_agents_edges_taken_for_both_ends() {
    let tally = |forwarded| Tally {
        verdicts: Verdicts {
            forwarded,
            ..Verdicts::default()
        },
        ..Tally::default()
    };
    let sides = Sides {
        at_source: tally(3),
        at_destination: tally(4),
        joined: None,
    };
    let known = Edge {
        sides: sides.clone(),
        ..edge(1, 9)
    };
    let (key, value) = (record::edge_key(&known.key), record::edge(&known));
    let read = |value: &[u8]| record::read_edge(&mut InventoryReader::default(), &key, value).unwrap();
    assert_eq!((read(&value).sides, read(&value).connections), (sides, 9));
    // As the contract was before it had these fields.
    let mut message = v1::Edge::decode(&*value).unwrap();
    (message.at_source, message.at_destination) = (None, None);
    let earlier = read(&message.encode_to_vec());
    assert_eq!((earlier.sides, earlier.connections), (Sides::default(), 9));
}

#[test]
fn the_file_stays_small_however_often_all_of_it_changes() {
    let dir = Dir::new();
    let (mut file, _) = open(&dir.file());
    let mut largest = 0;
    for round in 0..40 {
        let everything = Changes {
            everything: true,
            ..changed((0..1_000).map(|number| edge(number + 1_000 * round, u64::from(round))))
        };
        file.write(&everything).unwrap();
        largest = largest.max(fs::metadata(dir.file()).unwrap().len());
    }
    assert!(largest <= 4 << 20, "{largest} bytes");
}

#[test]
fn a_second_agent_is_told_that_the_file_is_in_use() {
    let dir = Dir::new();
    let (_first, _) = Writer::open(&dir.0, sizes()).unwrap();
    let error = Writer::open(&dir.0, sizes()).err().unwrap().to_string();
    let wanted = "in use by another agent; give each agent a --state-dir of its own";
    assert!(error.contains(wanted), "{error}");
    assert_eq!(dir.others(), Vec::<String>::new());
}

#[test]
fn a_place_that_is_no_directory_is_refused_with_the_remedy() {
    let dir = Dir::new();
    let path = dir.0.join("file");
    fs::write(&path, "mine").unwrap();
    let error = Writer::open(&path, sizes()).err().unwrap().to_string();
    assert!(error.contains("--state-dir has to name a directory"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}
