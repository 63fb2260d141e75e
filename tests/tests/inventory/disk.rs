//! A disk that is full stops the writing, never the agent.

use super::scene::{PATIENCE, Scene, WRITTEN, agent, started, stopped};
use anyhow::{Result, ensure};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

/// Mounts a small disk where only the agent and those who look through it see it.
const ON_SMALL_DISK: &str = r#"mkdir -p "$STATE" && mount -t tmpfs -o size=4m none "$STATE" && exec "$0" "$@""#;

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
