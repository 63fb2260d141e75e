//! Tells the product's story on this machine and takes everything down again.

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use netobs_tests::demo::{Curtain, Fallen, Manner, Programs, Scenario, tell};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;

/// A node with pods, policies and traffic, and what netobs says of it.
#[derive(Parser)]
struct Arguments {
    /// missing-label, drift, typo, annotation, no-dns or not-enforced.
    #[arg(long, default_value_t)]
    scenario: Scenario,
    /// Print only the causes, as JSON.
    #[arg(long)]
    json: bool,
    /// Leave everything as it is until Ctrl-C, and say what to try meanwhile.
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let error = match run(&Arguments::parse()) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    // As a shell has it for a program that a signal ended.
    const SIGNALLED: i32 = 128;
    let code = match error.downcast_ref::<Fallen>() {
        Some(Fallen(signal)) => u8::try_from(SIGNALLED + signal).unwrap_or(1),
        None => 1,
    };
    // Where nobody reads errors, the code has to do.
    let _ = writeln!(io::stderr(), "error: {error:#}");
    ExitCode::from(code)
}

fn run(arguments: &Arguments) -> Result<()> {
    let owner = fs::metadata("/proc/self").context("see who runs this")?.uid();
    ensure!(
        owner == 0,
        "the demo makes network namespaces and loads programs into the kernel, which takes root: run it with sudo"
    );
    let manner = Manner {
        scenario: arguments.scenario,
        json: arguments.json,
        keep: arguments.keep,
    };
    tell(manner, Programs::find()?, &Curtain::raise()?)
}
