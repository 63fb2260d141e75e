//! The pair that builds for the kernel: a compiler with the source of `core`, and the linker of its LLVM.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Rustc, apt, linker, rustc};

pub(crate) struct Toolchain {
    pub(crate) rustc: Rustc,
    pub(crate) linker: PathBuf,
}

const DEBIAN_COMPILER: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

pub(crate) fn ensure() -> Result<Toolchain> {
    let compilers = Rustc::able();
    if let Some(ready) = compilers.iter().find_map(complete) {
        eprintln!("prepare: {} with {}", ready.rustc, ready.linker.display());
        return Ok(ready);
    }
    if let Some(linked) = compilers.iter().find_map(with_new_linker) {
        return Ok(linked);
    }
    if let Some(installed) = from_debian().or_else(from_rustup) {
        return Ok(installed);
    }
    bail!(
        "no compiler for the kernel's programs: one with the source of `core` and bpf-linker for its LLVM.\n{BY_HAND}"
    );
}

const BY_HAND: &str = "On Debian, as root, `cargo xtask prepare` installs all of it; elsewhere, with LLVM_PREFIX set to \
                       an LLVM of the major version `rustc -vV` names, run:\n  rustup component add rust-src\n  cargo xtask prepare";

fn complete(rustc: &Rustc) -> Option<Toolchain> {
    let linker = linker::find(rustc.llvm())?;
    Some(Toolchain {
        rustc: rustc.clone(),
        linker,
    })
}

fn with_new_linker(rustc: &Rustc) -> Option<Toolchain> {
    eprintln!("prepare: {rustc} has no bpf-linker that fits");
    match linker::install(rustc.llvm()) {
        Ok(linker) => Some(Toolchain {
            rustc: rustc.clone(),
            linker,
        }),
        Err(error) => {
            eprintln!("prepare: {error:#}");
            None
        }
    }
}

fn from_debian() -> Option<Toolchain> {
    eprintln!("prepare: no compiler here has the source of `core`; trying Debian's");
    said(apt::install(&DEBIAN_COMPILER))?;
    Rustc::able().iter().find_map(with_linker)
}

fn from_rustup() -> Option<Toolchain> {
    said(rustc::add_source())?;
    Rustc::able().iter().find_map(with_linker)
}

fn with_linker(rustc: &Rustc) -> Option<Toolchain> {
    complete(rustc).or_else(|| with_new_linker(rustc))
}

fn said(result: Result<()>) -> Option<()> {
    result.map_err(|error| eprintln!("prepare: {error:#}")).ok()
}
