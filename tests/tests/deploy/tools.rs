//! The programs that judge, and how they are run.

use anyhow::{Context as _, Result, ensure};
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const KUBECTL: &str = "NETOBS_KUBECTL";
pub(super) const HELM: &str = "NETOBS_HELM";
pub(super) const PROMTOOL: &str = "NETOBS_PROMTOOL";
pub(super) const PROMETHEUS: &str = "NETOBS_PROMETHEUS";
pub(super) const PYTHON: &str = "NETOBS_PYTHON";

/// The program that a variable names.
pub(super) fn program(variable: &str) -> Result<PathBuf> {
    let named = env::var_os(variable)
        .with_context(|| format!("{variable} names no program: run these tests with `cargo xtask test lab`"))?;
    Ok(named.into())
}

/// The folder `deploy`, or something in it.
pub(super) fn deploy(path: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).join("deploy").join(path)
}

/// What it prints; an error with what it complains of if it fails.
pub(super) fn output(command: &mut Command) -> Result<String> {
    output_of(command, "")
}

/// The same of a program that reads this.
pub(super) fn output_of(command: &mut Command, input: &str) -> Result<String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("start {:?}", command.get_program()))?;
    let mut to_child = child.stdin.take().context("stdin is piped")?;
    let input = input.to_owned();
    let writer = std::thread::spawn(move || to_child.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    // A program that did not read all has said why.
    let _ = writer.join();
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// How it complains when it fails, as it has to.
pub(super) fn complaint(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success(), "{command:?} does not fail: {said}");
    Ok(said)
}
