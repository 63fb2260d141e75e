//! What of ours is attached to an interface, as `tc` says.

use anyhow::{Context as _, Result};
use netobs_tests::netns::Netns;
use std::fs;

/// No filter of ours in either direction.
pub(super) const NONE: [Vec<u32>; 2] = [Vec::new(), Vec::new()];

/// Whether this kernel has TCX, which came with Linux 6.6.
pub(super) fn has_tcx() -> Result<bool> {
    Ok(version()? >= (6, 6))
}

pub(super) fn version() -> Result<(u32, u32)> {
    let release = release()?;
    let mut numbers = release.split(['.', '-']).map_while(|part| part.trim().parse().ok());
    Ok((
        numbers.next().context(release.clone())?,
        numbers.next().context(release.clone())?,
    ))
}

pub(super) fn release() -> Result<String> {
    fs::read_to_string("/proc/sys/kernel/osrelease").context("the kernel's release")
}

/// Numbers of our programs among the filters of an interface, from the pod and to it.
pub(super) fn filters(node: &Netns, interface: &str) -> Result<[Vec<u32>; 2]> {
    let ids = |direction, name: &str| {
        let shown = node.output("tc", &["filter", "show", "dev", interface, direction], "")?;
        let ours = shown
            .lines()
            .filter(|line| line.contains(name) && line.contains("handle"));
        ours.map(program_id).collect::<Result<Vec<u32>>>()
    };
    Ok([ids("ingress", "netobs_from_pod")?, ids("egress", "netobs_to_pod")?])
}

pub(super) fn has_clsact(node: &Netns, interface: &str) -> Result<bool> {
    let shown = node.output("tc", &["qdisc", "show", "dev", interface], "")?;
    Ok(shown.contains("clsact"))
}

fn program_id(line: &str) -> Result<u32> {
    let mut words = line.split_whitespace().skip_while(|word| *word != "id");
    words
        .nth(1)
        .and_then(|id| id.parse().ok())
        .with_context(|| format!("no program's number in {line}"))
}
