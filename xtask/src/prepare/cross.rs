//! C tools for machines of another kind than this one: Rust programs are linked with them, and some have C in them.

use anyhow::{Context as _, Result};

use super::apt;
use crate::run;

/// How rustc, GNU's tools and Debian's libraries call an architecture.
const NAMES: [(&str, &str, &str); 4] = [
    ("x86_64", "x86_64", "amd64"),
    ("aarch64", "aarch64", "arm64"),
    ("riscv64gc", "riscv64", "riscv64"),
    ("powerpc64le", "powerpc64le", "ppc64el"),
];

/// The prefix of their names, such as `aarch64-linux-gnu-`, once they are here.
pub(crate) fn ensure(architecture: &str) -> Result<String> {
    let known = NAMES.iter().find(|(name, ..)| *name == architecture);
    let (_, gnu, debian) = known.with_context(|| format!("it is not known how to link for {architecture}"))?;
    let prefix = format!("{gnu}-linux-gnu-");
    if run::find(&format!("{prefix}gcc")).is_none() {
        let compiler = format!("gcc-{}-linux-gnu", gnu.replace('_', "-"));
        apt::install(&[&compiler, &format!("libc6-dev-{debian}-cross")])?;
    }
    Ok(prefix)
}
