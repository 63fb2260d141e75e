//! The compilers of this machine, and whether they can build for the kernel.

use std::path::Path;
use std::process::Command;
use std::{env, fmt};

use anyhow::{Context as _, Result};

use super::apt;
use crate::run;

/// A compiler we know how to call.
#[derive(Clone)]
pub(crate) struct Rustc {
    origin: Origin,
    release: String,
    llvm: u32,
    has_source: bool,
}

#[derive(Clone)]
enum Origin {
    Rustup { toolchain: String },
    System,
}

const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
const SYSTEM_CARGO: &str = "/usr/bin/cargo";
const SYSTEM_CLIPPY: &str = "/usr/bin/cargo-clippy";

impl Rustc {
    /// Every compiler here that is new enough for this workspace and has the source of `core`.
    pub(crate) fn able() -> Vec<Self> {
        let names = [active_toolchain(), "nightly".to_owned()];
        let origins = names.into_iter().map(|toolchain| Origin::Rustup { toolchain });
        let all = origins.chain([Origin::System]).filter_map(Self::probe);
        all.filter(|rustc| rustc.has_source && is_new_enough(&rustc.release))
            .collect()
    }

    /// The major version of the LLVM in it; bpf-linker must have the same.
    pub(crate) fn llvm(&self) -> u32 {
        self.llvm
    }

    /// As in `1.96.0`.
    pub(crate) fn release(&self) -> &str {
        &self.release
    }

    /// A `cargo <subcommand>` that uses this compiler and inherits nothing from the cargo that started us.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = match &self.origin {
            Origin::Rustup { toolchain } => rustup_run(toolchain, "cargo"),
            // By its name cargo would find the clippy of rustup, which is of another version.
            Origin::System if subcommand == "clippy" => Command::new(SYSTEM_CLIPPY),
            Origin::System => Command::new(SYSTEM_CARGO),
        };
        run::forget_cargo(&mut command);
        if matches!(self.origin, Origin::System) {
            command.env("RUSTC", SYSTEM_RUSTC).env("CARGO", SYSTEM_CARGO);
        }
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(run::root())
            .arg(subcommand);
        command
    }

    /// Finds or installs clippy for this very compiler.
    pub(crate) fn ensure_clippy(&self) -> Result<()> {
        if run::read(self.cargo("clippy").arg("--version")).is_ok() {
            return Ok(());
        }
        match &self.origin {
            Origin::Rustup { toolchain } => add_component("clippy", toolchain),
            Origin::System => apt::install(&["rust-web-clippy"]),
        }
    }

    fn probe(origin: Origin) -> Option<Self> {
        let ask = |question: &[&str]| {
            let mut command = match &origin {
                Origin::Rustup { toolchain } => rustup_run(toolchain, "rustc"),
                Origin::System => Command::new(SYSTEM_RUSTC),
            };
            run::forget_cargo(&mut command);
            run::read(command.args(question)).ok()
        };
        let (release, llvm) = parse_version(&ask(&["-vV"])?)?;
        let sysroot = ask(&["--print", "sysroot"])?;
        let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core");
        Some(Self {
            origin,
            release,
            llvm,
            has_source: source.is_dir(),
        })
    }
}

impl fmt::Display for Rustc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.origin {
            Origin::Rustup { toolchain } => toolchain,
            Origin::System => SYSTEM_RUSTC,
        };
        write!(f, "rustc {} ({place}, LLVM {})", self.release, self.llvm)
    }
}

/// Finds or installs a component of the toolchain this workspace is built with; `cargo <subcommand>` runs it.
pub(crate) fn ensure_component(component: &str, subcommand: &str) -> Result<()> {
    if run::read(run::cargo(subcommand).arg("--version")).is_ok() {
        return Ok(());
    }
    add_component(component, &active_toolchain())
}

/// Adds the source of the standard library to that toolchain.
pub(crate) fn add_source() -> Result<()> {
    add_component("rust-src", &active_toolchain())
}

fn add_component(component: &str, toolchain: &str) -> Result<()> {
    eprintln!("prepare: adding {component} to {toolchain}");
    let words = ["component", "add", component, "--toolchain", toolchain];
    run::run(Command::new("rustup").args(words))
        .with_context(|| format!("{component} is missing, and `rustup {}` cannot add it", words.join(" ")))
}

fn rustup_run(toolchain: &str, program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, program]);
    command
}

fn active_toolchain() -> String {
    env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".to_owned())
}

/// From `rustc -vV`: the release and LLVM's major version.
fn parse_version(text: &str) -> Option<(String, u32)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let llvm = field("LLVM version:")?.split('.').next()?.parse().ok()?;
    Some((field("release:")?.to_owned(), llvm))
}

fn is_new_enough(release: &str) -> bool {
    minor(release) >= minor(env!("CARGO_PKG_RUST_VERSION"))
}

fn minor(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_llvm_major_is_read_from_what_rustc_says() {
        let said = "rustc 1.96.0 (hash date)\nbinary: rustc\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(parse_version(said), Some(("1.96.0".to_owned(), 22)));
    }

    #[test]
    fn a_compiler_without_llvm_is_not_ours() {
        assert_eq!(parse_version("release: 1.96.0\n"), None);
    }

    #[test]
    fn releases_are_compared_as_numbers() {
        assert!(is_new_enough("1.101.0-nightly"));
        assert!(!is_new_enough("1.85.0"));
    }
}
