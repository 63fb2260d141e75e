//! What was on disk when the agent ended is there when it begins, however it ended.

use super::scene::{Scene, WRITTEN, stopped};
use anyhow::{Context as _, Result};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const KILLS: u16 = 4;
/// What a kill takes with it at most, of the time that was watched too.
const LOST: Duration = Duration::from_secs(5);

#[test]
fn killed_again_and_again_under_load_it_goes_on_with_what_it_had() -> Result<()> {
    let scene = Scene::new()?;
    let began = Instant::now();
    for kill in 0..KILLS {
        let agent = scene.start(&scene.state())?;
        scene.connect(8_000 + kill)?;
        scene.connect(9_000)?;
        let old: Vec<_> = (8_000..=8_000 + kill).chain([9_000]).collect();
        scene.await_ports(&old)?;
        thread::sleep(WRITTEN);
        // Killed while there is news, in the middle of writing as likely as not.
        scene.scatter(20_000 + 100 * kill..20_050 + 100 * kill)?;
        thread::sleep(Duration::from_millis(u64::from(kill) * 1_300));
        let ended = agent.kill()?;
        assert!(!ended.stderr.contains("cannot be used"), "{}", ended.stderr);
    }
    let agent = scene.start(&scene.state())?;
    let listing = scene.listing()?;
    for kill in 0..KILLS {
        assert_eq!(listing.connections(8_000 + kill), 1, "port {}", 8_000 + kill);
    }
    assert_eq!(listing.connections(9_000), u64::from(KILLS));
    let nanos = |nanos| Duration::from_nanos(u64::try_from(nanos).unwrap_or_default());
    let watched = nanos(listing.about.watched_nanos);
    let first = nanos(listing.at(8_000).next().context("port 8000")?.watched_nanos);
    let least = (WRITTEN - LOST) * u32::from(KILLS);
    assert!(
        least <= first && first <= watched && watched <= began.elapsed(),
        "{first:?} of {watched:?}"
    );
    stopped(agent).map(drop)
}

#[test]
fn stopped_well_it_loses_nothing() -> Result<()> {
    let scene = Scene::new()?;
    let agent = scene.start(&scene.state())?;
    scene.connect(8_000)?;
    // Of drops the kernel tells those of the whole machine: other tests have other ports.
    scene.scatter(30_000..30_100)?;
    scene.await_ports(&[8_000, 30_099])?;
    stopped(agent)?;
    let agent = scene.start(&scene.state())?;
    let listing = scene.listing()?;
    let ports = (30_000..30_100).filter(|port| listing.connections(*port) == 1).count();
    assert_eq!((ports, listing.connections(8_000)), (100, 1));
    stopped(agent).map(drop)
}

#[test]
fn a_damaged_file_is_set_aside_and_said_with_the_remedy() -> Result<()> {
    let scene = Scene::new()?;
    let agent = scene.start(&scene.state())?;
    scene.connect(8_000)?;
    scene.await_ports(&[8_000])?;
    stopped(agent)?;
    let file = scene.state().join("inventory.redb");
    let whole = fs::read(&file)?;
    fs::write(&file, &whole[..whole.len() / 3])?;
    let agent = scene.start(&scene.state())?;
    scene.connect(8_001)?;
    assert_eq!(scene.await_ports(&[8_001])?.connections(8_000), 0);
    let ended = stopped(agent)?;
    for word in [
        "WARN",
        "cannot be used: it is now",
        "inventory.redb.damaged-",
        "look after the disk",
    ] {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
    let names = fs::read_dir(scene.state())?.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    let mut names = names.collect::<Result<Vec<_>>>()?;
    names.retain(|name| name.starts_with("inventory.redb"));
    assert_eq!(names.len(), 2, "{names:?}");
    Ok(())
}
