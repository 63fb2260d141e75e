//! A Python with gRPC and with the schemas of Kubernetes, in a folder of its own under `target`: the generic client and the judge
//! of manifests that the tests have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{apt, tools};
use crate::run;

/// All of it, so that nothing is resolved anew.
const PACKAGES: [&str; 13] = [
    "attrs==26.1.0",
    "grpcio==1.85.1",
    "grpcio-reflection==1.85.1",
    "importlib-resources==7.1.0",
    "jsonschema==4.26.0",
    "jsonschema-specifications==2025.9.1",
    "kubernetes-validate==1.37.0",
    "packaging==26.4",
    "protobuf==7.36.2",
    "PyYAML==6.0.4",
    "referencing==0.37.0",
    "rpds-py==2026.9.1",
    "typing-extensions==4.16.0",
];

const NEEDED: &str = "import grpc, grpc_reflection.v1alpha, kubernetes_validate, yaml";

/// The interpreter that finds these packages.
pub(crate) fn ensure() -> Result<PathBuf> {
    let folder = run::target().join("tools/python");
    let (python, stamp) = (folder.join("bin/python"), folder.join("packages"));
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && has_all(&python) {
        eprintln!("prepare: Python with gRPC and the schemas of Kubernetes is here");
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
    run::run(command.args(PACKAGES))
        .context("could not install grpcio and kubernetes-validate from the Python package index")?;
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

fn has_all(python: &Path) -> bool {
    run::read(Command::new(python).args(["-c", NEEDED])).is_ok()
}
