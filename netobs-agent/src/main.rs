//! The netobs daemon: sees allowed and dropped traffic of every pod of a node, and tells it.
mod app;
mod args;
#[expect(dead_code, unused_imports, reason = "the app does not follow the cluster yet")]
mod cluster;
mod export;
mod kernel;
mod node;

use std::{io::IsTerminal as _, process::ExitCode};

use clap::Parser as _;
use tracing::error;
use tracing_subscriber::{EnvFilter, fmt};

use crate::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_new(&args.log).unwrap_or_else(|_| EnvFilter::new("info"));
    fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(app::run(args))
}
