//! Order, and how long it is waited for.
use super::*;

const WINDOW: Duration = Duration::from_millis(200);
const SECOND: i64 = 1_000_000_000;

struct Clocked {
    merge: Merge<&'static str>,
    start: Instant,
    wall: i64,
}

impl Clocked {
    fn new(sources: usize) -> Self {
        let start = Instant::now();
        Self {
            merge: Merge::new(sources, WINDOW, start),
            start,
            wall: 100 * SECOND,
        }
    }

    /// `ago` in milliseconds before the start.
    fn put(&mut self, source: usize, item: &'static str, ago: i64) {
        let time = Some(self.wall - ago * 1_000_000);
        self.merge.put(source, time, item, self.start);
    }

    fn take(&mut self, after: u64) -> Option<&'static str> {
        let after = Duration::from_millis(after);
        let wall = self.wall + i64::try_from(after.as_nanos()).unwrap();
        self.merge.take(self.start + after, wall)
    }
}

#[test]
fn what_all_have_told_comes_by_time_at_once() {
    let mut merge = Clocked::new(2);
    merge.put(0, "later", 10);
    merge.put(1, "earlier", 20);
    assert_eq!(merge.take(0), Some("earlier"));
    merge.merge.end(1);
    assert_eq!(merge.take(0), Some("later"));
    assert_eq!(merge.take(0), None);
    assert!(!merge.merge.is_done());
    merge.merge.end(0);
    assert!(merge.merge.is_done());
}

#[test]
fn one_source_alone_waits_for_nobody() {
    let mut merge = Clocked::new(1);
    merge.put(0, "a", 0);
    assert_eq!(merge.take(0), Some("a"));
}

#[test]
fn a_silent_source_is_waited_for_no_longer_than_the_window() {
    let mut merge = Clocked::new(2);
    merge.put(0, "a", 0);
    assert_eq!(merge.take(0), None);
    assert_eq!(merge.take(199), None);
    assert_eq!(
        merge.merge.ready_at(merge.start, merge.wall),
        Some(merge.start + WINDOW)
    );
    assert_eq!(merge.take(200), Some("a"));
    assert_eq!(merge.merge.passed_over().collect::<Vec<_>>(), [1]);
}

#[test]
fn history_is_not_held_up_by_a_source_that_has_long_been_silent() {
    let mut merge = Clocked::new(2);
    for item in ["a", "b", "c"] {
        merge
            .merge
            .put(0, Some(5 * SECOND), item, merge.start + Duration::from_secs(1));
        assert_eq!(merge.take(1000), Some(item));
    }
}

#[test]
fn what_just_happened_waits_for_what_happened_before_it_elsewhere() {
    let mut merge = Clocked::new(2);
    let at = merge.start + Duration::from_secs(9);
    let time = merge.wall + 9 * SECOND;
    merge.merge.put(0, Some(time), "later", at);
    assert_eq!(merge.take(9_050), None);
    merge.merge.put(1, Some(time - SECOND / 100), "earlier", at);
    assert_eq!(merge.take(9_050), Some("earlier"));
    assert_eq!(merge.take(9_250), Some("later"));
}

#[test]
fn a_clock_that_is_ahead_holds_nothing_up_for_longer_than_the_window() {
    let mut merge = Clocked::new(2);
    merge.put(0, "future", -60_000);
    assert_eq!(merge.take(200), Some("future"));
}

#[test]
fn what_has_no_time_stays_behind_what_its_source_said_before() {
    let mut merge = Clocked::new(2);
    merge.put(0, "first", 50);
    merge.put(1, "other", 40);
    assert_eq!(merge.take(0), Some("first"));
    merge.merge.put(0, None, "lost", merge.start);
    assert_eq!(merge.take(0), Some("lost"));
}
