//! Every connection is counted once, and on the edge where it belongs.
use expect_test::expect;

use super::*;

const WEB: &str = "10.244.0.10";
const DB: &str = "10.244.0.11";
const DB_1: &str = "10.244.0.12";
const CACHE: &str = "10.244.0.13";
const CLUSTER_IP: &str = "10.96.0.7";

#[test]
fn a_connection_that_is_told_again_is_counted_once() {
    let mut scene = Scene::default();
    scene
        .tell(flow(1, WEB, DB, 5432, 3))
        .tell(flow(1, WEB, DB, 5432, 10))
        .tell_last(flow(1, WEB, DB, 5432, 12))
        .tell_last(flow(2, WEB, DB_1, 5432, 1));
    expect![[r"
        shop/web to shop/db:5432/Tcp: 2 connections, 13 sent, 13 replied, 0 dropped
    "]]
    .assert_eq(&scene.read());
    let edge = scene.inventory.edges().next().unwrap();
    assert_eq!((edge.first, edge.last), (at(1_000), at(1_012)));
    let pods: Vec<_> = edge
        .examples
        .iter()
        .map(|one| one.destination.name.as_deref().unwrap())
        .collect();
    assert_eq!(pods, ["db-0", "db-1"]);
}

#[test]
fn a_verdict_that_changes_moves_the_connection_and_not_the_count() {
    let mut scene = Scene::default();
    let asked = flow(1, WEB, DB, 5432, 3);
    let silent = Flow {
        verdict: Verdict::Unanswered,
        ..asked.clone()
    };
    scene.tell(silent).tell(dropped(asked, 2));
    let edge = scene.inventory.edges().next().unwrap();
    let expected = Verdicts {
        dropped: 1,
        ..Verdicts::default()
    };
    assert_eq!(
        (edge.verdicts, edge.connections, edge.dropped.packets),
        (expected, 1, 2)
    );
}

#[test]
fn a_flow_moves_to_its_pods_edge_once_the_pod_is_heard_of() {
    let mut scene = Scene::default();
    scene.tell(flow(1, "10.244.0.50", DB, 5432, 3));
    let before = scene.read();
    scene
        .hear(&applied(pod("shop/late-0", "10.244.0.50", "app=late")))
        .tell(flow(1, "10.244.0.50", DB, 5432, 5));
    expect![[r"
        unknown to shop/db:5432/Tcp: 1 connections, 3 sent, 3 replied, 0 dropped
        shop/late to shop/db:5432/Tcp: 1 connections, 5 sent, 5 replied, 0 dropped
    "]]
    .assert_eq(&format!("{before}{}", scene.read()));
}

#[test]
fn a_flow_stays_with_its_pod_after_the_pod_is_forgotten() {
    let mut scene = Scene::default();
    scene.tell(flow(1, WEB, DB, 5432, 3));
    scene.directory = Directory::new(Duration::from_secs(300));
    scene
        .hear(&Change::RelistEnds(Kind::Pod))
        .tell_last(flow(1, WEB, DB, 5432, 4));
    expect![[r"
        shop/web to shop/db:5432/Tcp: 1 connections, 4 sent, 4 replied, 0 dropped
    "]]
    .assert_eq(&scene.read());
}

#[test]
fn a_flow_whose_beginner_was_mistaken_is_turned_round() {
    let mut scene = Scene::default();
    let mut turned = flow(1, WEB, DB, 5432, 6);
    turned.tuple = Tuple {
        destination_port: 40_000,
        source_port: 5432,
        ..tuple(ip(DB), ip(WEB), 0)
    };
    scene.tell(turned).tell(flow(1, WEB, DB, 5432, 7));
    expect![[r"
        shop/web to shop/db:5432/Tcp: 1 connections, 7 sent, 7 replied, 0 dropped
    "]]
    .assert_eq(&scene.read());
}

#[test]
fn what_is_asked_of_a_service_belongs_to_the_one_workload_behind_it() {
    let mut scene = Scene::default();
    scene
        .serve(service("shop/sql", CLUSTER_IP, 3306), 5432, &["db-0", "db-1"])
        .tell(flow(1, WEB, CLUSTER_IP, 3306, 3));
    expect![[r"
        shop/web to shop/db:5432/Tcp through sql: 1 connections, 3 sent, 3 replied, 0 dropped
    "]]
    .assert_eq(&scene.read());
}

#[test]
fn a_connection_seen_with_the_services_and_with_the_pods_address_is_one() {
    let mut scene = Scene::default();
    scene
        .serve(service("shop/any", CLUSTER_IP, 80), 8080, &["db-0", "cache-0"])
        .tell(flow(1, WEB, CLUSTER_IP, 80, 3));
    let before = scene.read();
    scene
        .tell_twin(flow(2, WEB, CACHE, 8080, 3), Some(1), Phase::Opened)
        .tell_twin(flow(1, WEB, CLUSTER_IP, 80, 9), Some(2), Phase::Updated)
        .tell_twin(flow(2, WEB, CACHE, 8080, 8), Some(1), Phase::Closed)
        .tell_twin(flow(1, WEB, CLUSTER_IP, 80, 9), Some(2), Phase::Closed);
    expect![[r"
        shop/web to service shop/any:80/Tcp through any: 1 connections, 3 sent, 3 replied, 0 dropped
        shop/web to shop/cache:8080/Tcp through any: 1 connections, 8 sent, 8 replied, 0 dropped
    "]]
    .assert_eq(&format!("{before}{}", scene.read()));
    assert!(scene.inventory.by_flow.is_empty());
}

#[test]
fn what_was_dropped_on_the_way_to_a_service_is_told_of_the_pod_behind_it() {
    let mut scene = Scene::default();
    scene
        .serve(service("shop/any", CLUSTER_IP, 80), 8080, &["db-0", "cache-0"])
        .tell(dropped(flow(1, WEB, CLUSTER_IP, 80, 3), 2))
        .tell_twin(flow(2, WEB, CACHE, 8080, 1), Some(1), Phase::Opened)
        .tell_twin(dropped(flow(1, WEB, CLUSTER_IP, 80, 9), 5), Some(2), Phase::Updated);
    expect![[r"
        shop/web to shop/cache:8080/Tcp through any: 1 connections, 1 sent, 1 replied, 5 dropped
    "]]
    .assert_eq(&scene.read());
}

#[test]
fn addresses_outside_are_told_by_blocks_where_there_are_too_many() {
    let mut scene = Scene::default();
    let count = u64::try_from(blocks::MOST).unwrap() + 8;
    for host in 1..=count {
        scene.tell(flow(host, WEB, &format!("203.0.113.{host}"), 443, 2));
    }
    scene
        .tell(flow(100, WEB, "198.51.100.1", 443, 1))
        .tell(flow(101, WEB, "198.51.100.1", 80, 1))
        .tell(flow(102, WEB, "2001:db8::1", 443, 1))
        .tell(flow(1, WEB, "203.0.113.1", 443, 5));
    expect![[r"
        shop/web to 198.51.100.0/24:443/Tcp: 1 connections, 1 sent, 1 replied, 0 dropped
        shop/web to 198.51.100.1/32:80/Tcp: 1 connections, 1 sent, 1 replied, 0 dropped
        shop/web to 203.0.113.0/24:443/Tcp: 40 connections, 83 sent, 83 replied, 0 dropped
        shop/web to 2001:db8::1/128:443/Tcp: 1 connections, 1 sent, 1 replied, 0 dropped
    "]]
    .assert_eq(&scene.read());
    assert_eq!(scene.inventory.forgotten().into_blocks, 32);
}

#[test]
fn a_portrait_shows_the_latest_pod_of_a_workload_and_some_of_the_others() {
    let mut scene = Scene::default();
    for index in 0..20 {
        let address = format!("10.244.1.{index}");
        scene
            .hear(&applied(pod(
                &format!("shop/api-{index}"),
                &address,
                &format!("app=api,v={index}"),
            )))
            .tell(flow(index, &address, DB, 5432, 1));
    }
    let portrait = scene
        .inventory
        .portraits()
        .find(|one| one.key.workload.name == "api")
        .unwrap();
    let facts = portrait.facts();
    assert_eq!(
        (facts.name.as_str(), facts.labels.to_string().as_str()),
        ("api-19", "app=api,v=19")
    );
    assert_eq!(facts.namespace_labels.unwrap().get("env").unwrap(), &"prod");
    assert_eq!(portrait.pods.len(), MOST_PODS);
    scene.tell(flow(19, "10.244.1.19", DB, 5432, 2));
    assert_eq!(scene.inventory.portraits().len(), 2, "db and api");
}

#[test]
fn what_is_dropped_among_those_outside_takes_no_room_and_is_counted_once() {
    let mut scene = Scene::default();
    scene
        .tell(dropped(flow(1, "172.17.0.2", "203.0.113.1", 443, 1), 1))
        .tell_last(dropped(flow(1, "172.17.0.2", "203.0.113.1", 443, 3), 3))
        .tell_last(dropped(flow(2, "192.168.0.1", "203.0.113.1", 443, 1), 1))
        .tell_last(dropped(flow(3, "203.0.113.1", DB, 5432, 1), 1));
    expect![[r"
        node node-1 to 203.0.113.1/32:443/Tcp: 1 connections, 1 sent, 0 replied, 1 dropped
        203.0.113.1/32 to shop/db:5432/Tcp: 1 connections, 1 sent, 0 replied, 1 dropped
    "]]
    .assert_eq(&scene.read());
    assert_eq!(scene.inventory.foreign(), 1);
}

#[test]
fn what_turns_out_to_be_among_those_outside_is_taken_back() {
    let mut scene = Scene::default();
    let unsure = scene.directory;
    scene.directory = Directory::new(Duration::from_secs(300));
    scene.tell(dropped(flow(1, "172.17.0.2", "203.0.113.1", 443, 1), 1));
    assert_eq!(scene.inventory.edges().len(), 1, "who is who is not known yet");
    scene.directory = unsure;
    scene.tell(dropped(flow(1, "172.17.0.2", "203.0.113.1", 443, 2), 2));
    assert_eq!(scene.inventory.edges().len(), 0);
    assert!(scene.inventory.by_flow.is_empty());
}
