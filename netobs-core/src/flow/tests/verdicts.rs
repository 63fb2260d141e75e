//! What became of a connection, and how we know.
use super::story::{
    CLIENT, SERVER, Seen as _, answer, at, data, dropped, few, nothing, ping, reports, request, reset, tap, tcp, udp,
};
use crate::{
    event::{Event, Tuple},
    flow::{Evidence, FlowTable, Verdict},
};

fn there() -> Tuple {
    tcp(CLIENT, SERVER)
}

fn verdict(events: &[Event]) -> (Verdict, Evidence) {
    let mut table = FlowTable::new(few(4, 4));
    events.iter().for_each(|event| table.observe(event));
    table.handle_timeout(at(60));
    let [report] = &reports(&mut table)[..] else {
        panic!("not one flow");
    };
    (report.flow.verdict, report.flow.evidence)
}

#[test]
fn what_was_answered_was_forwarded() {
    let events = [tap(1, there(), request(1), answer(1)).seen(0, 1)];
    assert_eq!(verdict(&events), (Verdict::Forwarded, Evidence::Replied));
}

#[test]
fn what_reached_the_other_pod_was_forwarded() {
    let events = [
        tap(1, there(), request(1), nothing()).seen(0, 1),
        tap(2, there().reversed(), nothing(), request(1)).seen(0, 1),
    ];
    assert_eq!(verdict(&events), (Verdict::Forwarded, Evidence::Delivered));
}

#[test]
fn what_only_left_its_pod_was_seen() {
    let events = [tap(1, there(), request(1), nothing()).seen(0, 1)];
    assert_eq!(verdict(&events), (Verdict::Seen, Evidence::Sent));
}

#[test]
fn what_the_kernel_dropped_was_dropped_whichever_was_told_first() {
    let sent = tap(1, there(), request(3), nothing()).seen(0, 30);
    let refused = dropped(there(), 12, 3).seen(0, 30);
    assert_eq!(verdict(&[sent, refused]), (Verdict::Dropped, Evidence::KernelReason));
    assert_eq!(verdict(&[refused, sent]), (Verdict::Dropped, Evidence::KernelReason));
    assert_eq!(verdict(&[refused]), (Verdict::Dropped, Evidence::KernelReason));
}

#[test]
fn what_was_dropped_behind_the_other_pods_interface_was_dropped() {
    let events = [
        tap(2, there().reversed(), nothing(), request(1)).seen(0, 1),
        dropped(there(), 3, 1).seen(1, 1),
    ];
    assert_eq!(verdict(&events), (Verdict::Dropped, Evidence::KernelReason));
}

#[test]
fn a_mere_reset_answers_nothing() {
    let refused = tap(1, there(), request(1), reset(1)).seen(0, 1);
    assert_eq!(verdict(&[refused]), (Verdict::Seen, Evidence::Sent));
    let with_drop = [refused, dropped(there(), 12, 1).seen(0, 0)];
    assert_eq!(verdict(&with_drop), (Verdict::Dropped, Evidence::KernelReason));
}

#[test]
fn repeated_requests_without_an_answer_are_unanswered() {
    let twice = |tuple, first, last| verdict(&[tap(1, tuple, request(2), nothing()).seen(first, last)]);
    assert_eq!(twice(there(), 0, 1000), (Verdict::Unanswered, Evidence::NoReply));
    assert_eq!(
        twice(ping("10.0.0.1", "10.0.0.9", 1), 0, 1000),
        (Verdict::Unanswered, Evidence::NoReply)
    );
    assert_eq!(twice(there(), 0, 100), (Verdict::Seen, Evidence::Sent));
}

#[test]
fn one_request_or_one_way_traffic_is_not_unanswered() {
    let once = tap(1, there(), request(1), nothing()).seen(0, 2000);
    assert_eq!(verdict(&[once]), (Verdict::Seen, Evidence::Sent));
    let syslog = tap(1, udp(CLIENT, "10.0.0.2:514"), data(9), nothing()).seen(0, 2000);
    assert_eq!(verdict(&[syslog]), (Verdict::Seen, Evidence::Sent));
    let late = tap(1, there(), data(9), nothing()).seen(0, 2000);
    assert_eq!(verdict(&[late]), (Verdict::Seen, Evidence::Sent));
}

/// Why nothing came back is known here: the answer was dropped.
#[test]
fn requests_whose_answers_were_dropped_are_dropped() {
    let events = [
        tap(1, there(), request(2), nothing()).seen(0, 1000),
        dropped(there().reversed(), 12, 2).seen(0, 1000),
    ];
    assert_eq!(verdict(&events), (Verdict::Dropped, Evidence::KernelReason));
}

#[test]
fn what_was_answered_once_and_then_dropped_for_long_is_dropped() {
    let events = [
        tap(1, there(), request(1), answer(1)).seen(0, 10),
        tap(1, there(), data(5), nothing()).seen(0, 3000),
        dropped(there(), 12, 5).seen(200, 3000),
    ];
    assert_eq!(verdict(&events), (Verdict::Dropped, Evidence::KernelReason));
}

#[test]
fn what_was_dropped_and_then_answered_was_forwarded() {
    let events = [
        dropped(there(), 12, 2).seen(0, 3000),
        tap(1, there(), request(3), answer(1)).seen(0, 5000),
    ];
    assert_eq!(verdict(&events), (Verdict::Forwarded, Evidence::Replied));
}

/// A stray last packet that meets a closed socket does not undo a conversation.
#[test]
fn one_drop_right_behind_an_answer_does_not_make_it_dropped() {
    let events = [
        tap(1, there(), request(9), answer(9)).seen(0, 100),
        dropped(there(), 3, 1).seen(104, 104),
    ];
    assert_eq!(verdict(&events), (Verdict::Forwarded, Evidence::Replied));
}

#[test]
fn dropped_answers_alone_leave_the_request_delivered() {
    let events = [
        tap(2, there().reversed(), answer(2), request(2)).seen(0, 1000),
        dropped(there().reversed(), 12, 2).seen(0, 1000),
    ];
    assert_eq!(verdict(&events), (Verdict::Forwarded, Evidence::Replied));
}
