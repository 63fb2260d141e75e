//! When an Event is written, in given time.
use super::*;
use crate::cluster::events::ledger::{Job, Ledger, Next};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn due(ledger: &mut Ledger, now: u64) -> Job {
    let Next::Write(job) = ledger.next(secs(now)) else {
        panic!("nothing is due at {now} s")
    };
    *job
}

fn write(ledger: &mut Ledger, now: u64) -> Job {
    let job = due(ledger, now);
    ledger.done(&job, &Ok(()), secs(now));
    job
}

fn waits(ledger: &mut Ledger, now: u64) -> u64 {
    let Next::Wait(wait) = ledger.next(secs(now)) else {
        panic!("there is something to do, or nothing, at {now} s")
    };
    wait.as_secs()
}

fn is_idle(ledger: &mut Ledger, now: u64) -> bool {
    matches!(ledger.next(secs(now)), Next::Nothing)
}

fn fail(ledger: &mut Ledger, now: u64, fault: Fault) {
    let job = due(ledger, now);
    ledger.done(&job, &Err(fault), secs(now));
}

fn refusal(code: u16, message: &str) -> Fault {
    Fault::Refused(netobs_k8s::watched::Refusal {
        code,
        message: message.to_owned(),
        ..Default::default()
    })
}

#[test]
fn a_cause_is_told_at_once_and_then_every_half_minute_in_its_newest_state() {
    let key = namespace_lacks("ops-utils");
    let mut ledger = Ledger::default();
    assert!(is_idle(&mut ledger, 0));
    ledger.hear(cause(&key, 3), None);
    let first = write(&mut ledger, 100);
    assert_eq!((first.draft.count, first.again), (3, false));
    assert!(is_idle(&mut ledger, 101), "nothing new was heard");
    for packets in 4..50 {
        ledger.hear(cause(&key, packets), None);
    }
    assert_eq!(waits(&mut ledger, 101), 29);
    let second = write(&mut ledger, 130);
    assert_eq!((second.draft.count, second.again), (49, true));
    assert_eq!(second.draft.about, first.draft.about);
    assert!(is_idle(&mut ledger, 200));
}

#[test]
fn what_is_heard_while_it_is_written_is_told_later() {
    let key = namespace_lacks("ops-utils");
    let mut ledger = Ledger::default();
    ledger.hear(cause(&key, 3), None);
    let job = due(&mut ledger, 0);
    ledger.hear(cause(&key, 9), None);
    ledger.done(&job, &Ok(()), secs(1));
    assert_eq!(write(&mut ledger, 31).draft.count, 9);
}

#[test]
fn a_mended_cause_is_told_once_and_at_once() {
    let key = namespace_lacks("ops-utils");
    let mut ledger = Ledger::default();
    ledger.hear(cause(&key, 3), None);
    write(&mut ledger, 0);
    ledger.hear(mended(&key, 3), None);
    let job = write(&mut ledger, 1);
    assert_eq!(
        (job.draft.is_warning, job.draft.reason, job.again),
        (false, "LabelMended", false)
    );
    ledger.hear(mended(&key, 4), None);
    assert!(is_idle(&mut ledger, 500));
    ledger.hear(cause(&key, 5), None);
    let job = write(&mut ledger, 600);
    assert_eq!((job.draft.is_warning, job.again), (true, true));
    ledger.hear(mended(&key, 5), None);
    assert!(write(&mut ledger, 601).again);
}

#[test]
fn of_what_was_mended_before_it_was_told_nothing_is_said() {
    let key = namespace_lacks("ops-utils");
    let mut ledger = Ledger::default();
    ledger.hear(mended(&key, 3), None);
    assert!(is_idle(&mut ledger, 0));
    ledger.hear(cause(&key, 3), None);
    ledger.hear(mended(&key, 3), None);
    assert!(is_idle(&mut ledger, 0));
}

