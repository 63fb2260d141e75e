//! Metrics and health over HTTP.
use std::{collections::HashMap, time::Duration};

use netobs_core::{
    cause::Kind,
    engine::{ExplainedFlow, Judgement, Where},
    event::{Count, Place},
    flow::{FlowDrop, Phase},
    unwatched::Unwatched,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use super::{
    listener::{Listener, history},
    scene::{NETFILTER_DROP, Scene, at, dropped, flow},
};
use crate::serve::{Ability, CauseCount, ClusterSnapshot, tls::authority::Authority};

async fn scene() -> Scene {
    Scene::with(16, |settings, _| settings.http = Some("127.0.0.1:0".parse().unwrap())).await
}

async fn ask(scene: &Scene, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(scene.address("http://")).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn metrics(scene: &Scene) -> HashMap<String, f64> {
    let page = ask(scene, "GET", "/metrics").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("content-type: text/plain; version=0.0.4"), "{page}");
    let (_, body) = page.split_once("\r\n\r\n").unwrap();
    let samples = body.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.map(|line| line.rsplit_once(' ').unwrap());
    samples
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// With so many of its packets dropped since it began.
fn dropped_packets(number: u64, packets: u64, phase: Phase) -> ExplainedFlow {
    let mut explained = dropped(number);
    explained.phase = phase;
    explained.judgement = Judgement::Refused;
    explained.enriched.flow.drops = vec![FlowDrop {
        reason: NETFILTER_DROP,
        place: Place::Node { interface: None },
        arrived_by: None,
        of_reply: false,
        count: Count {
            packets,
            bytes: packets * 60,
        },
        first: at(number),
        last: at(number),
    }];
    explained
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_what_was_told_once() {
    let scene = scene().await;
    scene.tell([
        flow(1),
        dropped_packets(2, 3, Phase::Opened),
        dropped_packets(2, 5, Phase::Updated),
        dropped_packets(2, 5, Phase::Closed),
        dropped_packets(3, 4, Phase::Closed),
    ]);
    scene.feed.lost(Where::FlowTable, 11);
    let metrics = metrics(&scene).await;
    let expected = [
        ("netobs_flows_told_total{verdict=\"forwarded\"}", 1.0),
        ("netobs_flows_told_total{verdict=\"dropped\"}", 4.0),
        ("netobs_flows_ended_total{verdict=\"dropped\"}", 2.0),
        ("netobs_flows_judged_total{judgement=\"refused\"}", 4.0),
        ("netobs_dropped_packets_total{reason=\"NETFILTER_DROP\"}", 9.0),
        ("netobs_dropped_bytes_total{reason=\"NETFILTER_DROP\"}", 540.0),
        ("netobs_lost_total{place=\"flow_table\"}", 11.0),
        ("netobs_history_flows", 6.0),
        ("netobs_history_capacity_flows", 16.0),
    ];
    for (name, value) in expected {
        assert_eq!(metrics.get(name), Some(&value), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_tell_what_the_app_knows() {
    let scene = scene().await;
    {
        let mut snapshot = scene.snapshot.lock().unwrap();
        snapshot.abilities = vec![Ability {
            name: "tcx",
            there: false,
            remedy: String::new(),
        }];
        snapshot.causes = vec![CauseCount {
            kind: Kind::Label,
            state: "drifted",
            causes: 2,
        }];
    }
    let metrics = metrics(&scene).await;
    let expected = [
        ("netobs_ready", 1.0),
        ("netobs_answering", 1.0),
        ("process_start_time_seconds", 100.0),
        ("netobs_interfaces", 3.0),
        ("netobs_ability{ability=\"tcx\"}", 0.0),
        ("netobs_kernel_lost_packets_total{place=\"tap\"}", 4.0),
        ("netobs_kernel_skipped_packets_total{what=\"arp\"}", 5.0),
        ("netobs_foreign_connections_total", 7.0),
        ("netobs_causes{kind=\"label\",state=\"drifted\"}", 2.0),
    ];
    for (name, value) in expected {
        assert_eq!(metrics.get(name), Some(&value), "{name}");
    }
    for name in ["process_resident_memory_bytes", "process_open_fds"] {
        assert!(metrics[name] > 0.0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_is_counted() {
    let scene = scene().await;
    scene.tell([flow(1), flow(2)]);
    let mut listener = Listener::of(&scene, history()).await;
    listener.hear_some(3).await;
    let metrics = metrics(&scene).await;
    assert_eq!(metrics["netobs_messages_sent_total"], 2.0);
    assert!(metrics["netobs_sent_bytes_total"] > 100.0);
    assert_eq!(metrics["netobs_subscriptions_total"], 1.0);
    assert_eq!(metrics["netobs_subscribers"], 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_app_there_is_still_what_the_room_knows() {
    let mut scene = scene().await;
    scene.tell([flow(1)]);
    scene.kill_app();
    let metrics = metrics(&scene).await;
    assert_eq!(metrics["netobs_answering"], 0.0);
    assert_eq!(metrics["netobs_flows_told_total{verdict=\"forwarded\"}"], 1.0);
    assert!(!metrics.contains_key("netobs_ready"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_is_described_and_documented() {
    let scene = Scene::with(16, |settings, folder| {
        settings.http = Some("127.0.0.1:0".parse().unwrap());
        settings.tls = Some(Authority::new().issue().write(folder));
    })
    .await;
    scene.snapshot.lock().unwrap().cluster = Some(ClusterSnapshot {
        server: String::new(),
        watches: Vec::new(),
    });
    scene.snapshot.lock().unwrap().unwatched = Some(Unwatched {
        since: Some(at(50)),
        until: at(60),
        at_most: true,
    });
    scene.tell([dropped_packets(1, 1, Phase::Opened)]);
    let page = ask(&scene, "GET", "/metrics").await;
    let documented = include_str!("../../../../docs/metrics.md");
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let types: Vec<&str> = types.collect();
    let in_tables = documented
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains("_"));
    assert_eq!(types.len(), in_tables.count(), "as many are documented as there are");
    for line in types {
        let (name, kind) = line.split_once(' ').unwrap();
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        assert!(page.contains(&format!("# HELP {name} ")), "{name} has no help");
        assert!(
            documented.contains(&format!("`{name}`")),
            "{name} is not in docs/metrics.md"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_gives_its_reasons() {
    let mut scene = scene().await;
    assert!(ask(&scene, "GET", "/readyz").await.starts_with("HTTP/1.1 200"));
    scene.snapshot.lock().unwrap().not_ready = vec!["pods are not listed".to_owned()];
    let answer = ask(&scene, "GET", "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.ends_with("not ready: pods are not listed\n"), "{answer}");
    assert!(ask(&scene, "GET", "/healthz").await.starts_with("HTTP/1.1 200"));
    scene.kill_app();
    assert!(ask(&scene, "GET", "/healthz").await.starts_with("HTTP/1.1 503"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_there_can_be_read_and_nothing_be_written() {
    let scene = scene().await;
    assert!(ask(&scene, "GET", "/").await.starts_with("HTTP/1.1 404"));
    let refused = ask(&scene, "POST", "/metrics").await;
    assert!(refused.starts_with("HTTP/1.1 405"), "{refused}");
    assert!(refused.contains("allow: GET, HEAD"), "{refused}");
    let head = ask(&scene, "HEAD", "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_ask_at_once_the_next_is_answered() {
    const ASKING: usize = 64;
    let scene = scene().await;
    let mut asking = Vec::new();
    let slow = scene.app_is_busy().await;
    for _ in 0..ASKING {
        let mut stream = TcpStream::connect(scene.address("http://")).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
            .await
            .unwrap();
        asking.push(stream);
    }
    sleep(Duration::from_millis(200)).await;
    let answer = ask(&scene, "GET", "/nothing").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer:?}");
    drop(slow);
}
