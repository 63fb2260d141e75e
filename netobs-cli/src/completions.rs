//! `netobs completions`: what a shell needs to complete commands and options.
use std::io::Write;

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::Verdict;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Which shell, such as bash: netobs completions bash > /etc/bash_completion.d/netobs
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, mut command: Command, out: &mut dyn Write) -> Result<Verdict> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "netobs", &mut script);
    out.write_all(&script)?;
    Ok(Verdict::Good)
}
