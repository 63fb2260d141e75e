//! A disk without room: a limit to how far files may be written, in a process of its own.
use std::{process::Command, time::Duration};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;

const DIR: &str = "NETOBS_TEST_STORE_DIR";
/// A process that writes further than it may is killed unless it says that it does not want to be.
const TOLD_BY_ERRORS: &str = r#"trap "" XFSZ; exec "$0" "$@""#;

/// Runs that test once more, in a process that may run out of room.
fn alone(test: &str, run: fn(&Path)) {
    if let Some(dir) = env::var_os(DIR) {
        return run(Path::new(&dir));
    }
    let dir = Dir::new();
    let output = Command::new("sh")
        .args(["-c", TOLD_BY_ERRORS])
        .arg(env::current_exe().unwrap())
        .args(["--exact", &format!("store::tests::full::{test}"), "--nocapture"])
        .env(DIR, &dir.0)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// No file may be written further than that from now on.
fn room(bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn of_500_edges(dir: &Path) {
    let (mut file, _) = open(&dir.join(NAME));
    file.write(&changed((0..500).map(|number| edge(number, 7)))).unwrap();
}

#[test]
fn what_was_read_is_there_though_there_is_no_room_to_make_the_file_smaller() {
    alone(
        "what_was_read_is_there_though_there_is_no_room_to_make_the_file_smaller",
        |dir| {
            of_500_edges(dir);
            room(Some(8_192));
            let (_, stored) = Writer::open(dir, Sizes::never()).unwrap();
            assert_eq!(stored.edges.len(), 500);
            assert_eq!(names(dir), [NAME]);
        },
    );
}

#[test]
fn what_could_not_be_read_at_the_beginning_is_joined_with_what_was_seen_since() {
    alone(
        "what_could_not_be_read_at_the_beginning_is_joined_with_what_was_seen_since",
        |dir| {
            of_500_edges(dir);
            room(Some(0));
            let (mut writer, stored) = Writer::open(dir, sizes()).unwrap();
            assert_eq!(stored.edges.len(), 0);
            let shared = Shared::default();
            let step = |number, has_found| Step {
                changes: Changes {
                    everything: true,
                    ..changed([edge(number, 2)])
                },
                has_found,
            };
            writer.write(&step(1, false), &shared);
            writer.try_again(&shared);
            assert!(shared.take_found().is_none(), "there is still no room");
            room(None);
            writer.try_again(&shared);
            // Sent before what was found was taken.
            writer.write(&step(2, false), &shared);
            let found = shared.take_found().unwrap();
            assert_eq!(found.edges.len(), 500);
            drop(writer);
            let (_, stored) = open(&dir.join(NAME));
            assert_eq!(sorted(stored), sorted(found), "nothing was written over it");
        },
    );
}

#[test]
fn what_the_same_run_wrote_is_not_found_again_when_there_is_room_again() {
    alone(
        "what_the_same_run_wrote_is_not_found_again_when_there_is_room_again",
        |dir| {
            let (mut writer, _) = Writer::open(dir, sizes()).unwrap();
            let shared = Shared::default();
            let step = |edges: std::ops::Range<u16>| Step {
                changes: Changes {
                    everything: true,
                    ..changed(edges.map(|number| edge(number, 2)))
                },
                has_found: false,
            };
            writer.write(&step(0..5), &shared);
            room(Some(0));
            writer.write(&step(0..6), &shared);
            room(None);
            writer.try_again(&shared);
            assert!(shared.take_found().is_none());
            assert!(shared.wants_everything.load(Ordering::Relaxed));
            writer.write(&step(0..7), &shared);
            drop(writer);
            assert_eq!(open(&dir.join(NAME)).1.edges.len(), 7);
        },
    );
}

#[test]
fn what_is_found_later_is_joined_with_the_inventory_and_written_with_it() {
    alone(
        "what_is_found_later_is_joined_with_the_inventory_and_written_with_it",
        |dir| {
            let settings = Settings {
                dir: dir.to_owned(),
                edges: 1_000,
                begin: || {},
            };
            let (mut store, stored) = Store::open(&settings).unwrap();
            let mut inventory = Inventory::new(Extent::default());
            inventory.load(stored);
            for now in [3_000, 3_010] {
                inventory.handle_timeout(Timestamp::from_secs(now));
            }
            store.shared.find(Stored {
                edges: vec![edge(1, 7)],
                portraits: vec![portrait("web")],
                watch: changed([]).watch,
                forgotten: changed([]).forgotten,
            });
            assert!(store.finish(&mut inventory, Duration::from_secs(60)));
            let (_, stored) = open(&dir.join(NAME));
            assert_eq!(stored.watch.spans().len(), 2);
            assert_eq!(stored.forgotten, changed([]).forgotten);
            assert_eq!(stored.portraits, [portrait("web")]);
            assert_eq!(sorted(stored), [edge(1, 7)]);
        },
    );
}

/// From nothing at all to more than a small inventory takes.
const ROOM: [u64; 9] = [0, 1, 512, 4_096, 8_192, 20_000, 65_536, 200_000, 700_000];

#[test]
fn however_little_room_there_is_nothing_is_set_aside_and_nothing_lost() {
    alone(
        "however_little_room_there_is_nothing_is_set_aside_and_nothing_lost",
        |dir| {
            let path = dir.join(NAME);
            let (mut file, _) = open(&path);
            file.write(&changed((0..500).map(|number| edge(number, 7)))).unwrap();
            let killed = fs::read(&path).unwrap();
            drop(file);
            let closed = fs::read(&path).unwrap();
            for (content, edges) in [(Some(killed), 500), (Some(closed), 500), (None, 0)] {
                for bytes in ROOM {
                    let _ = fs::remove_file(&path);
                    if let Some(content) = &content {
                        fs::write(&path, content).unwrap();
                    }
                    assert_eq!(edges_read(dir, bytes), edges, "with room for {bytes} bytes");
                    assert_eq!(names(dir), [NAME], "with room for {bytes} bytes");
                }
            }
        },
    );
}

/// By an agent that begins with so much room, tries again, and has enough room then.
fn edges_read(dir: &Path, bytes: u64) -> usize {
    let shared = Shared::default();
    room(Some(bytes));
    let (mut writer, stored) = Writer::open(dir, Sizes::never()).unwrap();
    writer.try_again(&shared);
    room(None);
    writer.try_again(&shared);
    let found = shared.take_found().unwrap_or_default();
    stored.edges.len() + found.edges.len()
}
