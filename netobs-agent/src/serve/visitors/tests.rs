//! Places, of all and of one, and who goes first when there are too few.
use std::{
    net::IpAddr,
    thread,
    time::{Duration, Instant},
};

use futures::FutureExt as _;

use super::{Bounds, Kind, Peer, Place, Visitors};

const BOUNDS: Bounds = Bounds {
    most: 3,
    most_of_one: 2,
    first_call: Duration::from_secs(10),
    idle: Duration::from_secs(300),
    answer: Duration::from_secs(60),
};

fn peer(text: &str) -> Peer {
    Peer::of(text.parse::<IpAddr>().unwrap())
}

/// A moment later, so that nobody comes at the same time as somebody else.
fn admit(visitors: &Visitors, peer: Peer) -> Option<Place> {
    thread::sleep(Duration::from_millis(1));
    visitors.admit(peer).now_or_never().flatten()
}

#[test]
fn the_idlest_makes_room_and_who_is_answered_does_not() {
    let visitors = Visitors::new(BOUNDS);
    let busy = admit(&visitors, peer("10.0.0.1")).unwrap();
    let _call = busy.visit().begin(Kind::Stream);
    let idlest = admit(&visitors, peer("10.0.0.2")).unwrap();
    let idle = admit(&visitors, peer("10.0.0.3")).unwrap();
    assert!(admit(&visitors, Peer::User(0)).is_none(), "the idlest is still here");
    assert!(idlest.visit().is_let_go());
    assert!(!idle.visit().is_let_go() && !busy.visit().is_let_go());
    drop(idlest);
    let _came = admit(&visitors, Peer::User(0)).unwrap();
}

#[test]
fn where_all_are_being_answered_who_comes_is_refused_and_counted() {
    let visitors = Visitors::new(BOUNDS);
    let mut busy = Vec::new();
    for number in 1..=3 {
        let place = admit(&visitors, Peer::User(number)).unwrap();
        busy.push((place.visit().begin(Kind::Answer), place));
    }
    assert!(admit(&visitors, Peer::User(4)).is_none());
    let attendance = visitors.attendance();
    assert_eq!((attendance.present, attendance.refused, attendance.let_go), (3, 1, 0));
}

#[test]
fn one_peer_takes_its_own_places_only() {
    let visitors = Visitors::new(BOUNDS);
    let first = admit(&visitors, peer("2001:db8::1")).unwrap();
    let second = admit(&visitors, peer("2001:db8::2")).unwrap();
    let other = admit(&visitors, peer("2001:db8:0:1::1")).unwrap();
    assert!(admit(&visitors, peer("2001:db8::3")).is_none());
    assert!(first.visit().is_let_go(), "it came first");
    assert!(!second.visit().is_let_go() && !other.visit().is_let_go());
}

#[test]
fn who_only_asks_about_the_server_goes_before_subscribers_and_after_the_idle() {
    let visitors = Visitors::new(BOUNDS);
    let asking = admit(&visitors, Peer::User(1)).unwrap();
    let _aside = asking.visit().begin(Kind::Aside);
    let idle = admit(&visitors, Peer::User(2)).unwrap();
    let subscriber = admit(&visitors, Peer::User(3)).unwrap();
    let _stream = subscriber.visit().begin(Kind::Stream);
    assert!(admit(&visitors, Peer::User(4)).is_none());
    assert!(idle.visit().is_let_go() && !asking.visit().is_let_go());
    drop(idle);
    let newer = admit(&visitors, Peer::User(4)).unwrap();
    let _answer = newer.visit().begin(Kind::Answer);
    assert!(admit(&visitors, Peer::User(5)).is_none());
    assert!(asking.visit().is_let_go() && !subscriber.visit().is_let_go());
}

#[test]
fn who_stays_without_a_call_or_does_not_take_an_answer_is_seen_off() {
    let visitors = Visitors::new(BOUNDS);
    let silent = admit(&visitors, Peer::User(1)).unwrap();
    let idle = admit(&visitors, Peer::User(2)).unwrap();
    drop(idle.visit().begin(Kind::Answer));
    let slow = admit(&visitors, Peer::User(3)).unwrap();
    let _answer = slow.visit().begin(Kind::Answer);
    let gone_after = |seconds| {
        visitors.see_off_now(Instant::now() + Duration::from_secs(seconds));
        [&silent, &idle, &slow].map(|place| place.visit().is_let_go())
    };
    assert_eq!(gone_after(9), [false, false, false]);
    assert_eq!(gone_after(11), [true, false, false]);
    assert_eq!(gone_after(61), [true, false, true]);
    assert_eq!(gone_after(301), [true, true, true]);
}

#[test]
fn who_has_not_asked_to_the_end_keeps_no_place() {
    let visitors = Visitors::new(BOUNDS);
    let asking: Vec<_> = (1..=3)
        .map(|user| admit(&visitors, Peer::User(user)).unwrap())
        .collect();
    let calls: Vec<_> = asking.iter().map(|place| place.visit().begin(Kind::Aside)).collect();
    calls[0].turns_out(Kind::Stream);
    assert!(admit(&visitors, Peer::User(4)).is_none());
    let let_go = [0, 1, 2].map(|index: usize| asking[index].visit().is_let_go());
    assert_eq!(let_go, [false, true, false]);
}

#[test]
fn a_stream_may_go_on_for_ever() {
    let visitors = Visitors::new(BOUNDS);
    let subscriber = admit(&visitors, Peer::User(1)).unwrap();
    let _stream = subscriber.visit().begin(Kind::Stream);
    visitors.see_off_now(Instant::now() + Duration::from_secs(86_400));
    assert!(!subscriber.visit().is_let_go());
}

#[tokio::test]
async fn who_has_to_go_is_woken() {
    let visitors = Visitors::new(BOUNDS);
    let place = admit(&visitors, Peer::Unknown).unwrap();
    let send_away = async { visitors.see_off_now(Instant::now() + Duration::from_secs(11)) };
    tokio::join!(place.visit().until_let_go(), send_away);
}
