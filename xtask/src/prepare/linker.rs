//! bpf-linker, which must be linked against the LLVM of the compiler whose output it reads.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::run;

const VERSION: &str = "0.13.0";

/// One that fits: our own, or the one the person has.
pub(crate) fn find(llvm: u32) -> Option<PathBuf> {
    let places = [Some(own_root(llvm).join("bin/bpf-linker")), run::find("bpf-linker")];
    places.into_iter().flatten().find(|linker| fits(linker, llvm))
}

/// Builds one under `target`, so that a bpf-linker installed for other projects stays as it is.
pub(crate) fn install(llvm: u32) -> Result<PathBuf> {
    let prefix = llvm_prefix(llvm)?;
    eprintln!("prepare: building bpf-linker {VERSION} for LLVM {llvm} (about a minute)");
    let mut command = run::cargo("install");
    command.args(["bpf-linker", "--version", VERSION, "--locked", "--force", "--quiet"]);
    command.args(["--no-default-features", "--features", &format!("llvm-{llvm}")]);
    command.arg("--root").arg(own_root(llvm)).env("LLVM_PREFIX", prefix);
    run::run(&mut command)?;
    find(llvm).with_context(|| format!("the bpf-linker just built does not run with LLVM {llvm}"))
}

fn own_root(llvm: u32) -> PathBuf {
    run::target().join(format!("tools/bpf-linker-{VERSION}-llvm-{llvm}"))
}

fn llvm_prefix(llvm: u32) -> Result<PathBuf> {
    let given = env::var_os("LLVM_PREFIX").map(PathBuf::from);
    let system = PathBuf::from(format!("/usr/lib/llvm-{llvm}"));
    if let Some(found) = given
        .into_iter()
        .chain([system.clone()])
        .find(|prefix| has_llvm(prefix, llvm))
    {
        return Ok(found);
    }
    apt::install(&[&format!("llvm-{llvm}-dev")])?;
    if !has_llvm(&system, llvm) {
        bail!(
            "llvm-{llvm}-dev is installed but {} has no libLLVM; set LLVM_PREFIX to where it is",
            system.display()
        );
    }
    Ok(system)
}

fn has_llvm(prefix: &Path, llvm: u32) -> bool {
    prefix.join(format!("lib/libLLVM-{llvm}.so")).exists()
}

fn fits(linker: &Path, llvm: u32) -> bool {
    let runs = run::read(Command::new(linker).arg("--version")).is_ok();
    runs && fs::read(linker).is_ok_and(|bytes| names_llvm(&bytes, llvm))
}

/// Whether a program holds the name of that LLVM's library (linked dynamically) or its producer string (statically).
fn names_llvm(program: &[u8], llvm: u32) -> bool {
    let names = [
        format!("libLLVM.so.{llvm}."),
        format!("libLLVM-{llvm}.so"),
        format!("LLVM{llvm}."),
    ];
    let text = String::from_utf8_lossy(program);
    names.iter().any(|name| text.contains(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linker_of_another_llvm_is_unfit() {
        assert!(names_llvm(b"\x7fELF\xff\0libLLVM.so.22.1\0", 22));
        assert!(!names_llvm(b"\x7fELF\xff\0libLLVM.so.22.1\0", 23));
        assert!(names_llvm(b"\0LLVM23.1.0\0", 23));
        assert!(!names_llvm(b"\0LLVM23.1.0\0", 2));
    }
}
