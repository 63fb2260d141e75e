//! Subscriptions: history, filters, following, and what a slow one misses.
use netobs_api::v1;
use netobs_core::engine::Where;
use tonic::Code;

use super::{
    listener::{Heard, Listener, flows, follow, history},
    scene::{Scene, dropped, flow},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_told_in_order_and_then_ends() {
    let scene = Scene::start().await;
    scene.tell([flow(3), flow(1), flow(2)]);
    scene.feed.lost(Where::Kernel, 7);
    let mut listener = Listener::of(&scene, history()).await;
    assert_eq!(listener.hear_some(3).await, flows([3, 1, 2]));
    let rest = [Heard::Lost(v1::LostPlace::Kernel, 7), Heard::Ended];
    assert_eq!(listener.hear_some(2).await, rest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_without_history_hears_only_what_happens() {
    let scene = Scene::start().await;
    scene.tell([flow(1)]);
    let mut listener = Listener::of(&scene, follow()).await;
    scene.tell([flow(2), dropped(3)]);
    assert_eq!(listener.hear_some(2).await, flows([2, 3]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_goes_over_into_what_happens_without_a_gap() {
    let scene = Scene::start().await;
    scene.tell((0..600).map(flow));
    let request = v1::SubscribeRequest {
        last: Some(500),
        ..follow()
    };
    let mut listener = Listener::of(&scene, request).await;
    scene.tell((600..900).map(flow));
    assert_eq!(listener.hear_some(800).await, flows(100..900));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_are_counted_among_those_that_pass() {
    let scene = Scene::start().await;
    let mixed = (0..700).map(|number| {
        if number % 100 == 0 {
            dropped(number)
        } else {
            flow(number)
        }
    });
    scene.tell(mixed);
    let request = v1::SubscribeRequest {
        last: Some(3),
        include: vec![verdict(v1::Verdict::Dropped)],
        ..history()
    };
    let mut listener = Listener::of(&scene, request).await;
    assert_eq!(listener.hear_some(3).await, flows([400, 500, 600]));
    assert_eq!(listener.hear().await, Heard::Ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_bound_what_is_told() {
    let scene = Scene::start().await;
    scene.tell([1, 9, 5, 3, 7].map(flow));
    let request = v1::SubscribeRequest {
        since_unix_nanos: Some(3_000_000_000),
        until_unix_nanos: Some(7_000_000_000),
        ..history()
    };
    let mut listener = Listener::of(&scene, request).await;
    assert_eq!(listener.hear_some(3).await, flows([5, 3, 7]));
    assert_eq!(listener.hear().await, Heard::Ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_excluded_is_left_out_while_following() {
    let scene = Scene::start().await;
    let request = v1::SubscribeRequest {
        exclude: vec![verdict(v1::Verdict::Forwarded)],
        ..follow()
    };
    let mut listener = Listener::of(&scene, request).await;
    scene.tell([flow(1), dropped(2), flow(3), dropped(4)]);
    assert_eq!(listener.hear_some(2).await, flows([2, 4]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_filter_is_refused_by_its_field_and_value() {
    let scene = Scene::start().await;
    let end = v1::EndpointFilter {
        addresses: vec!["10.0.0.0/33".to_owned()],
        ..v1::EndpointFilter::default()
    };
    let filter = v1::Filter {
        source: vec![end],
        ..v1::Filter::default()
    };
    let request = v1::SubscribeRequest {
        include: vec![filter],
        ..history()
    };
    let status = scene.client().await.subscribe(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let message = status.message();
    assert!(message.contains("include[0].source[0].addresses[0]"), "{message}");
    assert!(message.contains("10.0.0.0/33"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_ends_before_it_begins_is_refused() {
    let scene = Scene::start().await;
    let request = v1::SubscribeRequest {
        since_unix_nanos: Some(2),
        until_unix_nanos: Some(1),
        ..history()
    };
    let status = scene.client().await.subscribe(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("since_unix_nanos (2)"), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_get_what_is_left_when_the_agent_stops() {
    let mut scene = Scene::start().await;
    let mut listener = Listener::of(&scene, follow()).await;
    scene.feed.flow(std::sync::Arc::new(flow(1)));
    scene.ask_to_stop();
    assert_eq!(
        listener.hear_some(2).await,
        [Heard::Flow(1), Heard::Failed(Code::Unavailable)]
    );
    scene.stopped().await;
    assert!(!scene.socket().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_what_is_not_kept_any_more_is_told_so_first() {
    let scene = Scene::with(100, |_, _| {}).await;
    scene.tell((0..1_000).map(flow));
    let since = |seconds: i64| v1::SubscribeRequest {
        since_unix_nanos: Some(seconds * 1_000_000_000),
        ..history()
    };
    let mut listener = Listener::of(&scene, since(10)).await;
    // To the block: which of the first flows were since then is not known any more.
    assert_eq!(listener.hear().await, Heard::Lost(v1::LostPlace::Subscriber, 900));
    assert_eq!(listener.hear_some(100).await, flows(900..1_000));
    let mut listener = Listener::of(&scene, since(950)).await;
    assert_eq!(listener.hear_some(50).await, flows(950..1_000));
}

fn verdict(verdict: v1::Verdict) -> v1::Filter {
    v1::Filter {
        verdicts: vec![verdict.into()],
        ..v1::Filter::default()
    }
}
