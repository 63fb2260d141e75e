//! The programs the tests call, each with the Debian package that has it.

use anyhow::Result;

use super::apt;
use crate::run;

/// A program and where Debian keeps it.
pub(crate) struct Tool {
    program: &'static str,
    package: &'static str,
}

const fn tool(program: &'static str, package: &'static str) -> Tool {
    Tool { program, package }
}

pub(crate) const LAB: [Tool; 4] = [
    tool("nft", "nftables"),
    tool("ip", "iproute2"),
    tool("tc", "iproute2"),
    tool("ethtool", "ethtool"),
];

pub(crate) const VM: [Tool; 6] = [
    tool("qemu-system-x86_64", "qemu-system-x86"),
    tool("busybox", "busybox-static"),
    tool("cpio", "cpio"),
    tool("xz", "xz-utils"),
    tool("nft", "nftables"),
    tool("ip", "iproute2"),
];

pub(crate) fn ensure(purpose: &str, tools: &[Tool]) -> Result<()> {
    let missing = tools.iter().filter(|tool| run::find(tool.program).is_none());
    let mut packages: Vec<&str> = missing.map(|tool| tool.package).collect();
    packages.dedup();
    if packages.is_empty() {
        println!("prepare: all tools of the {purpose} tests are here");
        return Ok(());
    }
    apt::install(&packages)
}
