//! Where the programs of the story are.

use crate::process::Seccomp;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, iter};

/// Paths of what was built.
#[derive(Clone, Debug)]
pub struct Programs {
    pub agent: PathBuf,
    pub cli: PathBuf,
    /// Both are confined to it, as in a container.
    pub seccomp: Option<Seccomp>,
}

impl Programs {
    /// Those that `NETOBS_AGENT` and `NETOBS_CLI` name, or those that lie beside the program that runs.
    pub fn find() -> Result<Self> {
        Ok(Self {
            agent: find("netobs-agent", "NETOBS_AGENT")?,
            cli: find("netobs", "NETOBS_CLI")?,
            seccomp: None,
        })
    }

    pub(super) fn confine(&self, command: &mut Command) {
        if let Some(seccomp) = &self.seccomp {
            seccomp.confine(command);
        }
    }
}

fn find(name: &str, variable: &str) -> Result<PathBuf> {
    let own = env::current_exe().context("find the program that runs")?;
    let folders = own.parent().into_iter().chain(own.ancestors().nth(2));
    let beside = folders.map(|folder| folder.join(name));
    iter::empty()
        .chain(env::var_os(variable).map(PathBuf::from))
        .chain(beside)
        .find(|path| Path::is_file(path))
        .with_context(|| format!("there is no {name}: `cargo xtask demo` builds it, or {variable} says where it is"))
}
