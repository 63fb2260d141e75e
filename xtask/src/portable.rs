//! Programs for machines that have nothing of ours: linked statically, and naming no path of the machine that built them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::prepare::{self, Rustc};
use crate::run;

/// What stands for the folder of the sources, and for cargo's.
pub(crate) const OWN: &str = "/netobs";
pub(crate) const CARGO: &str = "/cargo";

/// What compiles for a target.
pub(crate) enum Compiler {
    /// The toolchain that runs us; it has the target's standard library.
    Own,
    /// One that compiles the standard library, too.
    FromSource(Rustc),
}

/// `x86_64` of `x86_64-unknown-linux-gnu`.
pub(crate) fn architecture(target: &str) -> &str {
    target.split('-').next().unwrap_or(target)
}

/// This machine's, as Linux with glibc.
pub(crate) fn own_target() -> String {
    format!("{}-unknown-linux-gnu", env::consts::ARCH)
}

/// A tool of C's for that target, such as `gcc` or `strip`.
pub(crate) fn c_tool(name: &str, target: &str) -> Result<String> {
    if is_foreign(target) {
        let prefix = prepare::cross_tools(architecture(target))?;
        return Ok(format!("{prefix}{name}"));
    }
    Ok(name.to_owned())
}

impl Compiler {
    pub(crate) fn find(target: &str) -> Result<Self> {
        if has_std(target) {
            return Ok(Self::Own);
        }
        let able = Rustc::able().into_iter().next();
        able.map(Self::FromSource).with_context(|| {
            format!(
                "no standard library for {target}, and no compiler with the source of one: \
                 `rustup target add {target}` adds it, or `cargo xtask prepare` a compiler with the source"
            )
        })
    }

    /// A `cargo <subcommand>` for that target, whose output has no place in it.
    pub(crate) fn cargo(&self, subcommand: &str, target: &str) -> Result<Command> {
        let mut command = match self {
            Self::Own => run::cargo(subcommand),
            Self::FromSource(rustc) => rustc.cargo(subcommand),
        };
        if matches!(self, Self::FromSource(_)) {
            command.args(["-Z", "build-std=std"]);
        }
        if is_foreign(target) {
            let variable = target.to_uppercase().replace('-', "_");
            command.env(format!("CARGO_TARGET_{variable}_LINKER"), c_tool("gcc", target)?);
        }
        command
            .env("CARGO_ENCODED_RUSTFLAGS", flags().join("\u{1f}"))
            .args(["--target", target, "--target-dir"])
            .arg(folder());
        Ok(command)
    }

    /// Its release, which its standard library has, too.
    pub(crate) fn release(&self) -> Result<String> {
        match self {
            Self::Own => {
                let said = run::read(Command::new("rustc").arg("--version"))?;
                let release = said.split_whitespace().nth(1);
                Ok(release.context("`rustc --version` names no release")?.to_owned())
            }
            Self::FromSource(rustc) => Ok(rustc.release().to_owned()),
        }
    }
}

/// Where such programs are built, apart from others, for their flags differ.
pub(crate) fn folder() -> PathBuf {
    run::target().join("portable")
}

/// Paths that differ from machine to machine, each with the name that stands in its place.
pub(crate) fn places() -> Vec<(PathBuf, &'static str)> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    named(run::root().to_owned(), cargo)
}

/// What is built where its name says so needs none.
fn named(own: PathBuf, cargo: Option<PathBuf>) -> Vec<(PathBuf, &'static str)> {
    let all = std::iter::once((own, OWN)).chain(cargo.map(|path| (path, CARGO)));
    all.filter(|(path, name)| path != Path::new(name)).collect()
}

/// Options for rustc that put the names there.
pub(crate) fn without_paths() -> Vec<String> {
    let remap = |(path, name): (PathBuf, &str)| format!("--remap-path-prefix={}={name}", path.display());
    places().into_iter().map(remap).collect()
}

fn flags() -> Vec<String> {
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    flags.extend(without_paths());
    flags
}

fn is_foreign(target: &str) -> bool {
    architecture(target) != env::consts::ARCH
}

fn has_std(target: &str) -> bool {
    let folder = run::read(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_what_stands_for_it_is_no_place_to_hide() {
        assert_eq!(named(OWN.into(), Some(CARGO.into())), []);
        let (own, cargo) = (
            PathBuf::from("/home/somebody/netobs"),
            PathBuf::from("/usr/local/cargo"),
        );
        assert_eq!(
            named(own.clone(), Some(cargo.clone())),
            [(own.clone(), OWN), (cargo, CARGO)]
        );
        assert_eq!(named(own.clone(), None), [(own, OWN)]);
    }
}
