//! promtool and prometheus, unpacked under `target` and not installed: Debian's package would start a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::apt;
use crate::run;

const PACKAGE: &str = "prometheus";
const PROGRAMS: [&str; 2] = ["promtool", "prometheus"];

pub(crate) struct Prometheus {
    pub(crate) promtool: PathBuf,
    pub(crate) prometheus: PathBuf,
}

/// Those of `PATH`, of an earlier run, or of Debian.
pub(crate) fn ensure() -> Result<Prometheus> {
    let folder = run::target().join("tools/prometheus");
    let installed = PROGRAMS.map(run::find);
    if let [Some(promtool), Some(prometheus)] = installed {
        return Ok(Prometheus { promtool, prometheus });
    }
    let [promtool, prometheus] = PROGRAMS.map(|program| folder.join(program));
    let tools = Prometheus { promtool, prometheus };
    if tools.run() {
        eprintln!("prepare: promtool and prometheus are here");
        return Ok(tools);
    }
    let fresh = run::target().join("tools/prometheus.new");
    unpack(&fresh).context("could not get promtool and prometheus")?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&fresh, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    anyhow::ensure!(
        tools.run(),
        "the promtool of Debian's package {PACKAGE} does not run here"
    );
    Ok(tools)
}

impl Prometheus {
    fn run(&self) -> bool {
        let runs = |program: &Path| run::read(Command::new(program).arg("--version")).is_ok();
        runs(&self.promtool) && runs(&self.prometheus)
    }
}

fn unpack(folder: &Path) -> Result<()> {
    if let Some(reason) = apt::refusal() {
        anyhow::bail!("promtool and prometheus are not in PATH; {reason}");
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let archive = folder.join("archive");
    fs::create_dir_all(&archive)?;
    apt::download(PACKAGE, &archive)?;
    let mut entries = fs::read_dir(&archive)?;
    let package = entries.next().context("apt-get left nothing")??.path();
    run::run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&archive))?;
    for program in PROGRAMS {
        fs::rename(archive.join("usr/bin").join(program), folder.join(program))?;
    }
    fs::remove_dir_all(archive)?;
    Ok(())
}
