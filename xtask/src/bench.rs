//! `bench`: measures a release build of the agent; standard output has the figures, one a line, and nothing else.

use std::env;
use std::io;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{artifacts, run};

const AGENT: &str = "netobs-agent";
const BENCH: &str = "netobs-bench";

/// Which figures, and how they are printed.
#[derive(Args)]
pub(crate) struct Options {
    /// Figures to measure, such as tap_net_ns; all, when none is named.
    figures: Vec<String>,
    /// Print rows of the table in docs/performance.md instead of JSON.
    #[arg(long)]
    markdown: bool,
}

pub(crate) fn bench(options: &Options) -> Result<()> {
    for command in ["prepare", "build-ebpf"] {
        aside(command)?;
    }
    let built = artifacts::build(run::cargo("build").args(["--release", "--bin", AGENT, "--bin", BENCH]))?;
    let program = |name| built.program(name).with_context(|| format!("the build left no {name}"));
    let yardstick = run::target().join("bpf").join("yardstick.o");
    let mut command = Command::new(program(BENCH)?);
    command
        .args(&options.figures)
        .args(options.markdown.then_some("--markdown"));
    command
        .env("NETOBS_AGENT", program(AGENT)?)
        .env("NETOBS_YARDSTICK", yardstick);
    let status = command.status().context("cannot start netobs-bench")?;
    ensure!(status.success(), "the measurements failed ({status}); they need root");
    Ok(())
}

/// Another of our commands, with what it prints going to standard error.
fn aside(command: &str) -> Result<()> {
    let own = env::current_exe().context("cannot find the program that runs")?;
    let status = Command::new(own)
        .arg(command)
        .stdout(Stdio::from(io::stderr()))
        .status();
    let status = status.with_context(|| format!("cannot start `cargo xtask {command}`"))?;
    ensure!(status.success(), "`cargo xtask {command}` failed ({status})");
    Ok(())
}
