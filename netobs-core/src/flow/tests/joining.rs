//! Which readings make one flow, and which end began it.
use expect_test::expect;

use super::story::{
    CLIENT, SERVER, Seen as _, answer, data, dropped, inside, nothing, ping, request, tap, tcp, told, udp,
};
use crate::event::{Event, TapReading};

#[test]
fn both_taps_of_one_connection_make_one_flow() {
    let events = [
        tap(2, tcp(SERVER, CLIENT), answer(3), request(4)).seen(0, 9),
        tap(1, tcp(CLIENT, SERVER), request(4), answer(3)).seen(0, 9),
    ];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>2] by Request: Forwarded, Replied; 4 there, 3 back
    "#]]
    .assert_eq(&told(&events, &[60]));
}

#[test]
fn what_one_tap_missed_the_other_has() {
    let events = [
        tap(1, tcp(CLIENT, SERVER), request(7), answer(1)).seen(0, 9),
        tap(2, tcp(SERVER, CLIENT), answer(5), request(4)).seen(0, 9),
    ];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>2] by Request: Forwarded, Replied; 7 there, 5 back
    "#]]
    .assert_eq(&told(&events, &[60]));
}

#[test]
fn the_end_that_asked_began_it_whatever_the_ports() {
    let odd = tcp("10.0.0.9:80", "10.0.0.2:50000");
    expect![[r#"
        Opened #1 Tcp 10.0.0.9:80 > 10.0.0.2:50000 [1>-] by Request: Seen, Sent; 1 there, 0 back
    "#]]
    .assert_eq(&told(&[tap(1, odd, request(1), nothing()).seen(0, 0)], &[60]));
}

#[test]
fn the_end_that_did_not_answer_began_it() {
    let answered = tap(2, tcp("10.0.0.2:50000", "10.0.0.9:80"), answer(1), data(1));
    expect![[r#"
        Opened #1 Tcp 10.0.0.9:80 > 10.0.0.2:50000 [->2] by Answer: Forwarded, Replied; 1 there, 1 back
    "#]]
    .assert_eq(&told(&[answered.seen(0, 0)], &[60]));
}

#[test]
fn in_the_middle_of_a_connection_the_end_with_the_clients_port_began_it() {
    let joined_late = tap(2, tcp(SERVER, CLIENT), data(1), nothing());
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [->2] by Ports: Forwarded, Replied; 0 there, 1 back
    "#]]
    .assert_eq(&told(&[joined_late.seen(0, 0)], &[60]));
}

#[test]
fn where_nothing_else_tells_the_first_packet_does() {
    let peers = udp("10.0.0.1:41000", "10.0.0.2:42000");
    let events = [tap(1, peers, nothing(), data(1)).seen(0, 0)];
    expect![[r#"
        Opened #1 Udp 10.0.0.2:42000 > 10.0.0.1:41000 [->1] by FirstPacket: Forwarded, Delivered; 1 there, 0 back
    "#]]
    .assert_eq(&told(&events, &[60]));
}

/// Drops and taps are read one after the other, so what happened first may be told last.
#[test]
fn the_first_packet_is_the_earliest_not_the_one_told_first() {
    let there = udp("10.0.0.1:41000", "10.0.0.2:42000");
    let events = [
        dropped(there.reversed(), 6, 1).seen(30, 30),
        tap(1, there, data(1), nothing()).seen(10, 10),
    ];
    expect![[r#"
        Opened #1 Udp 10.0.0.1:41000 > 10.0.0.2:42000 [1>-] by FirstPacket: Dropped, KernelReason; 1 there, 0 back
          1 of the reply dropped for 6 at Node { interface: Some(Ifindex(9)) }
    "#]]
    .assert_eq(&told(&events, &[80]));
}

#[test]
fn drops_in_both_directions_join_their_flow() {
    let there = tcp(CLIENT, SERVER);
    let mut in_pod = dropped(there.reversed(), 3, 1);
    in_pod.place = inside(77);
    let events = [
        dropped(there, 12, 2).seen(2, 3),
        in_pod.seen(4, 4),
        tap(1, there, request(3), nothing()).seen(0, 3),
        dropped(there, 12, 5).seen(2, 5),
    ];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Request: Dropped, KernelReason; 3 there, 0 back
          7 dropped for 12 at Node { interface: Some(Ifindex(9)) }
          1 of the reply dropped for 3 at Inside { namespace: NetnsId(77), interface: None }
    "#]]
    .assert_eq(&told(&events, &[60]));
}

#[test]
fn an_echo_seen_by_both_taps_is_one_flow_from_either_end() {
    for (client, server) in [("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1")] {
        let events = [
            tap(2, ping(server, client, 0x77), answer(2), request(2)).seen(0, 9),
            tap(1, ping(client, server, 0x77), request(2), answer(2)).seen(0, 9),
        ];
        let expected = format!(
            "Opened #1 Icmp {client}:119 > {server}:2048 [1>2] by Request: Forwarded, Replied; 2 there, 2 back\n"
        );
        assert_eq!(told(&events, &[60]), expected);
    }
}

#[test]
fn pings_with_different_identifiers_are_different_flows() {
    let events = [1, 2].map(|id| tap(1, ping("10.0.0.1", "10.0.0.2", id), request(1), nothing()).seen(0, 0));
    assert_eq!(told(&events, &[60]).lines().count(), 2);
}

/// Its two ends have the same address, and order by number would swap identifier and kind.
#[test]
fn an_echo_to_oneself_keeps_identifier_and_kind() {
    for identifier in [1, 60_000] {
        let event = dropped(ping("10.0.0.1", "10.0.0.1", identifier), 6, 1).seen(0, 0);
        let expected = format!("Icmp 10.0.0.1:{identifier} > 10.0.0.1:2048");
        assert!(told(&[event], &[60]).contains(&expected), "{expected}");
    }
}

#[test]
fn a_connection_to_oneself_is_one_flow() {
    let itself = tcp("10.0.0.1:5000", "10.0.0.1:5000");
    let events = [
        dropped(itself, 6, 1).seen(0, 0),
        dropped(itself.reversed(), 6, 1).seen(0, 0),
    ];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:5000 > 10.0.0.1:5000 [->-] by FirstPacket: Dropped, KernelReason; 0 there, 0 back
          2 dropped for 6 at Node { interface: Some(Ifindex(9)) }
    "#]]
    .assert_eq(&told(&events, &[60]));
}

#[test]
fn drops_of_merged_source_ports_are_a_flow_of_their_own() {
    let mut merged = dropped(tcp("10.0.0.1:0", SERVER), 12, 9000);
    merged.source_ports_merged = true;
    let alone = dropped(tcp("10.0.0.1:0", SERVER), 12, 1);
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:0 > 10.0.0.2:80 [->-] by FirstPacket: Dropped, KernelReason; 0 there, 0 back
          9000 dropped for 12 at Node { interface: Some(Ifindex(9)) }
        Opened #2 Tcp 10.0.0.1:0 > 10.0.0.2:80 [->-] by FirstPacket: Dropped, KernelReason; 0 there, 0 back
          1 dropped for 12 at Node { interface: Some(Ifindex(9)) }
    "#]]
    .assert_eq(&told(&[merged.seen(0, 0), alone.seen(1, 1)], &[60]));
}

#[test]
fn fragments_without_ports_are_no_part_of_the_connection_on_port_zero() {
    let mut tuple = udp("10.0.0.1:0", "10.0.0.2:0");
    let whole = tap(1, tuple, data(1), nothing());
    tuple.fragment = true;
    let later = tap(1, tuple, data(1), nothing());
    assert_eq!(told(&[whole.seen(0, 0), later.seen(0, 0)], &[60]).lines().count(), 2);
}

#[test]
fn an_interface_that_takes_over_adds_to_the_counts_and_takes_none_away() {
    let pod = |interface: u32, packets| -> TapReading { tap(interface, tcp(CLIENT, SERVER), data(packets), data(1)) };
    let events: [Event; 2] = [pod(1, 10).seen(0, 20), pod(5, 3).seen(30, 40)];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [5>-] by Ports: Forwarded, Replied; 13 there, 2 back
    "#]]
    .assert_eq(&told(&events, &[60]));
}

#[test]
fn an_interface_that_sees_the_same_packets_adds_nothing() {
    let pod = |interface: u32| tap(interface, tcp(CLIENT, SERVER), data(10), data(1));
    let events = [pod(1).seen(0, 20), pod(5).seen(1, 21), pod(5).seen(1, 40)];
    expect![[r#"
        Opened #1 Tcp 10.0.0.1:40000 > 10.0.0.2:80 [1>-] by Ports: Forwarded, Replied; 10 there, 1 back
    "#]]
    .assert_eq(&told(&events, &[60]));
}
