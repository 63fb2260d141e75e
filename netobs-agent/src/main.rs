//! The netobs daemon: sees allowed and dropped traffic of every pod of a node, and tells it.
mod app;
mod args;
mod cluster;
mod export;
mod kernel;
mod node;
mod serve;
mod store;

use std::{io::IsTerminal as _, process::ExitCode};

use clap::Parser as _;
use tracing::error;
use tracing_subscriber::{EnvFilter, fmt};

use crate::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    fmt()
        .with_env_filter(filter(&args.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match app::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What clients do wrong must not fill the log: h2 warns of each that does.
fn filter(wanted: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    match "h2=error".parse() {
        Ok(quieter) if !wanted.contains("h2") => filter.add_directive(quieter),
        Ok(_) | Err(_) => filter,
    }
}
