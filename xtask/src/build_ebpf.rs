//! `build-ebpf`: compiles the kernel's programs and puts the objects where the agent embeds them from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::prepare::{self, Toolchain};
use crate::{artifacts, portable, run};

const TARGET: &str = "bpfel-unknown-none";
const PACKAGE: &str = "netobs-ebpf";
/// What the agent embeds, and what `bench` measures it against.
const PROGRAMS: [&str; 2] = ["netobs", "yardstick"];

pub(crate) fn build() -> Result<()> {
    build_telling().map(drop)
}

/// As [`build`], and says which packages are in the objects.
pub(crate) fn build_telling() -> Result<BTreeSet<String>> {
    let toolchain = prepare::ebpf()?;
    let built = artifacts::build(&mut cargo("build", &toolchain))?;
    for program in PROGRAMS {
        let object = target_dir().join(TARGET).join("release").join(program);
        publish(&object, &run::target().join("bpf").join(format!("{program}.o")))?;
    }
    Ok(built.compiled_into(TARGET))
}

/// On the host most of these programs are not compiled, so clippy must look at them as the kernel's.
pub(crate) fn clippy() -> Result<()> {
    let toolchain = prepare::ebpf()?;
    run::run(cargo("clippy", &toolchain).args(["--", "--deny", "warnings"]))
}

fn cargo(subcommand: &str, toolchain: &Toolchain) -> Command {
    let mut command = toolchain.rustc.cargo(subcommand);
    command.args([
        "--package",
        PACKAGE,
        "--target",
        TARGET,
        "--release",
        "-Z",
        "build-std=core",
    ]);
    command.arg("--target-dir").arg(target_dir());
    command.env("CARGO_ENCODED_RUSTFLAGS", rustflags(&toolchain.linker));
    // One program image: whole-program optimisation, no unwinding, and the types the loader reads as BTF.
    command
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort");
    command
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "2");
    command
}

/// v3 of the instruction set has the atomic operations that return a value; kernels since 5.12 run it.
fn rustflags(linker: &Path) -> String {
    let linker = format!("-Clinker={}", linker.display());
    let mut flags = vec![linker];
    flags.extend(["-Clink-arg=--btf", "-Cdebuginfo=2", "-Ctarget-cpu=v3"].map(str::to_owned));
    // The types that the loader reads name the files that their functions are from.
    flags.extend(portable::without_paths());
    flags.join("\u{1f}")
}

fn target_dir() -> PathBuf {
    run::target().join("ebpf")
}

/// An object that did not change keeps its time, so that the agent is not rebuilt for nothing.
fn publish(built: &Path, published: &Path) -> Result<()> {
    let object = fs::read(built).with_context(|| format!("the build left no {}", built.display()))?;
    if fs::read(published).is_ok_and(|old| old == object) {
        return Ok(());
    }
    let folder = published.parent().unwrap_or(published);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(published, &object).with_context(|| format!("cannot write {}", published.display()))?;
    eprintln!("build-ebpf: {} ({} bytes)", published.display(), object.len());
    Ok(())
}
