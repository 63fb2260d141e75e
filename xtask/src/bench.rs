//! `bench`: measures a release build of the agent; standard output has the figures, one a line, and nothing else.

use std::env;
use std::io;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{artifacts, run};

const AGENT: &str = "netobs-agent";
const BENCH: &str = "netobs-bench";
/// Measurements of pure code, which need neither root nor a kernel of ours: of which crate, and what each prints.
const PURE: [(&str, &str, &[&str]); 6] = [
    (
        "netobs-core",
        "policy",
        &["policy_evals_per_s", "explain_us", "explain_and_suggest_us"],
    ),
    (
        "netobs-core",
        "directory",
        &["directory_mib_100k_pods", "enrich_ns", "enrich_allocations"],
    ),
    ("netobs-core", "engine", &["engine_events_per_s"]),
    ("netobs-core", "preview", &["preview_edges_per_s", "generate_ms"]),
    (
        "netobs-api",
        "encode",
        &[
            "encode_ns",
            "encode_by_message_ns",
            "filter_ns",
            "redact_ns",
            "encode_redacted_ns",
        ],
    ),
    (
        "netobs-agent",
        "store",
        &[
            "inventory_write_edges_per_s",
            "inventory_mib_100k_edges",
            "inventory_add_ns",
            "inventory_read_ms_100k_edges",
        ],
    ),
];

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
    let wants = |figure: &str| options.figures.is_empty() || options.figures.iter().any(|wanted| wanted == figure);
    for (package, bench, figures) in PURE {
        if figures.iter().any(|figure| wants(figure)) {
            run::run(run::cargo("bench").args(["--quiet", "--package", package, "--bench", bench]))?;
        }
    }
    let is_pure = |figure: &String| PURE.iter().any(|(_, _, figures)| figures.contains(&figure.as_str()));
    let of_agent: Vec<_> = options.figures.iter().filter(|figure| !is_pure(figure)).collect();
    if options.figures.is_empty() || !of_agent.is_empty() {
        bench_agent(&of_agent, options.markdown)?;
    }
    Ok(())
}

/// Measurements of the agent with its programs on real veths.
fn bench_agent(figures: &[&String], markdown: bool) -> Result<()> {
    for command in ["prepare", "build-ebpf"] {
        aside(command)?;
    }
    let built = artifacts::build(run::cargo("build").args(["--release", "--bin", AGENT, "--bin", BENCH]))?;
    let yardstick = run::target().join("bpf").join("yardstick.o");
    let mut command = Command::new(built.program(BENCH)?);
    command.args(figures).args(markdown.then_some("--markdown"));
    command
        .env("NETOBS_AGENT", built.program(AGENT)?)
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
