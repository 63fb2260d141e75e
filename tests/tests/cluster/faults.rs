//! An API server that is there and does not do as it should.

use super::scene::{Scene, is_well, pod, watch};
use super::talk::{Talker, talk};
use anyhow::{Context as _, Result, ensure};
use netobs_api::v1;
use netobs_tests::apiserver::{Fault, On, Ordered, Size, StreamingLists, Verb};
use netobs_tests::node::Family;
use std::thread;
use std::time::{Duration, Instant};

fn source(flow: &v1::Flow) -> (&str, &str) {
    flow.source
        .as_ref()
        .map_or(("", ""), |source| (&source.namespace, &source.name))
}

/// Pods talk through it, all flows are told with their pods, and afterwards the agent knows of what changed in between.
fn comes_through(provoke: impl FnOnce(&Scene) -> Result<()>) -> Result<()> {
    let scene = Scene::start()?;
    let told = scene.subscribe()?;
    let talker = Talker::start(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432));
    provoke(&scene)?;
    let tier = |flow: &v1::Flow| {
        flow.source
            .as_ref()
            .and_then(|source| source.labels.get("tier").cloned())
    };
    scene.server.label("pods", "prod-a", "web", "tier", Some("second"))?;
    told.wait_for("a flow with the new label", |flow| {
        tier(flow).as_deref() == Some("second")
    })?;
    scene.wait_until("all is well again", |status| is_well(status, "pods"))?;
    let talks = talker.stop()?;
    told.check(&talks, |_, flow| {
        ensure!(source(flow) == ("prod-a", "web"), "{flow:#?}");
        Ok(())
    })?;
    scene.stop()
}

