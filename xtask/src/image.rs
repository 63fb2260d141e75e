//! `image`: the container image, as an archive that container engines load; the same from the same source, wherever it is made.

mod contents;
mod digest;
#[cfg(test)]
mod dockerfile;
mod notices;
mod oci;
mod packages;
mod platform;
mod programs;
mod roots;
mod sbom;
mod source;
mod tarball;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{portable, run};
use contents::Contents;
use oci::{Archive, Image};
use packages::Packages;
use platform::Platform;
use programs::Programs;
use sbom::{Bill, Program};
use source::Source;

#[derive(Args)]
pub(crate) struct Options {
    /// Where the archive goes; its bill of materials goes beside it, with `.cdx.json` added to the name.
    #[arg(long, value_name = "FILE", default_value = "netobs.tar")]
    output: PathBuf,
    /// For which machines, in rustc's words; like this one, if nothing is said.
    #[arg(long, value_name = "TRIPLE", default_value_t = portable::own_target())]
    target: String,
    /// How cargo compiles the programs; tests do with `dev`.
    #[arg(long, default_value = "release")]
    profile: String,
}

const NAME: &str = "netobs";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const LICENCE: &str = "Apache-2.0";
/// The kernel's programs are in the agent, with the licence that the kernel asks for.
const LICENCES: &str = "Apache-2.0 AND (MIT OR GPL-2.0-only)";
const ROOTS: &str = "webpki-root-certs";

pub(crate) fn image(options: &Options) -> Result<()> {
    let archive = make(&options.output, &options.target, &options.profile)?;
    println!("{}:{VERSION} {} {}", NAME, options.target, archive.digest);
    Ok(())
}

/// An image for this machine, compiled as tests are, which takes a tenth of the time.
pub(crate) fn for_tests() -> Result<PathBuf> {
    let output = run::target().join("portable").join("netobs.tar");
    make(&output, &portable::own_target(), "dev")?;
    Ok(output)
}

/// Builds the programs and writes archive and bill.
fn make(output: &Path, target: &str, profile: &str) -> Result<Archive> {
    let platform = Platform::of(target)?;
    let source = Source::read()?;
    let programs = programs::build(&platform, profile)?;
    let (packages, roots) = in_image(&programs)?;
    let bill = bill(&programs, &packages, &roots, &source)?;
    let contents = Contents {
        bill: bill.clone(),
        notices: notices::write(&packages)?,
        agent: programs.agent,
        client: programs.client,
    };
    let layer = contents.into_tarball()?.write(source.time)?;
    let image = Image {
        name: NAME,
        title: NAME,
        licences: LICENCES,
        version: VERSION,
        entrypoint: contents::AGENT,
        path: contents::PATH,
        platform: &platform,
        source: &source,
    };
    let archive = image.archive(&layer)?;
    write(output, &archive.bytes)?;
    write(&beside(output), bill.as_bytes())?;
    eprintln!(
        "image: {} ({}), {} unpacked",
        output.display(),
        mebibytes(archive.bytes.len()),
        mebibytes(layer.len())
    );
    Ok(archive)
}

/// All packages of which something is in the image, and the key of that with the certificates.
fn in_image(programs: &Programs) -> Result<(Packages, String)> {
    let mut packages = packages::linked(&programs.packages, &[ROOTS])?;
    let key_of = |packages: &Packages, name: &str| {
        let mut found = packages.iter().filter(|(_, package)| package.name == name);
        let (key, _) = found
            .next()
            .with_context(|| format!("cargo metadata names no {name}"))?;
        Ok::<_, anyhow::Error>(key.clone())
    };
    let (agent, kernel) = (key_of(&packages, "netobs-agent")?, key_of(&packages, "netobs-ebpf")?);
    if let Some(agent) = packages.get_mut(&agent) {
        agent.needs.insert(kernel);
    }
    let roots = key_of(&packages, ROOTS)?;
    if let Some(roots) = packages.get_mut(&roots) {
        // Of it there are only the certificates, which call nobody.
        roots.needs.clear();
    }
    Ok((packages, roots))
}

fn bill(programs: &Programs, packages: &Packages, roots: &str, source: &Source) -> Result<String> {
    let of = |package, place, bytes| Program { package, place, bytes };
    let bill = Bill {
        name: NAME,
        version: VERSION,
        licence: LICENCE,
        source,
        packages,
        programs: &[
            of("netobs-agent", contents::AGENT, &programs.agent),
            of("netobs-cli", contents::CLIENT, &programs.client),
        ],
        parts: &programs.parts,
        roots,
    };
    bill.write()
}

fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".cdx.json");
    name.into()
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn mebibytes(bytes: usize) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
