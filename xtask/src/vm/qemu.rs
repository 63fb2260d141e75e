//! Boots the guest, shows what it says, and tells by its last line how it went.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::guest::{self, Outcome};
use super::kernel::Kernel;

/// Under software emulation all of it is some ten times slower than here.
const LIMIT_SECONDS: u32 = 900;

const COMMAND_LINE: &str = "console=ttyS0 quiet loglevel=3 panic=-1";

/// Fails unless the guest says that its tests passed.
pub(crate) fn boot(kernel: &Kernel, image: &Path) -> Result<()> {
    let mut qemu = command(kernel, image).spawn().context("cannot start qemu")?;
    let console = qemu.stdout.take().context("qemu has no console")?;
    let mut outcome = None;
    for line in BufReader::new(console).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("vm| {}", line.trim_end());
        outcome = outcome.or_else(|| guest::outcome(&line));
    }
    let ended = qemu.wait()?;
    match outcome {
        Some(Outcome::Passed) => Ok(()),
        Some(Outcome::NothingRan) => bail!("no test ran: does the name given fit one in tests/tests/kernels.rs?"),
        Some(Outcome::Failed(status)) => bail!("failed in the guest (exit status {status})"),
        None => bail!("ended without a result after at most {LIMIT_SECONDS} s ({ended}): did the guest panic or hang?"),
    }
}

/// Emulated, so that it runs the same everywhere; `timeout` ends a guest that hangs.
fn command(kernel: &Kernel, image: &Path) -> Command {
    let mut command = Command::new("timeout");
    command
        .arg("--foreground")
        .arg(LIMIT_SECONDS.to_string())
        .arg("qemu-system-x86_64");
    command.args([
        "-accel",
        "tcg",
        "-cpu",
        "max",
        "-smp",
        "2",
        "-m",
        "2G",
        "-no-reboot",
        "-nodefaults",
    ]);
    command.args(["-display", "none", "-serial", "stdio", "-append", COMMAND_LINE]);
    command.arg("-kernel").arg(kernel.vmlinuz()).arg("-initrd").arg(image);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}
