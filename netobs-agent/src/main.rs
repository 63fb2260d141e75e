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
use tokio::runtime::Builder;
use tracing::error;
use tracing_subscriber::{EnvFilter, fmt};

use crate::args::Args;

/// For all who are served and for the cluster; capture has the main thread for itself.
const ROOM_THREADS: usize = 2;

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
    let rooms = Builder::new_multi_thread()
        .worker_threads(ROOM_THREADS)
        .thread_name("rooms")
        .enable_all()
        .build()?;
    let capture = Builder::new_current_thread().enable_all().build()?;
    let result = capture.block_on(app::run(args, rooms.handle()));
    rooms.shutdown_background();
    result
}
