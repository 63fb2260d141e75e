//! The project's own commands, one file each: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to the person who runs them"
)]

mod build_ebpf;
mod prepare;
mod run;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, test and look after netobs.")]
enum Command {
    /// Find what the build and the tests need, and install what is missing.
    Prepare,
    /// Build the programs that run in the kernel, into target/bpf/netobs-ebpf.o.
    BuildEbpf,
    /// Check the rules of the house that the compiler does not hold.
    Tidy,
}

fn main() -> ExitCode {
    match obey(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey(command: &Command) -> Result<()> {
    match command {
        Command::Prepare => prepare::everything(),
        Command::BuildEbpf => build_ebpf::build(),
        Command::Tidy => tidy::tidy(),
    }
}
