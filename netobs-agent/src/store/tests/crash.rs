//! The writer is killed in the middle, again and again.
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::*;

const DIR: &str = "NETOBS_TEST_STORE_DIR";
const EDGES: u16 = 300;
const KILLS: u32 = 25;

#[test]
fn killed_at_any_moment_the_writer_leaves_what_it_said_was_written() {
    // The test runs itself once more, to be killed.
    if let Some(dir) = env::var_os(DIR) {
        return write_until_the_end(&PathBuf::from(dir));
    }
    let dir = Dir::new();
    let mut rounds = 0;
    for kill in 0..KILLS {
        let said = write_until_killed(&dir, Duration::from_millis(20 + u64::from(kill * 13 % 60)));
        let (_, stored) = Writer::open(&dir.0, sizes()).unwrap();
        assert_eq!(dir.others(), Vec::<String>::new());
        assert_eq!(stored.edges.len(), usize::from(EDGES));
        let found = stored.edges[0].connections;
        assert!(
            stored.edges.iter().all(|edge| edge.connections == found),
            "half of a step"
        );
        assert!(found >= said, "{said} was said, {found} is there");
        rounds = found;
    }
    assert!(rounds > u64::from(KILLS), "{rounds}");
}

/// The last round that the writer said was on disk.
fn write_until_killed(dir: &Dir, after: Duration) -> u64 {
    let mut writer = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "store::tests::crash::killed_at_any_moment_the_writer_leaves_what_it_said_was_written",
        ])
        .arg("--nocapture")
        .env(DIR, &dir.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut rounds = lines.map_while(Result::ok).filter_map(|line| {
        let (_, round) = line.split_once("round ")?;
        round.parse().ok()
    });
    let first = rounds.next().expect("the writer ended by itself");
    thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    rounds.last().unwrap_or(first)
}

fn write_until_the_end(dir: &Path) {
    let (mut file, stored) = open(&dir.join(NAME));
    let before = stored.edges.first().map_or(0, |edge| edge.connections);
    for round in before + 1..before + 100_000 {
        file.write(&changed((0..EDGES).map(|number| edge(number, round))))
            .unwrap();
        println!("round {round}");
    }
}
