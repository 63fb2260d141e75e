//! When a flow is told, and as what.
use std::time::Duration;

use expect_test::expect;

use super::story::{
    CLIENT, SERVER, Seen as _, answer, at, data, dropped, few, fin, nothing, render, reports, request, reset, tap, tcp,
    told, udp,
};
use crate::flow::{FlowTable, Limits, Phase};

fn phases(table: &mut FlowTable) -> Vec<Phase> {
    reports(table).iter().map(|report| report.phase).collect()
}

#[test]
fn a_flow_is_told_when_it_has_settled_and_again_when_it_has_ended() {
    let events = [
        tap(1, tcp(CLIENT, SERVER), request(4), answer(3)).seen(0, 9),
        tap(1, tcp(CLIENT, SERVER), fin(1), fin(1)).seen(0, 20),
    ];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Forwarded, Replied; 5 there, 4 back
        Closed #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Forwarded, Replied; 5 there, 4 back
    "#]]
    .assert_eq(&told(&events, &[49, 50, 900, 1100, 5000, 400_000]));
}

#[test]
fn a_reset_closes_and_one_fin_does_not() {
    let ends = |from_pod, to_pod| {
        let mut table = FlowTable::new(Limits::default());
        table.observe(&tap(1, tcp(CLIENT, SERVER), from_pod, to_pod).seen(0, 0));
        table.handle_timeout(at(2000));
        phases(&mut table)
    };
    assert_eq!(ends(request(1), reset(1)), [Phase::Closed]);
    assert_eq!(ends(fin(1), fin(1)), [Phase::Closed]);
    assert_eq!(ends(fin(1), data(1)), [Phase::Opened]);
}

#[test]
fn patience_with_silence_depends_on_the_protocol() {
    for (tuple, patience) in [(tcp(CLIENT, SERVER), 300_000), (udp(CLIENT, SERVER), 30_000)] {
        let mut table = FlowTable::new(Limits::default());
        table.observe(&tap(1, tuple, data(1), data(1)).seen(0, 0));
        table.handle_timeout(at(50));
        assert_eq!(phases(&mut table), [Phase::Opened]);
        let silent = (51..patience).step_by(999).chain([patience - 1]);
        silent.for_each(|time| table.handle_timeout(at(time)));
        assert_eq!(phases(&mut table), []);
        table.handle_timeout(at(patience + 1000));
        assert_eq!(phases(&mut table), [Phase::Idle]);
        assert!(table.is_empty());
    }
}

#[test]
fn a_flow_that_goes_on_is_told_every_so_often_and_one_that_does_not_is_not() {
    let mut table = FlowTable::new(Limits::default());
    let mut updates = Vec::new();
    for second in 0..60 {
        let time = second * 1000;
        if second < 25 {
            table.observe(&tap(1, tcp(CLIENT, SERVER), data(1), data(1)).seen(0, time));
        }
        table.handle_timeout(at(time + 500));
        updates.extend(reports(&mut table).into_iter().map(|report| (second, report.phase)));
    }
    expect![[r#"
        [(0, Opened), (10, Updated), (20, Updated), (30, Updated)]"#]]
    .assert_eq(&format!("{updates:?}"));
}

#[test]
fn a_change_of_verdict_is_told_at_once() {
    let mut table = FlowTable::new(Limits::default());
    table.observe(&tap(1, tcp(CLIENT, SERVER), request(1), nothing()).seen(0, 0));
    table.handle_timeout(at(60));
    let mut text = render(&mut table);
    table.observe(&dropped(tcp(CLIENT, SERVER), 12, 1).seen(70, 70));
    table.handle_timeout(at(1100));
    text += &render(&mut table);
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Seen, Sent; 1 there, 0 back
        Updated #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Dropped, KernelReason; 1 there, 0 back
          1 dropped for 12 at Node { interface: Some(Ifindex(9)) }
    "#]]
    .assert_eq(&text);
}

/// A slow reader finds the newest state, told as the first thing it hears of this flow.
#[test]
fn news_of_a_flow_that_was_not_polled_yet_leave_it_opened() {
    let mut table = FlowTable::new(Limits::default());
    table.observe(&tap(1, tcp(CLIENT, SERVER), request(1), nothing()).seen(0, 0));
    table.handle_timeout(at(60));
    table.observe(&tap(1, tcp(CLIENT, SERVER), data(1), answer(1)).seen(0, 70));
    table.handle_timeout(at(1100));
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Forwarded, Replied; 2 there, 1 back
    "#]]
    .assert_eq(&render(&mut table));
}

#[test]
fn a_verdict_that_changed_back_since_it_was_told_is_told_again() {
    let mut table = FlowTable::new(Limits::default());
    table.observe(&tap(1, tcp(CLIENT, SERVER), request(1), answer(1)).seen(0, 0));
    table.handle_timeout(at(60));
    // It changes between the look and the poll.
    table.observe(&dropped(tcp(CLIENT, SERVER), 12, 1).seen(700, 700));
    let mut text = render(&mut table);
    table.observe(&tap(1, tcp(CLIENT, SERVER), data(2), answer(1)).seen(0, 800));
    table.handle_timeout(at(1200));
    text += &render(&mut table);
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Dropped, KernelReason; 1 there, 1 back
          1 dropped for 12 at Node { interface: Some(Ifindex(9)) }
        Updated #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Forwarded, Replied; 3 there, 2 back
          1 dropped for 12 at Node { interface: Some(Ifindex(9)) }
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_connection_that_goes_on_after_its_end_is_another_flow() {
    let mut table = FlowTable::new(Limits::default());
    for time in [0, 40_000] {
        table.observe(&tap(1, udp(CLIENT, SERVER), data(1), data(1)).seen(time, time));
        table.handle_timeout(at(time + 35_000));
    }
    let ids: Vec<_> = reports(&mut table)
        .iter()
        .map(|report| (report.flow.id.0, report.phase))
        .collect();
    assert_eq!(ids, [(1, Phase::Idle), (2, Phase::Idle)]);
}

#[test]
fn at_the_end_everything_is_told() {
    let mut table = FlowTable::new(few(8, 1));
    for port in 1..=5 {
        let client = format!("10.0.0.1:{port}");
        table.observe(&tap(1, tcp(&client, SERVER), request(1), nothing()).seen(0, 0));
    }
    table.end_all();
    assert_eq!(phases(&mut table), [Phase::Evicted; 5]);
    assert!(table.is_empty() && !table.has_reports());
}

#[test]
fn no_interval_is_so_short_that_time_stands_still() {
    let mut table = FlowTable::new(Limits {
        settle: Duration::ZERO,
        update_every: Duration::ZERO,
        ..Limits::default()
    });
    table.observe(&tap(1, tcp(CLIENT, SERVER), request(1), nothing()).seen(0, 0));
    table.handle_timeout(at(0));
    table.handle_timeout(at(10));
    assert_eq!(phases(&mut table), [Phase::Opened]);
}
