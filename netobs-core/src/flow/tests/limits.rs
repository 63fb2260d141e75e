//! What happens when there is no more room.
use super::story::{
    SERVER, Seen as _, answer, at, data, dropped, few, inside, nothing, reports, request, tap, tcp, udp,
};
use crate::{
    event::{Count, Event},
    flow::{FlowTable, Phase},
};

fn connection(port: u16, time: u64) -> Event {
    tap(1, tcp(&format!("10.0.0.1:{port}"), SERVER), request(1), answer(1)).seen(time, time)
}

#[test]
fn without_room_the_flow_not_seen_for_longest_is_let_go() {
    let mut table = FlowTable::new(few(3, 8));
    for port in [1, 2, 3] {
        table.observe(&connection(port, 0));
    }
    // Everybody has been seen lately: the hand goes round once, and takes one of them.
    table.observe(&connection(4, 1));
    let first = reports(&mut table)[0].flow.tuple.source_port;
    let quiet = [1, 2, 3].into_iter().find(|port| *port != first).unwrap();
    let busy: Vec<_> = [1, 2, 3, 4]
        .into_iter()
        .filter(|port| ![first, quiet].contains(port))
        .collect();
    busy.iter().for_each(|port| table.observe(&connection(*port, 2)));
    table.observe(&connection(5, 3));
    let second = &reports(&mut table)[0];
    assert_eq!((second.phase, second.flow.tuple.source_port), (Phase::Evicted, quiet));
    assert_eq!(table.len(), 3);
    assert!(table.take_lost().is_zero());
}

#[test]
fn when_nobody_polls_new_flows_are_lost_and_counted_and_known_ones_are_not() {
    let mut table = FlowTable::new(few(2, 1));
    for port in [1, 2, 3] {
        table.observe(&connection(port, 0));
    }
    assert!(table.take_lost().is_zero());
    table.observe(&connection(4, 0));
    table.observe(&dropped(udp("10.0.0.7:9", SERVER), 6, 5).seen(0, 0));
    let expected = Count { packets: 7, bytes: 700 };
    assert_eq!(table.take_lost(), expected);
    assert!(table.take_lost().is_zero());
    table.observe(&connection(3, 1));
    assert!(table.take_lost().is_zero());
    assert_eq!(reports(&mut table).len(), 1);
    table.observe(&connection(4, 2));
    assert!(table.take_lost().is_zero());
}

/// Flows that end by themselves wait in the same room as those that were let go.
#[test]
fn flows_that_ended_and_wait_are_bounded_too() {
    let mut table = FlowTable::new(few(4, 2));
    for round in 0..100_u16 {
        for port in 0..4 {
            table.observe(&connection(4 * round + port, u64::from(round) * 400_000));
        }
        table.handle_timeout(at(u64::from(round) * 400_000 + 390_000));
    }
    assert_eq!(reports(&mut table).len(), 6);
    assert_eq!(table.take_lost().packets, 2 * (400 - 6));
}

/// The time at which an evicted flow would have been looked at comes, though nobody has polled it yet.
#[test]
fn a_flow_that_waits_to_be_polled_is_not_ended_again() {
    let mut table = FlowTable::new(few(1, 2));
    table.observe(&connection(1, 0));
    table.observe(&connection(2, 0));
    table.observe(&connection(1, 0));
    table.handle_timeout(at(60));
    table.handle_timeout(at(500_000));
    let told: Vec<_> = reports(&mut table)
        .iter()
        .map(|report| (report.flow.id.0, report.phase))
        .collect();
    assert_eq!(told, [(1, Phase::Evicted), (2, Phase::Evicted), (3, Phase::Idle)]);
    for port in 10..100 {
        table.observe(&connection(port, 0));
        reports(&mut table);
    }
    assert!(table.take_lost().is_zero(), "room was never given back");
}

#[test]
fn drops_for_many_reasons_are_kept_apart_up_to_a_limit_and_counted_beyond() {
    let mut table = FlowTable::new(few(4, 4));
    for reason in 0..20 {
        let mut reading = dropped(udp("10.0.0.1:1", SERVER), reason, 2);
        reading.place = inside(reason);
        table.observe(&reading.seen(0, 0));
    }
    table.end_all();
    let flow = &reports(&mut table)[0].flow;
    let kept: u64 = flow.drops.iter().map(|drop| drop.count.packets).sum();
    assert_eq!(flow.drops.len(), 8);
    assert_eq!(kept + flow.further_drops.packets, 40);
}

#[test]
fn readings_told_out_of_order_widen_the_time_of_a_flow_and_its_drops() {
    let mut table = FlowTable::new(few(4, 4));
    let tuple = udp("10.0.0.1:1", SERVER);
    table.observe(&dropped(tuple, 6, 1).seen(500, 600));
    table.observe(&dropped(tuple, 6, 1).seen(100, 200));
    table.observe(&tap(1, tuple, data(1), nothing()).seen(50, 60));
    table.end_all();
    let flow = &reports(&mut table)[0].flow;
    assert_eq!((flow.first, flow.last), (at(50), at(600)));
    assert_eq!((flow.drops[0].first, flow.drops[0].last), (at(100), at(600)));
}

#[test]
fn a_table_without_room_keeps_one_flow() {
    let mut table = FlowTable::new(few(0, 4));
    for port in 1..100 {
        table.observe(&connection(port, 0));
        reports(&mut table);
        assert_eq!(table.len(), 1);
    }
    assert!(table.take_lost().is_zero());
}
