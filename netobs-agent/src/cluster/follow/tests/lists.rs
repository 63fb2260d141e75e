//! Lists, as streams and in parts, and what goes on after them.
use super::*;

#[tokio::test]
async fn a_stream_lists_all_and_then_tells_changes() {
    let mut scene = Scene::of(vec![
        Reply::lines(&[
            added(&pod("a", 3)),
            added(&pod("b", 9)),
            all_told(10),
            added(&pod("c", 11)),
            modified(&pod("a", 12)),
            deleted(&pod("b", 13)),
        ])
        .then_hangs(),
    ]);
    assert_eq!(scene.next(7).await, ["[", "+a", "+b", "]", "+c", "+a", "-b"]);
    let pods = scene.until(|pods| pods.objects == 2).await;
    assert!(pods.listed && pods.heard.is_some() && pods.error.is_none(), "{pods:?}");
    let asked = &scene.double.paths()[0];
    assert!(asked.contains("sendInitialEvents=true") && !asked.contains("resourceVersion="));
}

#[tokio::test]
async fn a_list_without_objects_is_one() {
    let mut scene = Scene::of(vec![Reply::lines(&[all_told(10)]).then_hangs()]);
    assert_eq!(scene.next(2).await, ["[", "]"]);
    let mut scene = Scene::of(vec![Reply::status(422, "Invalid"), page(10, None, &[])]);
    assert_eq!(scene.next(2).await, ["[", "]"]);
}

#[tokio::test]
async fn a_watch_that_ends_goes_on_where_it_was() {
    let mut scene = Scene::of(vec![
        Reply::lines(&[all_told(10), added(&pod("a", 11))]),
        Reply::lines(&[bookmark(20)]),
        Reply::lines(&[added(&pod("b", 21))]).then_hangs(),
    ]);
    assert_eq!(scene.next(4).await, ["[", "]", "+a", "+b"]);
    let asked = scene.double.paths();
    assert!(asked[1].ends_with("&resourceVersion=11"), "{asked:?}");
    assert!(asked[2].ends_with("&resourceVersion=20"), "{asked:?}");
}

#[tokio::test]
async fn a_server_without_streams_is_asked_for_parts_and_not_for_a_stream_again() {
    let mut scene = Scene::of(vec![
        Reply::status(422, "Invalid"),
        page(5, Some("to be/continued"), &[pod("a", 1), pod("b", 2)]),
        page(5, None, &[pod("c", 3)]),
        Reply::lines(&[deleted(&pod("a", 6)), refused(410, "Expired")]),
        page(9, None, &[pod("c", 3)]),
    ]);
    assert_eq!(scene.next(9).await, ["[", "+a", "+b", "+c", "]", "-a", "[", "+c", "]"]);
    let asked = scene.double.paths();
    assert!(asked[1].ends_with("?limit=500"), "{asked:?}");
    assert!(
        asked[2].ends_with("?limit=500&continue=to%20be%2Fcontinued"),
        "{asked:?}"
    );
    assert!(asked[3].ends_with("&resourceVersion=5"), "{asked:?}");
    assert!(asked[4].ends_with("?limit=500"), "{asked:?}");
    assert_eq!(scene.pods().objects, 1);
}

#[tokio::test]
async fn a_server_that_takes_no_notice_of_streams_is_found_out() {
    let without_end = Reply::lines(&[added(&pod("a", 1)), bookmark(5)]).then_hangs();
    let mut scene = Scene::of(vec![without_end, page(6, None, &[pod("a", 1)])]);
    assert_eq!(scene.next(5).await, ["[", "+a", "[", "+a", "]"]);

    let silent = || Reply::lines(&[added(&pod("a", 1))]).then_hangs();
    let mut scene = Scene::of(vec![silent(), silent(), page(6, None, &[pod("a", 1)])]);
    assert_eq!(scene.next(7).await, ["[", "+a", "[", "+a", "[", "+a", "]"]);
}

/// As a server does whose store cannot tell how far it is.
#[tokio::test]
async fn a_server_that_refuses_a_stream_only_in_the_stream_is_found_out() {
    let why = "the required storage feature RequestWatchProgress is disabled";
    let status = json!({"kind": "Status", "code": 500, "reason": "InternalError", "message": why});
    let refusing = || Reply::lines(&[json!({"type": "ERROR", "object": status})]);
    let mut scene = Scene::of(vec![refusing(), refusing(), page(6, None, &[pod("a", 1)])]);
    assert_eq!(scene.next(3).await, ["[", "+a", "]"]);
    assert!(scene.double.paths()[2].ends_with("?limit=500"));
}

#[tokio::test]
async fn a_list_that_breaks_off_begins_anew_and_ends_only_when_all_was_told() {
    let mut scene = Scene::of(vec![
        Reply::status(400, "BadRequest"),
        page(5, Some("next"), &[pod("a", 1)]),
        Reply::status(500, "InternalError"),
        page(6, Some("next"), &[pod("a", 1)]),
        page(6, None, &[pod("b", 2)]),
    ]);
    assert_eq!(scene.next(6).await, ["[", "+a", "[", "+a", "+b", "]"]);
}

#[tokio::test]
async fn parts_that_are_not_kept_long_enough_are_asked_for_all_at_once() {
    let mut scene = Scene::of(vec![
        Reply::status(422, "Invalid"),
        page(5, Some("next"), &[pod("a", 1)]),
        Reply::status(410, "Expired"),
        page(6, None, &[pod("a", 1), pod("b", 2)]),
    ]);
    assert_eq!(scene.next(6).await, ["[", "+a", "[", "+a", "+b", "]"]);
    assert_eq!(scene.double.paths()[3], "/api/v1/pods");
}

#[tokio::test]
async fn before_anything_of_a_list_is_there_nothing_is_begun() {
    let mut scene = Scene::of(vec![
        Reply::away(),
        Reply::status(503, "ServiceUnavailable"),
        Reply::text("").then_breaks(),
        Reply::text("<html>a login page</html>"),
        page(5, None, &[pod("a", 1)]),
    ]);
    assert_eq!(scene.next(3).await, ["[", "+a", "]"]);
}

#[tokio::test]
async fn a_slow_taker_slows_the_watch_and_loses_nothing() {
    let many: Vec<_> = (0..2_000).map(|number| pod(&format!("p{number}"), number)).collect();
    let lines: Vec<_> = many.iter().map(added).chain([all_told(3_000)]).collect();
    let mut scene = Scene::with_room(vec![Reply::lines(&lines).then_hangs()], 1);
    sleep(Duration::from_millis(50)).await;
    let words = scene.next(2_002).await;
    let expected: Vec<_> = (0..2_000).map(|number| format!("+p{number}")).collect();
    assert_eq!((&words[1..2_001], words[2_001].as_str()), (&expected[..], "]"));
}

#[tokio::test]
async fn when_nobody_listens_the_watching_ends() {
    let mut scene = Scene::of(vec![Reply::lines(&[all_told(10)]).then_hangs()]);
    scene.next(2).await;
    drop(scene.changes);
    timeout(Duration::from_secs(5), scene.following).await.unwrap().unwrap();
}
