//! A disk that is full stops the writing, never the agent.

use super::scene::{PATIENCE, Scene, WRITTEN, agent, started, stopped};
use anyhow::{Result, ensure};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// Mounts a small disk where only the agent and those who look through it see it.
const ON_SMALL_DISK: &str = r#"mkdir -p "$STATE" && mount -t tmpfs -o size=4m none "$STATE" && exec "$0" "$@""#;

/// Nothing can be written, not even over what is there: so it is on full disks that never write in place.
const WITHOUT_ROOM: &str = r#"trap "" XFSZ; ulimit -S -f 0; exec "$0" "$@""#;

#[test]
fn a_full_disk_is_said_and_written_to_again_once_there_is_room() -> Result<()> {
    let scene = Scene::new()?;
    let state = scene.state();
    let mut command = scene.node.command("unshare")?;
    command
        .args(["--mount", "--propagation", "private", "sh", "-c", ON_SMALL_DISK])
        .arg(agent()?)
        .args(scene.arguments(&state))
        .env("STATE", &state);
    let agent = started(&mut command)?;
    let disk = PathBuf::from(format!("/proc/{}/root{}", agent.pid(), state.display()));
    let filler = disk.join("filler");
    fill(&filler)?;
    scene.scatter(40_000..42_000)?;
    agent.wait_for_error(PATIENCE, "the inventory cannot be written")?;

    scene.connect(8_000)?;
    let listing = scene.await_ports(&[8_000, 41_999])?;
    assert_eq!(listing.connections(8_000), 1);

    fs::remove_file(&filler)?;
    // Changes are what makes it try again.
    agent.wait_for_error(PATIENCE, "the inventory is written again")?;
    thread::sleep(WRITTEN * 2);
    let copy = scene.state().with_extension("copy");
    fs::create_dir(&copy)?;
    fs::copy(disk.join("inventory.redb"), copy.join("inventory.redb"))?;
    let ended = stopped(agent)?;
    assert_eq!(ended.stderr.matches("cannot be written").count(), 1, "{}", ended.stderr);

    let agent = scene.start(&copy)?;
    let listing = scene.listing()?;
    assert_eq!((listing.connections(8_000), listing.connections(41_999)), (1, 1));
    stopped(agent).map(drop)
}

#[test]
fn one_that_starts_on_a_full_disk_goes_on_with_what_was_there_once_there_is_room() -> Result<()> {
    let scene = Scene::new()?;
    let state = scene.state();
    let before = scene.start(&state)?;
    scene.connect(8_000)?;
    scene.await_ports(&[8_000])?;
    stopped(before)?;

    let mut command = scene.node.command("sh")?;
    let script = ["-c", WITHOUT_ROOM];
    command.args(script).arg(agent()?).args(scene.arguments(&state));
    let agent = started(&mut command)?;
    agent.wait_for_error(PATIENCE, "the inventory cannot be written")?;
    scene.connect(8_000)?;
    scene.connect(8_001)?;
    let listing = scene.await_ports(&[8_000, 8_001])?;
    assert_eq!(listing.connections(8_000), 1);

    give_room(agent.pid())?;
    agent.wait_for_error(PATIENCE, "what an earlier run left can be read now")?;
    thread::sleep(WRITTEN * 2);
    assert_eq!(scene.listing()?.connections(8_000), 2);
    agent.kill()?;

    let after = scene.start(&state)?;
    let listing = scene.listing()?;
    assert_eq!((listing.connections(8_000), listing.connections(8_001)), (2, 1));
    stopped(after).map(drop)
}

fn give_room(pid: u32) -> Result<()> {
    let pid = pid.to_string();
    let given = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited"])
        .status()?;
    ensure!(given.success(), "prlimit: {given}");
    Ok(())
}

/// Until nothing more fits.
fn fill(filler: &Path) -> Result<()> {
    let mut file = File::create(filler)?;
    loop {
        match file.write_all(&[1; 4096]) {
            Ok(()) => {}
            Err(error) => {
                ensure!(error.kind() == ErrorKind::StorageFull, "{error}");
                return Ok(());
            }
        }
    }
}
