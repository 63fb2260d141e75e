//! Files that are not as they were written: they are set aside and said, and the agent begins anew.
use netobs_api::model::InventoryReader;

use super::*;

/// A closed file with these edges in it.
fn written(dir: &Dir) -> Vec<u8> {
    let (mut file, _) = open(&dir.file());
    file.write(&changed((0..200).map(|number| edge(number, 3)))).unwrap();
    file.write(&changed((0..100).map(|number| edge(number, 4)))).unwrap();
    drop(file);
    fs::read(dir.file()).unwrap()
}

/// What may be read of it: one of the two states that were written, or nothing.
fn is_one_of_its_states(edges: &[Edge]) -> bool {
    let of = |connections| edges.iter().filter(|edge| edge.connections == connections).count();
    edges.is_empty() || edges.len() == 200 && of(3) + of(4) == 200 && [0, 100].contains(&of(4))
}

#[test]
fn a_truncated_file_is_set_aside_or_read_as_it_was_written() {
    let dir = Dir::new();
    let whole = written(&dir);
    let mut set_aside = 0;
    for part in 1..40 {
        let length = whole.len() * part / 40;
        fs::write(dir.file(), &whole[..length]).unwrap();
        let (_, stored) = Writer::open(&dir.0, sizes()).unwrap();
        let found = stored.edges.len();
        assert!(is_one_of_its_states(&stored.edges), "{found} edges of {length} bytes");
        set_aside += usize::from(found == 0);
    }
    assert!(set_aside > 20, "{set_aside}");
}

#[test]
fn a_flipped_bit_is_noticed_or_does_not_matter() {
    let dir = Dir::new();
    let whole = written(&dir);
    let mut set_aside = 0;
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for nth in 0..300 {
        let (at, bit) = (nth * 7_919 % used, nth % 8);
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << bit;
        fs::write(dir.file(), &flipped).unwrap();
        let (_, stored) = Writer::open(&dir.0, sizes()).unwrap();
        let found = stored.edges.len();
        assert!(
            is_one_of_its_states(&stored.edges),
            "bit {bit} of byte {at}: {found} edges"
        );
        set_aside += usize::from(found == 0);
    }
    assert!(set_aside > 0, "none of the flips met anything that is in use");
}

#[test]
fn what_is_no_inventory_at_all_is_set_aside_as_it_is() {
    let dir = Dir::new();
    fs::write(dir.file(), "somebody's notes").unwrap();
    let (_, stored) = Writer::open(&dir.0, sizes()).unwrap();
    assert!(stored.edges.is_empty());
    let aside = dir.only_other();
    assert!(aside.starts_with("inventory.redb.damaged-"), "{aside}");
    assert_eq!(fs::read(dir.0.join(aside)).unwrap(), b"somebody's notes");
}

#[test]
fn of_many_damaged_files_the_oldest_are_deleted() {
    let dir = Dir::new();
    for nth in 0..9 {
        fs::write(dir.file(), format!("damage {nth}")).unwrap();
        Writer::open(&dir.0, sizes()).unwrap();
    }
    let others = dir.others();
    let mut contents = others.iter().map(|name| fs::read(dir.0.join(name)).unwrap());
    assert_eq!(others.len(), 4);
    assert!(contents.any(|content| content == b"damage 8"));
}

#[test]
fn a_file_of_a_newer_agent_is_kept_for_it() {
    let dir = Dir::new();
    let newer = record::VERSION + 1;
    let (file, _) = open(&dir.file());
    file.set_version(newer);
    drop(file);
    let (_, stored) = Writer::open(&dir.0, sizes()).unwrap();
    assert!(stored.edges.is_empty());
    let aside = dir.only_other();
    assert!(aside.starts_with("inventory.redb.newer-"), "{aside}");
    let again = File::open(&dir.0.join(aside), sizes());
    assert!(matches!(again, Err(Problem::Newer { found }) if found == newer));
}

#[test]
fn a_record_that_makes_no_sense_is_damage() {
    let mut reader = InventoryReader::default();
    let whole = record::edge_key(&edge(1, 1).key);
    assert!(record::read_edge(&mut reader, &whole, &[]).is_ok());
    assert!(record::read_edge(&mut reader, &whole[..whole.len() / 2], &[]).is_err());
    assert!(record::read_edge(&mut reader, &[], &[]).is_err());
    assert!(record::read_watch(&[0; 23]).is_err());
    assert!(record::read_watch(&[0; 16]).is_err());
    assert!(record::read_forgotten(&[0; 8]).is_err());
}
