//! `test`: builds what the tests need and runs them; what cannot be tested here fails, unless it may be skipped.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::artifacts::{Artifacts, TestProgram};
use crate::{artifacts, build_ebpf, image, prepare, run, vm};

/// Tests that need the same abilities.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Tests of each crate by itself; no rights needed.
    Unit,
    /// A node and its pods as network namespaces, on this kernel; needs root.
    Lab,
    /// The kernel tests on other kernels, in a virtual machine.
    Vm,
}

/// The lab's tests each load programs and make namespaces of their own; more at once only slow each other down.
const LAB_THREADS: &str = "--test-threads=4";

/// All that is built for this machine; the kernel's programs are not.
const WORKSPACE: [&str; 3] = ["--workspace", "--exclude", "netobs-ebpf"];

const MAY_SKIP: &str = "NETOBS_TEST_MAY_SKIP";

pub(crate) fn test(suites: &[Suite]) -> Result<()> {
    let suites = if suites.is_empty() {
        Suite::value_variants()
    } else {
        suites
    };
    build_ebpf::build()?;
    suites.iter().try_for_each(|suite| run_or_skip(*suite))
}

/// Runs a suite whose programs for the kernel are built.
pub(crate) fn run_or_skip(suite: Suite) -> Result<()> {
    let name = suite.name();
    match suite.make_ready() {
        Ok(()) => suite.run(),
        Err(missing) if may_skip(&name, &env::var(MAY_SKIP).unwrap_or_default()) => {
            println!("\n!!! SKIPPED: the {name} tests did not run, as {MAY_SKIP} allows: {missing:#}\n");
            Ok(())
        }
        Err(missing) => Err(missing.context(format!(
            "the {name} tests cannot run here; {MAY_SKIP}={name} skips them"
        ))),
    }
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn make_ready(self) -> Result<()> {
        match self {
            Self::Unit => Ok(()),
            Self::Lab => prepare::lab()
                .and_then(|()| prepare::readers())
                .and_then(|()| prepare::containers())
                .and_then(|()| can_make_namespaces()),
            Self::Vm => vm::make_ready(),
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Self::Unit => unit(),
            Self::Lab => lab(),
            Self::Vm => vm::run_on(&vm::Series::ALL, &[]),
        }
    }
}

fn unit() -> Result<()> {
    let (_, others) = tests()?;
    others.iter().try_for_each(|test| test.run(|_| {}))?;
    run::run(run::cargo("test").arg("--doc").args(WORKSPACE))
}

fn lab() -> Result<()> {
    let told = what_tests_are_told()?;
    tests()?.0.iter().try_for_each(|test| {
        test.run(|command| {
            command
                .arg(LAB_THREADS)
                .envs(told.iter().map(|(name, path)| (name, path)));
        })
    })
}

/// Where is what the tests start.
fn what_tests_are_told() -> Result<Vec<(&'static str, PathBuf)>> {
    let built = build_all()?;
    let (kubernetes, prometheus) = (prepare::kubernetes()?, prepare::prometheus()?);
    Ok(vec![
        ("NETOBS_AGENT", built.program("netobs-agent")?),
        ("NETOBS_CLI", built.program("netobs")?),
        ("NETOBS_IMAGE", image::for_tests()?),
        ("NETOBS_GRPCURL", prepare::grpcurl()?),
        ("NETOBS_HELM", kubernetes.helm),
        ("NETOBS_KUBECTL", kubernetes.kubectl),
        ("NETOBS_PROMETHEUS", prometheus.prometheus),
        ("NETOBS_PROMTOOL", prometheus.promtool),
        ("NETOBS_PYTHON", prepare::python()?),
    ])
}

/// Those that need the lab, and all others.
fn tests() -> Result<(Vec<TestProgram>, Vec<TestProgram>)> {
    let all = build_all()?.tests()?;
    Ok(all
        .into_iter()
        .partition(|test| test.folder == run::root().join("tests")))
}

/// Everything at once: dependencies that are built for one package alone are built again for the next, as it asks other features
/// of them.
fn build_all() -> Result<Artifacts> {
    artifacts::build(run::cargo("build").args(WORKSPACE).args(["--lib", "--bins", "--tests"]))
}

fn can_make_namespaces() -> Result<()> {
    run::read(Command::new("unshare").args(["--net", "true"]))
        .map(drop)
        .context("making network namespaces takes root")
}

fn may_skip(name: &str, listed: &str) -> bool {
    listed.split(',').any(|word| word.trim() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_may_be_skipped() {
        assert!(may_skip("vm", "lab, vm"));
        assert!(!may_skip("vm", "lab"));
        assert!(!may_skip("lab", ""));
        assert!(!may_skip("vm", "vms"));
    }
}