#[test]
fn many_causes_share_what_may_be_written_and_new_ones_come_first() {
    let keys: Vec<_> = (0..40)
        .map(|number| namespace_lacks(&format!("team-{number}")))
        .collect();
    let mut ledger = Ledger::default();
    let all = causes(&keys, 1, 0);
    for cause in &all[..20] {
        ledger.hear(Arc::clone(cause), None);
    }
    for _ in 0..10 {
        write(&mut ledger, 0);
    }
    assert_eq!(waits(&mut ledger, 0), 6);
    assert_eq!(waits(&mut ledger, 5), 1);
    write(&mut ledger, 6);
    assert_eq!(waits(&mut ledger, 6), 6);
    for cause in &all {
        ledger.hear(Arc::clone(cause), None);
    }
    let mut names = BTreeSet::new();
    for minute in 0..3 {
        for _ in 0..10 {
            names.insert(write(&mut ledger, 120 + minute * 60).draft.regarding.name.to_string());
        }
        assert_eq!(waits(&mut ledger, 120 + minute * 60), 6);
    }
    assert!(
        (0..40)
            .filter(|number| !names.contains(&format!("team-{number}")))
            .count()
            <= 11
    );
    let fresh = all[20..].iter().filter(|cause| {
        names
            .iter()
            .any(|name| format!("{:?}", cause.key).contains(&format!("{name:?}")))
    });
    assert_eq!(
        fresh.count(),
        20,
        "all that nobody knew of were told before those that go on"
    );
}

#[test]
fn a_write_that_fails_is_tried_again_later_and_a_forbidden_one_much_later() {
    let all = causes(&[namespace_lacks("ops-utils"), namespace_lacks("other")], 3, 0);
    let mut ledger = Ledger::default();
    ledger.hear(Arc::clone(&all[0]), None);
    fail(&mut ledger, 0, Fault::Cut);
    assert_eq!(waits(&mut ledger, 0), 30);
    fail(&mut ledger, 30, refusal(403, "is forbidden"));
    assert_eq!(waits(&mut ledger, 30), 1_800);
    ledger.hear(Arc::clone(&all[1]), None);
    assert_eq!(waits(&mut ledger, 60), 1_770);
    assert_eq!(write(&mut ledger, 1_830).draft.regarding.name, "other");
    assert_eq!(write(&mut ledger, 1_860).draft.regarding.name, "ops-utils");
}

#[test]
fn a_namespace_that_is_about_to_go_silences_no_other() {
    let mut ledger = Ledger::default();
    let all = causes(&[namespace_lacks("a"), namespace_lacks("b")], 1, 0);
    ledger.hear(Arc::clone(&all[0]), None);
    fail(
        &mut ledger,
        0,
        refusal(403, "unable to create new content: it is being terminated"),
    );
    ledger.hear(Arc::clone(&all[1]), None);
    assert_eq!(write(&mut ledger, 0).draft.regarding.name, "b");
}

#[test]
fn there_is_no_end_to_causes_and_one_to_memory() {
    let keys: Vec<_> = (0..3_000)
        .map(|number| namespace_lacks(&format!("team-{number}")))
        .collect();
    let mut ledger = Ledger::default();
    for cause in causes(&keys, 1, 0) {
        ledger.hear(cause, None);
    }
    let mut count = 0;
    while let Next::Write(job) = ledger.next(secs(1_000_000 + count * 60)) {
        ledger.done(&job, &Ok(()), secs(1_000_000 + count * 60));
        count += 1;
    }
    assert_eq!(count, 1_024);
}

#[test]
fn a_lost_label_is_told_before_a_thousand_refused_ends() {
    let refused = |number| traffic(Kind::Peer, Party::Namespace(Symbol::from(&*format!("team-{number}"))));
    let mut keys: Vec<_> = (0..1_500).map(refused).collect();
    keys.push(namespace_lacks("ops-utils"));
    let mut all = causes(&keys, 1, 0);
    let label = all.pop().unwrap();
    let mut mended = (*label).clone();
    mended.state = State::Mended { at: at(120) };
    let (before, after) = all.split_at(1_200);
    let mut ledger = Ledger::default();
    for cause in before {
        ledger.hear(Arc::clone(cause), None);
    }
    for _ in 0..10 {
        write(&mut ledger, 0);
    }
    ledger.hear(label, None);
    for cause in after {
        ledger.hear(Arc::clone(cause), None);
    }
    assert_eq!(write(&mut ledger, 6).draft.reason, "MissingLabel");
    ledger.hear(Arc::new(mended), None);
    assert_eq!(write(&mut ledger, 12).draft.reason, "LabelMended");
}
