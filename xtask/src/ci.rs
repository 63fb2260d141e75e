//! `ci`: everything that must hold before a change goes in, in the order that fails soonest.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::test::Suite;
use crate::{build_ebpf, licences, prepare, run, test, tidy};

type Step = fn() -> Result<()>;

const STEPS: [(&str, Step); 11] = [
    ("prepare", prepare::everything),
    ("format", format),
    ("tidy", tidy::tidy),
    ("licences", licences::check),
    ("build-ebpf", build_ebpf::build),
    ("clippy", clippy),
    ("clippy for the kernel's programs", build_ebpf::clippy),
    ("each crate alone", each_crate_alone),
    ("unit tests", || test::run_or_skip(Suite::Unit)),
    ("lab tests", || test::run_or_skip(Suite::Lab)),
    ("vm tests", || test::run_or_skip(Suite::Vm)),
];

pub(crate) fn ci() -> Result<()> {
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("\n=== {name}");
        let start = Instant::now();
        let result = step();
        times.push((name, start.elapsed()));
        if result.is_err() {
            println!("{}", summary(&times));
            return result.with_context(|| format!("ci stops at `{name}`"));
        }
    }
    println!("{}\nci: all steps passed", summary(&times));
    Ok(())
}

fn format() -> Result<()> {
    run::run(run::cargo("fmt").args(["--all", "--check"]))
}

fn clippy() -> Result<()> {
    run::run(run::cargo("clippy").args(["--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

/// In the workspace one crate's features hide what another forgot to ask for.
fn each_crate_alone() -> Result<()> {
    let metadata: Value = serde_json::from_str(&run::read(
        run::cargo("metadata").args(["--format-version=1", "--no-deps"]),
    )?)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let names = packages.iter().filter_map(|package| package["name"].as_str());
    names
        .into_iter()
        .try_for_each(|name| run::run(run::cargo("check").args(["--quiet", "--package", name])))
}

fn summary(times: &[(&str, Duration)]) -> String {
    let line = |name: &str, time: Duration| format!("{:>8.1} s  {name}\n", time.as_secs_f32());
    let lines: String = times.iter().map(|(name, time)| line(name, *time)).collect();
    format!(
        "\n=== time\n{lines}{}",
        line("all", times.iter().map(|(_, time)| *time).sum())
    )
}
