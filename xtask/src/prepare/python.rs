//! A Python with gRPC, in a folder of its own under `target`: the generic client that the tests have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{apt, tools};
use crate::run;

/// All of it, so that nothing is resolved anew.
const PACKAGES: [&str; 4] = [
    "grpcio==1.85.1",
    "grpcio-reflection==1.85.1",
    "protobuf==7.36.2",
    "typing-extensions==4.16.0",
];

/// The interpreter that finds these packages.
pub(crate) fn ensure() -> Result<PathBuf> {
    let folder = run::target().join("tools/python");
    let (python, stamp) = (folder.join("bin/python"), folder.join("packages"));
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && has_grpc(&python) {
        eprintln!("prepare: Python with gRPC is here");
        return Ok(python);
    }
    make(&folder)?;
    let mut command = Command::new(&python);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    run::run(command.args(PACKAGES)).context("could not install grpcio from the Python package index")?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}

fn make(folder: &Path) -> Result<()> {
    tools::ensure(&tools::PYTHON)?;
    let make = || run::read(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    if make().is_err() {
        // Debian's has no pip to put into it unless this is installed, too.
        apt::install(&["python3-venv"])?;
        make().context("could not make an environment for Python")?;
    }
    Ok(())
}

fn has_grpc(python: &Path) -> bool {
    run::read(Command::new(python).args(["-c", "import grpc, grpc_reflection.v1alpha"])).is_ok()
}
