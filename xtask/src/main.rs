//! The project's own commands, one file each: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to the person who runs them"
)]

mod artifacts;
mod bench;
mod build_ebpf;
mod ci;
mod demo;
mod image;
mod licences;
mod portable;
mod prepare;
mod run;
mod test;
mod tidy;
mod vm;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Build, test and look after netobs.")]
enum Command {
    /// Find what the build and the tests need, and install what is missing.
    Prepare,
    /// Build the programs that run in the kernel, into target/bpf.
    BuildEbpf,
    /// Show on this machine, in a few seconds, what netobs says of traffic that is dropped.
    Demo(demo::Options),
    /// Build and run the tests: all of them, or those named.
    Test { suites: Vec<test::Suite> },
    /// Measure what the agent costs, one JSON line a figure.
    Bench(bench::Options),
    /// Make the container image, as an archive, without a container engine.
    Image(image::Options),
    /// Run the kernel tests on other kernels.
    Vm(vm::Options),
    /// Check the rules of the house that the compiler does not hold.
    Tidy,
    /// Everything that must hold before a change goes in.
    Ci,
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
        Command::Demo(options) => demo::demo(options),
        Command::Test { suites } => test::test(suites),
        Command::Bench(options) => bench::bench(options),
        Command::Image(options) => image::image(options),
        Command::Vm(options) => vm::vm(options),
        Command::Tidy => tidy::tidy(),
        Command::Ci => ci::ci(),
    }
}
