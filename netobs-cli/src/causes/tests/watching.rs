//! What is written of causes as they come, change and are mended.
use std::time::{Duration, Instant};

use expect_test::expect;
use netobs_api::v1::{Caught, Cause, Count, Lost, LostPlace, WatchCausesResponse, watch_causes_response::Message};

use super::{
    super::{Shape, watch::Watch},
    messages::{mended, missing_label},
};
use crate::show::View;

fn answer(message: Message) -> WatchCausesResponse {
    WatchCausesResponse {
        message: Some(message),
        node_name: "node-a".to_owned(),
    }
}

fn counted(packets: u64) -> Message {
    Message::Cause(Cause {
        dropped: Some(Count { packets, bytes: 0 }),
        ..missing_label()
    })
}

#[test]
fn news_is_told_in_full_and_counts_now_and_then() {
    let view = View::plain();
    let mut watch = Watch::new(Shape::Text, false, &view);
    let start = Instant::now();
    let mut tell = |message, after| watch.tell(answer(message), start + Duration::from_secs(after)).unwrap();
    assert!(tell(counted(1), 0).starts_with("namespace ops-utils has no label env"));
    assert_eq!(tell(counted(2), 1), "");
    expect![[r#"
        10:05:58  500 packets dropped so far: namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
    "#]].assert_eq(&tell(counted(500), 10));
    assert_eq!(tell(counted(501), 11), "");
    let text = tell(Message::Cause(mended()), 12);
    assert!(text.contains("  mended at 10:06:58; "), "{text}");
    assert!(tell(counted(502), 13).contains("  active; "));
}

#[test]
fn what_was_mended_before_is_told_only_if_all_is_asked_for() {
    let view = View::plain();
    for shape in [Shape::Text, Shape::Table, Shape::Json] {
        for (all, told) in [(false, false), (true, true)] {
            let text = Watch::new(shape, all, &view).tell(answer(Message::Cause(mended())), Instant::now());
            assert_eq!(!text.unwrap().is_empty(), told, "{shape:?} {all}");
        }
    }
}

#[test]
fn json_tells_every_message_but_the_end_of_the_list() {
    let view = View::plain();
    let mut watch = Watch::new(Shape::Json, false, &view);
    let lost = Message::Lost(Lost {
        place: LostPlace::Subscriber.into(),
        count: 4,
        unwatched: None,
    });
    let messages = [counted(1), Message::CaughtUp(Caught {}), counted(2), lost];
    let text = messages
        .map(|message| watch.tell(answer(message), Instant::now()).unwrap())
        .concat();
    let read: Vec<WatchCausesResponse> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = read
        .iter()
        .map(|one| matches!(one.message, Some(Message::Cause(_))))
        .collect();
    assert_eq!(kinds, [true, true, false]);
}

#[test]
fn a_table_goes_on_under_one_head() {
    let view = View::plain();
    let mut watch = Watch::new(Shape::Table, false, &view);
    let lost = Message::Lost(Lost {
        place: LostPlace::Subscriber.into(),
        count: 4,
        unwatched: None,
    });
    let messages = [counted(1), lost, Message::Cause(mended())];
    let text = messages
        .map(|message| watch.tell(answer(message), Instant::now()).unwrap())
        .concat();
    expect![[r#"
        LAST      KIND          STATE    COUNT                 FROM                            TO                                                       WHAT
        10:05:58  label         active   1 packet dropped      Deployment ops-utils/job (312)  Deployment prod-a/api (300), Deployment prod-a/web (12)  namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
        -- node-a: 4 flows lost: told faster than they were taken --
        10:05:58  label         mended   312 packets dropped   Deployment ops-utils/job (312)  Deployment prod-a/api (300), Deployment prod-a/web (12)  namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
    "#]].assert_eq(&text);
}
