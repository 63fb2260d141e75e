//! The story again, with agent and command confined to the seccomp profile of their image.

use super::play::{Play, dropped, suggestion};
use anyhow::{Result, ensure};
use netobs_tests::demo::{Programs, Role, Scenario};
use netobs_tests::process::Seccomp;
use std::time::Duration;

/// What `netobs` prints.
fn netobs(play: &Play, arguments: &[&str]) -> Result<String> {
    let output = play.stage.netobs(arguments).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    // 1 says that something is wrong in the cluster, which is the story.
    ensure!(
        matches!(output.status.code(), Some(0 | 1)),
        "{arguments:?}: {} {error}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn under_its_profile_the_agent_finds_the_label_and_the_command_tells_it() -> Result<()> {
    let programs = Programs {
        seccomp: Some(Seccomp::of_the_agent()?),
        ..Programs::find()?
    };
    let mut play = Play::with(Scenario::MissingLabel, programs)?;
    play.calls_for(Duration::from_millis(1500));
    let cause = play.cause(|cause| dropped(cause) > 0)?;
    let (backup, api) = (
        format!("ops-utils/{}", Role::Backup.pod()),
        format!("prod-a/{}", Role::Api.pod()),
    );
    for (arguments, says) in [
        (&["causes"][..], "namespace ops-utils has no label env"),
        (&["flows", "-n", "ops-utils"], "backup"),
        (&["status"], "yes"),
        (&["inventory"], "prod-a"),
        (
            &["explain", "--from", &backup, "--to", &api, "--port", "8080/tcp"],
            "env=prod",
        ),
    ] {
        let told = netobs(&play, arguments)?;
        ensure!(told.contains(says), "{arguments:?}: {told}");
    }
    play.is_mended_by(&suggestion(&cause)?, (Role::Backup, Role::Api))?;
    play.stage.strike()
}
