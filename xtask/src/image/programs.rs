//! The two programs of an image, built and stripped, and what is linked into them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::platform::Platform;
use super::sbom::Part;
use crate::artifacts::Artifacts;
use crate::portable::{self, Compiler};
use crate::{artifacts, build_ebpf, run};

pub(crate) struct Programs {
    pub(crate) agent: Vec<u8>,
    pub(crate) client: Vec<u8>,
    /// The packages in them and in the kernel's programs, which are in the agent, by cargo's identifiers.
    pub(crate) packages: BTreeSet<String>,
    /// What the compilers added.
    pub(crate) parts: Vec<Part>,
}

pub(crate) fn build(platform: &Platform, profile: &str) -> Result<Programs> {
    let mut packages = build_ebpf::build_telling()?;
    let target = platform.target.as_str();
    let compiler = Compiler::find(target)?;
    let mut command = compiler.cargo("build", target)?;
    command.args([
        "--locked",
        "--profile",
        profile,
        "--package",
        "netobs-agent",
        "--package",
        "netobs-cli",
    ]);
    let built = artifacts::build(command.args(["--bin", "netobs-agent", "--bin", "netobs"]))?;
    packages.extend(built.compiled_into(target));
    Ok(Programs {
        agent: stripped(&built, "netobs-agent", target)?,
        client: stripped(&built, "netobs", target)?,
        packages,
        parts: vec![rust(&compiler)?, libgcc(target)?, glibc(target)?],
    })
}

/// Without the symbols, which only a debugger reads, and the identifier, which follows from them, paths in them and all.
fn stripped(built: &Artifacts, name: &str, target: &str) -> Result<Vec<u8>> {
    let program = built.program(name)?;
    let stripped = program.with_extension("stripped");
    let mut strip = Command::new(portable::c_tool("strip", target)?);
    strip.args(["--strip-all", "--remove-section=.note.gnu.build-id", "-o"]);
    run::run(strip.arg(&stripped).arg(&program))?;
    let bytes = fs::read(&stripped).with_context(|| format!("cannot read {}", stripped.display()))?;
    let named = portable::places().into_iter().find(|(place, _)| names(&bytes, place));
    if let Some((place, _)) = named {
        bail!("{name} names {}: built elsewhere it would differ", place.display());
    }
    Ok(bytes)
}

pub(super) fn names(program: &[u8], place: &Path) -> bool {
    let place = place.as_os_str().as_encoded_bytes();
    program.windows(place.len()).any(|window| window == place)
}

fn rust(compiler: &Compiler) -> Result<Part> {
    Ok(Part {
        name: "rust-std",
        version: compiler.release()?,
        licence: "MIT OR Apache-2.0",
    })
}

/// Unwinds the stack.
fn libgcc(target: &str) -> Result<Part> {
    let version = run::read(Command::new(portable::c_tool("gcc", target)?).arg("-dumpfullversion"))?;
    Ok(Part {
        name: "libgcc",
        version: version.trim().to_owned(),
        licence: "GPL-3.0-or-later WITH GCC-exception-3.1",
    })
}

fn glibc(target: &str) -> Result<Part> {
    let mut compiler = Command::new(portable::c_tool("gcc", target)?);
    let macros = run::read(compiler.args(["-dM", "-E", "-include", "features.h", "-x", "c", "/dev/null"]))?;
    Ok(Part {
        name: "glibc",
        version: glibc_version(&macros).context("the C compiler's headers are none of glibc's")?,
        licence: "LGPL-2.1-or-later",
    })
}

fn glibc_version(macros: &str) -> Option<String> {
    let number = |name: &str| {
        let mut lines = macros
            .lines()
            .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
        lines.find(|(defined, _)| *defined == name).map(|(_, number)| number)
    };
    Some(format!("{}.{}", number("__GLIBC__")?, number("__GLIBC_MINOR__")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_glibc_is_what_its_headers_say() {
        let macros = "#define __GLIBC_USE(F) __GLIBC_USE_ ## F\n#define __GLIBC__ 2\n#define __GLIBC_MINOR__ 36\n";
        assert_eq!(glibc_version(macros).as_deref(), Some("2.36"));
        assert_eq!(glibc_version("#define __linux__ 1\n"), None);
    }

    #[test]
    fn a_program_that_names_where_it_was_built_is_noticed() {
        let place = Path::new("/home/somebody/netobs");
        assert!(names(b"\0/home/somebody/netobs/netobs-agent/src/app.rs\0", place));
        assert!(!names(b"\0/netobs/netobs-agent/src/app.rs\0", place));
    }
}
