//! `demo`: builds what the story takes and tells it; standard output has the story, or with `--json` the causes, only.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::{artifacts, build_ebpf, prepare, run};

const PROGRAMS: [&str; 3] = ["netobs-agent", "netobs", "netobs-demo"];

#[derive(Args)]
pub(crate) struct Options {
    /// What is wrong in the cluster.
    #[arg(long, default_value = "missing-label", value_parser = ["missing-label", "drift", "typo", "annotation", "no-dns", "not-enforced"])]
    scenario: String,
    /// Print only the causes, as JSON.
    #[arg(long)]
    json: bool,
    /// Leave everything as it is until Ctrl-C, and say what to try meanwhile.
    #[arg(long)]
    keep: bool,
}

pub(crate) fn demo(options: &Options) -> Result<()> {
    ensure!(
        prepare::is_root(),
        "the demo makes network namespaces and loads programs into the kernel, which takes root; run it so:\n  \
         sudo env \"PATH=$PATH\" \"HOME=$HOME\" cargo xtask demo"
    );
    prepare::lab()?;
    build_ebpf::build()?;
    let built = artifacts::build(run::cargo("build").args(PROGRAMS.iter().flat_map(|name| ["--bin", *name])))?;
    let [agent, cli, demo] = PROGRAMS.map(|name| built.program(name));
    let mut command = Command::new(demo?);
    command.env("NETOBS_AGENT", agent?).env("NETOBS_CLI", cli?);
    command.args(["--scenario", &options.scenario]);
    command
        .args(options.json.then_some("--json"))
        .args(options.keep.then_some("--keep"));
    // In our place, so that whoever waits for us or ends us, waits for it or ends it.
    let error = command.exec();
    bail!("cannot start netobs-demo: {error}")
}