fn wait_until_met(ordered: &Ordered) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while ordered.met() == 0 {
        ensure!(Instant::now() < deadline, "nobody met the fault");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn a_token_that_was_exchanged_is_read_again() -> Result<()> {
    comes_through(|scene| {
        scene.server.rotate_token()?;
        scene.server.cut_connections();
        let deadline = Instant::now() + Duration::from_secs(30);
        let refused = || scene.server.requests().iter().any(|asked| asked.status == Some(401));
        while !refused() {
            ensure!(Instant::now() < deadline, "the old token was never shown");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    })
}

#[test]
fn versions_that_are_gone_are_listed_again() -> Result<()> {
    comes_through(|scene| {
        scene.server.advance(1_000);
        scene.server.compact();
        let expired = scene.server.fault(Fault::Expire, On::any().times(6));
        wait_until_met(&expired)
    })
}

#[test]
fn a_version_that_is_refused_as_gone_when_a_watch_begins_is_listed_again() -> Result<()> {
    comes_through(|scene| {
        let gone = scene.server.fault(Fault::Gone, On::kind("pods").times(1));
        scene.server.cut_connections();
        wait_until_met(&gone)
    })
}

#[test]
fn an_object_that_is_no_object_costs_nothing_but_itself() -> Result<()> {
    comes_through(|scene| {
        let malformed = scene.server.fault(Fault::Malformed, On::kind("pods").times(1));
        scene.server.apply(&pod("ops", "odd", "10.250.0.1"))?;
        wait_until_met(&malformed)?;
        scene.server.apply(&pod("ops", "sound", "10.250.0.2"))?;
        scene.wait_until("it knows of the other, and names the odd one", |status| {
            let pods = watch(status, "pods");
            pods.is_some_and(|pods| pods.objects >= 3 && pods.error.contains("ops/odd"))
        })?;
        // It is sent again, as it is.
        scene
            .server
            .label("pods", "ops", "odd", "tier", Some("second"))
            .map(drop)
    })
}

#[test]
fn a_stream_that_is_no_json_or_is_cut_is_begun_again() -> Result<()> {
    comes_through(|scene| {
        for fault in [Fault::Garbled, Fault::Cut] {
            let ordered = scene.server.fault(fault, On::kind("pods").times(1));
            scene.server.apply(&pod("ops", "odd", "10.250.0.1"))?;
            wait_until_met(&ordered)?;
            scene.server.delete("pods", "ops", "odd")?;
        }
        Ok(())
    })
}

#[test]
fn a_server_that_falls_silent_costs_no_flow() -> Result<()> {
    comes_through(|scene| {
        let frozen = scene.server.fault(Fault::Freeze, On::any());
        let hanging = scene.server.fault(Fault::Hang, On::any());
        wait_until_met(&frozen)?;
        thread::sleep(Duration::from_secs(5));
        frozen.lift();
        hanging.lift();
        scene.server.cut_connections();
        Ok(())
    })
}

#[test]
fn a_kind_that_may_not_be_read_is_done_without_and_told() -> Result<()> {
    let scene = Scene::start_with(StreamingLists::Served, |server| {
        server.fault(Fault::Forbidden, On::kind("services"));
    })?;
    scene.wait_until("it is ready without services", |status| {
        status.ready && watch(status, "services").is_some_and(|watch| watch.forbidden && !watch.listed)
    })?;
    let told = scene.subscribe()?;
    let one = talk(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432))?;
    told.check(&[one], |_, flow| {
        ensure!(source(flow) == ("prod-a", "web"), "{flow:#?}");
        Ok(())
    })?;
    let services = scene.status()?;
    let services = watch(&services, "services").context("it is told of")?;
    ensure!(services.error.contains("forbidden"), "{services:?}");
    scene.stop()
}

#[test]
fn an_agent_starts_while_the_server_hangs_and_tells_flows_without_names_until_it_does_not() -> Result<()> {
    let scene = Scene::start_with(StreamingLists::Served, |server| {
        server.fault(Fault::Hang, On::any());
    })?;
    let told = scene.subscribe()?;
    let to = scene.db.socket_address(Family::V4, 5432);
    let early = talk(&scene.web, &scene.db, to)?;
    told.check(&[early], |_, flow| {
        ensure!(source(flow) == ("", ""), "{flow:#?}");
        Ok(())
    })?;
    ensure!(!scene.status()?.ready, "it cannot be ready yet");
    scene.server.lift_faults();
    scene.server.cut_connections();
    scene.wait_until("it is ready", |status| status.ready)?;
    let late = talk(&scene.web, &scene.db, to)?;
    told.check(&[late], |_, flow| {
        ensure!(source(flow) == ("prod-a", "web"), "{flow:#?}");
        Ok(())
    })?;
    scene.stop()
}

#[test]
fn a_server_that_ends_its_streams_at_once_is_listed_in_parts() -> Result<()> {
    let scene = Scene::start_with(StreamingLists::Broken, |_| {})?;
    scene.wait_until("it is ready", |status| status.ready)?;
    let told = scene.subscribe()?;
    let one = talk(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432))?;
    told.check(&[one], |_, flow| {
        ensure!(source(flow) == ("prod-a", "web"), "{flow:#?}");
        Ok(())
    })?;
    scene.stop()
}

#[test]
fn an_older_server_is_listed_in_parts() -> Result<()> {
    let scene = Scene::start_with(StreamingLists::Refused, |server| {
        let size = Size::of_pods(3_000);
        server.fill(size).unwrap();
    })?;
    scene.wait_until("it knows all pods", |status| {
        status.ready && watch(status, "pods").is_some_and(|watch| watch.objects == 3_002)
    })?;
    let requests = scene.server.requests();
    let of_pods = requests.iter().filter(|asked| asked.kind == "pods");
    let parts = of_pods
        .filter(|asked| asked.verb == Verb::List && asked.status == Some(200))
        .count();
    ensure!(parts > 1, "the pods were listed in {parts} part");
    let refused = requests.iter().filter(|asked| asked.status == Some(422)).count();
    ensure!((1..=6).contains(&refused), "it asked for a stream {refused} times");
    scene.stop()
}
