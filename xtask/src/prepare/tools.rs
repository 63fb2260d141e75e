//! The programs the tests call, each with the Debian package that has it.

use std::collections::BTreeSet;

use anyhow::Result;

use super::apt;
use crate::run;

/// A program and where Debian keeps it.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    program: &'static str,
    package: &'static str,
}

const fn tool(program: &'static str, package: &'static str) -> Tool {
    Tool { program, package }
}

pub(crate) const NETWORK: [Tool; 4] = [
    tool("nft", "nftables"),
    tool("ip", "iproute2"),
    tool("tc", "iproute2"),
    tool("ethtool", "ethtool"),
];

pub(crate) const CONTAINERS: [Tool; 2] = [tool("runc", "runc"), tool("nsenter", "util-linux")];

/// What processes in pods open connections with.
pub(crate) const PROBES: [Tool; 2] = [tool("busybox", "busybox-static"), tool("curl", "curl")];

pub(crate) const READERS: [Tool; 2] = [tool("chromium", "chromium"), tool("dot", "graphviz")];

pub(crate) const MACHINE: [Tool; 4] = [
    tool("qemu-system-x86_64", "qemu-system-x86"),
    tool("busybox", "busybox-static"),
    tool("cpio", "cpio"),
    tool("xz", "xz-utils"),
];

pub(crate) const PYTHON: [Tool; 1] = [tool("python3", "python3")];

pub(crate) fn ensure(tools: &[Tool]) -> Result<()> {
    let missing = tools.iter().filter(|tool| run::find(tool.program).is_none());
    let packages: BTreeSet<&str> = missing.map(|tool| tool.package).collect();
    if packages.is_empty() {
        eprintln!("prepare: {} are here", names(tools));
        return Ok(());
    }
    apt::install(&packages.into_iter().collect::<Vec<_>>())
}

fn names(tools: &[Tool]) -> String {
    tools.iter().map(|tool| tool.program).collect::<Vec<_>>().join(", ")
}
