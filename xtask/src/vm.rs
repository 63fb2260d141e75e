//! `vm`: runs the kernel tests on other kernels, in a virtual machine that lives for one run.

mod guest;
mod image;
mod kernel;
mod qemu;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::portable::Compiler;
use crate::{artifacts, build_ebpf, prepare};
pub(crate) use kernel::Series;

#[derive(Args)]
pub(crate) struct Options {
    /// Only this kernel; otherwise all of them, one after the other.
    #[arg(long, value_enum)]
    kernel: Option<Series>,
    /// Passed on to the tests: names to run, `--test-threads=1`, …
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What runs in the guest, linked statically so that the guest needs no libraries of its own for it.
struct Programs {
    tests: PathBuf,
    agent: PathBuf,
}

const TARGET: &str = "x86_64-unknown-linux-gnu";

pub(crate) fn vm(options: &Options) -> Result<()> {
    build_ebpf::build()?;
    make_ready()?;
    run_on(
        options.kernel.as_ref().map_or(&Series::ALL, std::slice::from_ref),
        &options.arguments,
    )
}

/// Finds or installs qemu and the kernels.
pub(crate) fn make_ready() -> Result<()> {
    if !cfg!(target_arch = "x86_64") {
        bail!("the vm tests boot amd64 kernels; run them on an x86_64 machine");
    }
    prepare::vm()?;
    Series::ALL
        .iter()
        .try_for_each(|series| kernel::fetch(*series).map(drop))
}

pub(crate) fn run_on(kernels: &[Series], arguments: &[String]) -> Result<()> {
    let programs = build()?;
    for series in kernels {
        let kernel = kernel::fetch(*series)?;
        println!("\nvm: {} ({})", kernel.release(), series.why());
        let image = image::make(&kernel, &programs, arguments)?;
        qemu::boot(&kernel, &image).with_context(|| format!("the tests on {}", kernel.release()))?;
    }
    Ok(())
}

fn build() -> Result<Programs> {
    let cargo = |subcommand| Compiler::Own.cargo(subcommand, TARGET);
    let tests = artifacts::build(cargo("test")?.args(["--no-run", "--package", "netobs-tests", "--test", "kernels"]))?;
    // With the client's features, as the image's is, so that it is compiled once for both.
    let agent = [
        "--package",
        "netobs-agent",
        "--package",
        "netobs-cli",
        "--bin",
        "netobs-agent",
    ];
    let agent = artifacts::build(cargo("build")?.args(agent))?;
    Ok(Programs {
        tests: tests.program("kernels")?,
        agent: agent.program("netobs-agent")?,
    })
}
