//! An API server that is away.

use super::scene::{Scene, is_well, on_each, watch};
use super::subscriber::Subscriber;
use super::talk::Talker;
use anyhow::{Result, ensure};
use netobs_api::v1;
use netobs_tests::apiserver::Cluster;
use netobs_tests::node::Family;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than a few attempts to come back.
const AWAY: Duration = Duration::from_secs(20);
const SETTLED: Duration = Duration::from_secs(1);
const KINDS: [&str; 3] = ["pods", "namespaces", "networkpolicies"];

/// Its namespace, its name, and its namespace's label.
fn end(endpoint: Option<&v1::Endpoint>) -> (&str, &str, &str) {
    endpoint.map_or(("", "", ""), |endpoint| {
        let env = endpoint.namespace_labels.get("env").map_or("", String::as_str);
        (&endpoint.namespace, &endpoint.name, env)
    })
}

fn tier(flow: &v1::Flow) -> &str {
    let labels = flow.source.as_ref().map(|source| &source.labels);
    labels.and_then(|labels| labels.get("tier")).map_or("", String::as_str)
}

/// Of `db`, which was exchanged unseen, it may say for a while that it does not know.
fn is_of_web_and_db(flow: &v1::Flow, may_doubt: bool) -> Result<()> {
    let (source, destination) = (end(flow.source.as_ref()), end(flow.destination.as_ref()));
    let doubt = flow.destination.as_ref().is_some_and(|end| !end.doubt.is_empty());
    let is_doubted = may_doubt && doubt && destination == ("", "", "");
    ensure!(source == ("prod-a", "web", "prod-a"), "{flow:#?}");
    ensure!(is_doubted || destination == ("prod-b", "db", "prod-b"), "{flow:#?}");
    ensure!(
        flow.verdict() == v1::Verdict::Forwarded || flow.phase() == v1::Phase::Opened,
        "{flow:#?}"
    );
    Ok(())
}

fn wait_for_tier(told: &Subscriber, wanted: &str) -> Result<()> {
    told.wait_for(&format!("a flow of tier {wanted}"), |flow| tier(flow) == wanted)
}

#[test]
fn an_api_server_may_die_under_traffic_and_come_back_with_another_version() -> Result<()> {
    let mut scene = Scene::start()?;
    let started = scene.status()?.started_unix_nanos;
    let told = scene.subscribe()?;
    let talker = Talker::start(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432));
    wait_for_tier(&told, "first")?;

    scene.server.stop();
    scene.server.label("pods", "prod-a", "web", "tier", Some("second"))?;
    scene.server.delete("pods", "prod-b", "db")?;
    scene.server.apply(&super::scene::pod(
        "prod-b",
        "db",
        &scene.db.address(Family::V4).to_string(),
    ))?;
    scene.server.advance(100_000);
    scene.server.compact();
    scene.wait_until("it says that the server is away", |status| {
        KINDS
            .iter()
            .all(|kind| watch(status, kind).is_some_and(|watch| watch.listed && !watch.error.is_empty()))
    })?;
    thread::sleep(AWAY);
    let heard = |status: &v1::GetStatusResponse| watch(status, "pods").and_then(|watch| watch.heard_unix_nanos);
    let away = scene.status()?;
    let age = heard(&away).map(|heard| away.now_unix_nanos - heard);
    ensure!(
        age >= i64::try_from(AWAY.as_nanos()).ok(),
        "what is known is older than {age:?} ns: {away:#?}"
    );

    scene.server.start_again()?;
    scene.wait_until("all is well again", |status| {
        KINDS.iter().all(|kind| is_well(status, kind))
    })?;
    wait_for_tier(&told, "second")?;
    thread::sleep(SETTLED);
    let settled = Instant::now();
    thread::sleep(SETTLED);
    let talks = talker.stop()?;
    told.check(&talks, |talk, flow| is_of_web_and_db(flow, talk.began < settled))?;
    ensure!(scene.status()?.started_unix_nanos == started, "it was started anew");
    scene.stop()
}

#[test]
fn an_api_server_may_be_killed_and_started_again() -> Result<()> {
    on_each(is_missed_and_found_again, is_missed_and_found_again)
}

fn is_missed_and_found_again<S: Cluster>(mut scene: Scene<S>) -> Result<()> {
    let told = scene.subscribe()?;
    let talker = Talker::start(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432));
    wait_for_tier(&told, "first")?;
    scene.server.stop()?;
    scene.wait_until("it says that the server is away", |status| {
        watch(status, "pods").is_some_and(|pods| pods.listed && !pods.error.is_empty())
    })?;
    scene.server.start_again()?;
    scene.server.label("pods", "prod-a", "web", "tier", Some("second"))?;
    wait_for_tier(&told, "second")?;
    told.check(&talker.stop()?, |_, flow| is_of_web_and_db(flow, false))?;
    scene.stop()
}
