//! A server's bad days.
use super::*;

fn listed() -> Reply {
    Reply::lines(&[added(&pod("a", 3)), all_told(10)])
}

const LIST: [&str; 3] = ["[", "+a", "]"];

#[tokio::test]
async fn a_version_that_is_gone_makes_a_new_list() {
    for gone in [
        Reply::lines(&[refused(410, "Expired")]),
        Reply::status(410, "Gone"),
        Reply::lines(&[refused(504, "Timeout: Too large resource version: 10, current: 2")]),
        Reply::lines(&[bookmark(4)]),
    ] {
        let mut scene = Scene::of(vec![listed(), gone, listed().then_hangs()]);
        assert_eq!(scene.next(6).await, [LIST, LIST].concat(), "{:?}", scene.double.paths());
        assert_eq!(scene.pods().error, None);
    }
}

#[tokio::test]
async fn a_server_that_always_says_gone_is_not_stormed() {
    let mut replies = vec![];
    for _ in 0..200 {
        replies.extend([listed(), Reply::status(410, "Gone")]);
    }
    let mut scene = Scene::of(replies);
    let mut count = 0;
    let _ = timeout(Duration::from_secs(1), async {
        loop {
            scene.next(3).await;
            count += 1;
        }
    })
    .await;
    assert!(
        (3..60).contains(&count),
        "{count} lists in a second, at 50 ms each at most"
    );
}

#[tokio::test]
async fn an_object_cut_in_the_middle_is_asked_for_again_and_told_once() {
    let whole = added(&pod("b", 11)).to_string();
    let start = lines_of(&[added(&pod("a", 3)), all_told(10)]) + &whole[..60];
    for cut in [Reply::text(&start), Reply::text(&start).then_breaks()] {
        let rest = Reply::lines(&[added(&pod("b", 11))]).then_hangs();
        let mut scene = Scene::of(vec![cut, rest]);
        assert_eq!(scene.next(4).await, ["[", "+a", "]", "+b"]);
        assert!(scene.double.paths()[1].ends_with("&resourceVersion=10"));
        scene.until(|pods| pods.error.is_none()).await;
    }
}

#[tokio::test]
async fn a_watch_that_hangs_is_begun_anew() {
    let mut scene = Scene::of(vec![
        listed().then_hangs(),
        Reply::lines(&[added(&pod("b", 11))]).then_hangs(),
    ]);
    assert_eq!(scene.next(4).await, ["[", "+a", "]", "+b"]);
}

#[tokio::test]
async fn while_the_server_is_away_what_is_known_stays_and_the_trouble_is_told() {
    let mut replies = vec![listed()];
    replies.extend((0..8).map(|_| Reply::away()));
    replies.push(Reply::lines(&[added(&pod("b", 11))]).then_hangs());
    let mut scene = Scene::of(replies);
    scene.next(3).await;
    let heard = scene.pods().heard;
    let pods = scene.until(|pods| pods.error.is_some()).await;
    let error = pods.error.unwrap();
    assert!(
        error.contains("cannot be reached") && error.contains("connection refused"),
        "{error}"
    );
    assert!(pods.listed && pods.objects == 1 && pods.heard == heard);
    assert_eq!(scene.next(1).await, ["+b"]);
    let pods = scene.until(|pods| pods.error.is_none()).await;
    assert!(pods.heard > heard);
}

#[tokio::test]
async fn what_may_not_be_read_is_told_with_its_remedy_and_asked_for_again() {
    let mut scene = Scene::of(vec![
        Reply::status(403, "Forbidden"),
        Reply::status(403, "Forbidden"),
        listed().then_hangs(),
    ]);
    let pods = scene.until(|pods| pods.forbidden).await;
    let error = pods.error.unwrap();
    for part in [
        "pods may not be read",
        "list and watch on pods",
        "kubectl auth can-i list pods",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!pods.listed);
    assert_eq!(scene.next(3).await, LIST);
    let pods = scene.until(|pods| pods.listed).await;
    assert_eq!((pods.forbidden, pods.error), (false, None));
}

#[tokio::test]
async fn who_showed_no_token_is_told_so_and_shows_it_soon() {
    let message = "pods is forbidden: User \"system:anonymous\" cannot watch resource \"pods\" at the cluster scope";
    let stranger = || Reply::refusal(403, "Forbidden", message);
    let mut scene = Scene::of(vec![stranger(), stranger(), listed().then_hangs()]);
    let pods = scene.until(|pods| pods.error.is_some()).await;
    let error = pods.error.unwrap();
    assert!(
        error.contains("no token was shown") && !error.contains("ClusterRole"),
        "{error}"
    );
    assert!(!pods.forbidden);
    assert_eq!(scene.next(3).await, LIST);
}

#[tokio::test]
async fn refusals_that_pass_are_waited_out() {
    for code in [401, 429, 500, 503] {
        let mut scene = Scene::of(vec![Reply::status(code, "Whatever"), listed().then_hangs()]);
        assert_eq!(scene.next(3).await, LIST);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_time_gets_it() {
    let busy = Reply::status(429, "TooManyRequests").with("retry-after", "1");
    let began = Instant::now();
    let mut scene = Scene::of(vec![busy, listed().then_hangs()]);
    scene.next(3).await;
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn an_object_that_cannot_be_read_stops_no_other_and_is_told() {
    let mut scene = Scene::of(vec![
        Reply::lines(&[
            added(&broken_pod("x", 2)),
            added(&pod("a", 3)),
            all_told(10),
            modified(&broken_pod("x", 11)),
            added(&pod("b", 12)),
        ])
        .then_hangs(),
        Reply::lines(&[modified(&pod("x", 13))]).then_hangs(),
    ]);
    assert_eq!(scene.next(4).await, ["[", "+a", "]", "+b"]);
    let pods = scene.until(|pods| pods.not_understood.is_some()).await;
    let told = pods.not_understood.unwrap();
    assert_eq!(
        (told.object.as_str(), told.field.as_str(), told.more),
        ("shop/x", "spec.hostNetwork", 0)
    );
    assert_eq!(pods.error, None);
    assert_eq!(scene.next(1).await, ["+x"]);
    scene.until(|pods| pods.not_understood.is_none()).await;
}

#[tokio::test]
async fn an_object_that_cannot_be_read_can_go() {
    let mut scene = Scene::of(vec![
        Reply::lines(&[added(&broken_pod("x", 2)), all_told(10), deleted(&broken_pod("x", 11))]).then_hangs(),
    ]);
    assert_eq!(scene.next(3).await, ["[", "]", "-x"]);
    assert_eq!(scene.until(|pods| pods.not_understood.is_none()).await.objects, 0);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_is_asked_for_again_and_then_found_in_a_list() {
    let nonsense = || Reply::text(&lines_of(&[modified(&pod("a", 11))]).replace("shop", "\"{"));
    let mut scene = Scene::of(vec![listed(), nonsense(), nonsense(), listed().then_hangs()]);
    assert_eq!(scene.next(6).await, [LIST, LIST].concat());
    let asked = scene.double.paths();
    assert!(asked[2].ends_with("&resourceVersion=10"), "{asked:?}");
    assert!(asked[3].contains("sendInitialEvents"), "{asked:?}");
}

fn lines_of(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
