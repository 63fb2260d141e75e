//! The guest's file system: busybox, the host's network tools with their libraries, our programs, the init script.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::kernel::Kernel;
use super::{Programs, guest};
use crate::run;

/// Copied from this machine, as the lab calls them.
const HOST_TOOLS: [&str; 4] = ["nft", "ip", "tc", "ethtool"];

/// Writes the archive the kernel unpacks as its root.
pub(crate) fn make(kernel: &Kernel, programs: &Programs, arguments: &[String]) -> Result<PathBuf> {
    let root = run::target().join("vm/root");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    furnish(&root, programs, arguments)?;
    let image = run::target().join("vm/initramfs.cpio");
    run::read(
        Command::new("sh")
            .args(["-e", "-c", PACK, "pack"])
            .arg(&image)
            .current_dir(&root),
    )?;
    append(&image, &kernel.modules())?;
    Ok(image)
}

const PACK: &str = "find . | cpio --quiet --create --format=newc --owner=0:0 > \"$1\"";

fn furnish(root: &Path, programs: &Programs, arguments: &[String]) -> Result<()> {
    copy(&programs.tests, root, guest::TESTS)?;
    copy(&programs.agent, root, guest::AGENT)?;
    copy_with_libraries("busybox", root, guest::BUSYBOX)?;
    for tool in HOST_TOOLS {
        copy_with_libraries(tool, root, &format!("{}/{tool}", guest::TOOLS))?;
    }
    let init = root.join("init");
    fs::write(&init, guest::init(arguments))?;
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).context("cannot make the init script executable")
}

fn copy_with_libraries(program: &str, root: &Path, place: &str) -> Result<()> {
    let file = run::find(program).with_context(|| format!("{program} is gone; `cargo xtask prepare` installs it"))?;
    copy(&file, root, place)?;
    let libraries = run::read(Command::new("ldd").arg(&file)).unwrap_or_default();
    paths(&libraries).try_for_each(|library| copy(Path::new(library), root, library))
}

/// The files in what `ldd` says; a static program has none.
fn paths(said: &str) -> impl Iterator<Item = &str> {
    said.split_whitespace().filter(|word| word.starts_with('/'))
}

fn copy(file: &Path, root: &Path, place: &str) -> Result<()> {
    let to = root.join(place.trim_start_matches('/'));
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(file, &to).with_context(|| format!("cannot copy {} into the guest", file.display()))?;
    Ok(())
}

/// The kernel unpacks one archive after the other.
fn append(image: &Path, archive: &Path) -> Result<()> {
    let mut image = fs::OpenOptions::new().append(true).open(image)?;
    let mut archive = fs::File::open(archive).with_context(|| format!("cannot read {}", archive.display()))?;
    io::copy(&mut archive, &mut image)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_the_paths_that_ldd_names() {
        let said =
            "\tlinux-vdso.so.1 (0x7f)\n\tlibmnl.so.0 => /lib/x/libmnl.so.0 (0x7f)\n\t/lib64/ld-linux.so.2 (0x7f)\n";
        assert_eq!(
            paths(said).collect::<Vec<_>>(),
            ["/lib/x/libmnl.so.0", "/lib64/ld-linux.so.2"]
        );
    }
}
