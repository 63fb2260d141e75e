//! Causes as Kubernetes Events, where whoever looks at the cluster finds them.

use super::scene::{PATIENCE, Scene, on_each};
use anyhow::{Result, ensure};
use netobs_tests::apiserver::Cluster;
use netobs_tests::node::Family;
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::tcp;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

const PORT: u16 = 5432;

#[test]
fn a_missing_label_becomes_an_event_on_its_namespace_and_so_does_its_mending() -> Result<()> {
    on_each(becomes_an_event, becomes_an_event)
}

fn becomes_an_event<S: Cluster>(scene: Scene<S>) -> Result<()> {
    scene.server.apply(&json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": "prod-b", "name": "allow-gold"},
        "spec": {
            "podSelector": {},
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"tier": "gold"}}}]}],
        },
    }))?;
    scene
        .node
        .refuse(Refusal::Drop, Hook::Forward, &format!("tcp dport {PORT}"))?;
    let to = scene.db.socket_address(Family::V4, PORT);
    let attempt = || tcp::attempt(&scene.web, to, Duration::from_millis(200)).map(drop);
    let missing = wait_for(&scene, "MissingLabel", attempt)?;
    assert_eq!(missing["type"], "Warning");
    assert_eq!(missing["involvedObject"]["kind"], "Namespace");
    assert_eq!(missing["involvedObject"]["name"], "prod-a");
    let namespaces = scene.server.list("namespaces")?;
    let namespace = namespaces.iter().find(|one| one["metadata"]["name"] == "prod-a");
    assert_eq!(
        Some(&missing["involvedObject"]["uid"]),
        namespace.map(|namespace| &namespace["metadata"]["uid"])
    );
    let message = missing["message"].as_str().unwrap_or_default();
    for said in ["tier", "allow-gold", "kubectl label namespace prod-a tier=gold"] {
        assert!(message.contains(said), "{said} is not in {message:?}");
    }
    scene.server.label("namespaces", "", "prod-a", "tier", Some("gold"))?;
    let mended = wait_for(&scene, "LabelMended", || Ok(()))?;
    assert_eq!(mended["type"], "Normal");
    scene.stop()
}

fn wait_for(scene: &Scene<impl Cluster>, reason: &str, meanwhile: impl Fn() -> Result<()>) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        meanwhile()?;
        let events = scene.server.list("events")?;
        if let Some(event) = events.iter().find(|event| event["reason"] == reason) {
            return Ok(event.clone());
        }
        ensure!(Instant::now() < deadline, "no {reason} among {events:#?}");
        thread::sleep(Duration::from_millis(100));
    }
}
