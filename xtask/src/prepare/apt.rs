//! Installs Debian packages; where that is not allowed, says what to type.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::run;

/// Waits between attempts: mirrors hiccup, and another apt may hold the lock.
const PAUSES_SECONDS: [u64; 3] = [5, 15, 30];

pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if let Some(reason) = refusal() {
        bail!(
            "missing: {}; {reason}. Run:\n  {}",
            packages.join(" "),
            by_hand(packages)
        );
    }
    update();
    if let Some(unknown) = packages.iter().find(|package| !offers(package)) {
        bail!("no package {unknown} in the sources apt has; Debian bookworm with its security suite has it");
    }
    eprintln!("prepare: installing {}", packages.join(" "));
    let mut command = apt_get("install");
    command.args(["--yes", "--no-install-recommends"]).args(packages);
    retry(&mut command).with_context(|| format!("could not install {}", packages.join(" ")))
}

/// The package lists of a fresh machine are absent or old; brings them up to date once.
pub(crate) fn update() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    eprintln!("prepare: bringing the package lists up to date");
    if let Err(error) = retry(&mut apt_get("update")) {
        // One broken source does not make the others useless.
        eprintln!("prepare: {error}; going on with the package lists there are");
    }
}

/// Puts a package's archive into a folder, installing nothing; takes no rights.
pub(crate) fn download(package: &str, folder: &Path) -> Result<()> {
    let mut command = apt_get("download");
    command
        .args(["-o", "APT::Sandbox::User=root", package])
        .current_dir(folder);
    if run::run(&mut command).is_ok() {
        return Ok(());
    }
    // The lists may name a version the mirror no longer has.
    update();
    retry(&mut command)
}

/// Why nothing can be installed here, if so.
pub(crate) fn refusal() -> Option<&'static str> {
    if run::find("apt-get").is_none() {
        return Some("this is not a Debian system, so install what provides them with its own package manager");
    }
    (!is_root()).then_some("installing packages takes root")
}

pub(crate) fn by_hand(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install --no-install-recommends {}",
        packages.join(" ")
    )
}

pub(crate) fn is_root() -> bool {
    run::read(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}

fn offers(package: &str) -> bool {
    run::read(Command::new("apt-cache").args(["show", "--no-all-versions", package])).is_ok()
}

fn apt_get(verb: &str) -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .arg("--quiet=2");
    command.args([
        "-o",
        "DPkg::Lock::Timeout=300",
        "-o",
        "Acquire::Retries=3",
        "-o",
        "Dpkg::Use-Pty=0",
        verb,
    ]);
    command
}

fn retry(command: &mut Command) -> Result<()> {
    for pause in PAUSES_SECONDS {
        match run::run(command) {
            Ok(()) => return Ok(()),
            Err(error) => eprintln!("prepare: {error}; trying again in {pause} s"),
        }
        sleep(Duration::from_secs(pause));
    }
    run::run(command)
}
