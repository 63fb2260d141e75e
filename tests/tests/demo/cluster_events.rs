//! A cause is written where people look: at the object that lacks the label.

use super::play::{Play, dropped};
use anyhow::{Result, ensure};
use netobs_tests::demo::Scenario;
use serde_json::Value;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn the_namespace_that_lacks_the_label_has_an_event_that_says_so() -> Result<()> {
    let mut play = Play::of(Scenario::MissingLabel)?;
    play.calls_for(Duration::from_millis(800));
    play.cause(|cause| dropped(cause) > 0)?;
    let event = only_event(&play)?;
    assert_eq!(event["involvedObject"]["kind"], "Namespace", "{event:#}");
    assert_eq!(event["involvedObject"]["name"], "ops-utils", "{event:#}");
    assert_eq!(
        (&event["type"], &event["reason"]),
        (&"Warning".into(), &"MissingLabel".into()),
        "{event:#}"
    );
    let message = event["message"].as_str().unwrap_or_default();
    for part in [
        "namespace ops-utils has no label env",
        "NetworkPolicy prod-a/allow-prod",
        "kubectl label namespace ops-utils env=prod",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    Ok(())
}

/// The one event there is, once there is one.
fn only_event(play: &Play) -> Result<Value> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut events = play.stage.server().list("events");
        ensure!(events.len() < 2, "more than one event: {events:#?}");
        if let Some(event) = events.pop() {
            return Ok(event);
        }
        ensure!(Instant::now() < deadline, "no event within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
