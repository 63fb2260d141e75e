//! Debian's kernels: which there are, where they are put, what of them the guest gets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::{prepare, run};

/// Kernels that differ in how the programs are attached.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Series {
    #[value(name = "6.1")]
    V6_1,
    #[value(name = "6.12")]
    V6_12,
}

/// A kernel that is unpacked and ready to boot.
pub(crate) struct Kernel {
    folder: PathBuf,
    release: String,
}

/// The parts of the modules' tree that make networks; the rest drives hardware.
const MODULES: [&str; 4] = ["net", "drivers/net", "lib", "crypto"];

impl Series {
    pub(crate) const ALL: [Self; 2] = [Self::V6_1, Self::V6_12];

    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::V6_1 => "before TCX: the taps attach through clsact",
            Self::V6_12 => "the taps attach through TCX",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::V6_1 => "linux-image-6.1.",
            Self::V6_12 => "linux-image-6.12.",
        }
    }
}

impl Kernel {
    pub(crate) fn release(&self) -> &str {
        &self.release
    }

    pub(crate) fn vmlinuz(&self) -> PathBuf {
        self.folder.join(format!("boot/vmlinuz-{}", self.release))
    }

    /// An archive of the modules under `lib/modules`, ready for `modprobe`.
    pub(crate) fn modules(&self) -> PathBuf {
        self.folder.join("modules.cpio")
    }
}

/// The kernel as it was unpacked before, or the newest one Debian has.
pub(crate) fn fetch(series: Series) -> Result<Kernel> {
    let folder = run::target().join("vm").join(series.prefix().trim_end_matches('.'));
    if !folder.is_dir() {
        let package = newest(series)?;
        println!("vm: fetching {package}");
        let fresh = run::target().join("vm/unpacking");
        unpack(&package, &fresh).with_context(|| format!("could not make {package} ready"))?;
        fs::rename(&fresh, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let release = only_entry(&folder.join("lib/modules"))?;
    Ok(Kernel { folder, release })
}

fn newest(series: Series) -> Result<String> {
    if let Some(package) = candidates(series)?.pop() {
        return Ok(package);
    }
    prepare::update_package_lists();
    let name = series.prefix();
    candidates(series)?.pop().with_context(|| {
        format!("no package {name}…-cloud-amd64: add the sources of Debian bookworm and its security suite to apt")
    })
}

/// From the oldest to the newest.
fn candidates(series: Series) -> Result<Vec<String>> {
    let listed = run::read(Command::new("apt-cache").args(["pkgnames", series.prefix()]))?;
    Ok(in_order(&listed))
}

fn in_order(names: &str) -> Vec<String> {
    let is_image = |name: &&str| name.ends_with("-cloud-amd64") || name.ends_with("-cloud-amd64-unsigned");
    let mut images: Vec<String> = names.lines().filter(is_image).map(str::to_owned).collect();
    images.sort_by_key(|name| (numbers(name), name.ends_with("-amd64")));
    images
}

fn numbers(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

fn unpack(package: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    prepare::download_package(package, folder)?;
    let archive = folder.join(only_entry(folder)?);
    run::run(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(folder))?;
    fs::remove_file(archive)?;
    pack_modules(folder)
}

fn pack_modules(folder: &Path) -> Result<()> {
    let release = only_entry(&folder.join("lib/modules"))?;
    let tree = folder.join("lib/modules").join(&release);
    let kept = MODULES.map(|part| format!("kernel/{part}")).join(" ");
    let script = format!(
        "find kernel -name '*.ko*' > all && mkdir kept && cp --parents -r {kept} modules.builtin modules.order kept\n\
         find kept -name '*.ko.xz' -exec xz --decompress {{}} +\n\
         rm -r kernel all && mv kept/* . && rmdir kept"
    );
    shell(&tree, &script)?;
    run::run(Command::new("busybox").args(["depmod", "-b"]).arg(folder).arg(&release))?;
    shell(
        folder,
        "find lib | cpio --quiet --create --format=newc --owner=0:0 > modules.cpio",
    )
}

fn shell(folder: &Path, script: &str) -> Result<()> {
    run::read(Command::new("sh").args(["-e", "-c", script]).current_dir(folder)).map(drop)
}

fn only_entry(folder: &Path) -> Result<String> {
    let mut entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let Some(entry) = entries.next() else {
        bail!("{} is empty", folder.display())
    };
    Ok(entry?.file_name().to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_kernel_comes_last_and_debug_symbols_not_at_all() {
        let names = "linux-image-6.1.0-100-cloud-amd64\nlinux-image-6.1.0-56-cloud-amd64-dbg\n\
                     linux-image-6.1.0-56-cloud-amd64\nlinux-image-6.1.0-9-amd64\n\
                     linux-image-6.1.0-56-cloud-amd64-unsigned\n";
        let expected = [
            "linux-image-6.1.0-56-cloud-amd64-unsigned",
            "linux-image-6.1.0-56-cloud-amd64",
            "linux-image-6.1.0-100-cloud-amd64",
        ];
        assert_eq!(in_order(names), expected);
    }
}
