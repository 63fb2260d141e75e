//! What each thread of a process may do, as the kernel says it.

use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs;

/// Capabilities as sets of bits, and whether more can be gained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    pub inheritable: u64,
    pub permitted: u64,
    pub effective: u64,
    pub bounding: u64,
    pub ambient: u64,
    pub can_gain: bool,
    /// 2 with a filter.
    pub seccomp: u64,
}

/// Of each thread, by its number and name.
pub fn all_rights(pid: u32) -> Result<BTreeMap<(u32, String), Rights>> {
    let folder = format!("/proc/{pid}/task");
    let mut all = BTreeMap::new();
    for thread in fs::read_dir(&folder).with_context(|| format!("list {folder}"))? {
        let name = thread?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.parse().ok())
            .context("a thread's number")?;
        // A thread may end between being listed and being looked at.
        let Ok(status) = fs::read_to_string(format!("{folder}/{number}/status")) else {
            continue;
        };
        let fields: BTreeMap<&str, &str> = status.lines().filter_map(|line| line.split_once(":\t")).collect();
        let name = fields.get("Name").copied().unwrap_or_default();
        all.insert((number, name.to_owned()), Rights::read(&fields)?);
    }
    Ok(all)
}

impl Rights {
    fn read(fields: &BTreeMap<&str, &str>) -> Result<Self> {
        let field = |name: &str| fields.get(name).with_context(|| format!("no {name}"));
        let set = |name: &str| Ok::<_, anyhow::Error>(u64::from_str_radix(field(name)?, 16)?);
        Ok(Self {
            inheritable: set("CapInh")?,
            permitted: set("CapPrm")?,
            effective: set("CapEff")?,
            bounding: set("CapBnd")?,
            ambient: set("CapAmb")?,
            can_gain: *field("NoNewPrivs")? == "0",
            seccomp: field("Seccomp")?.parse()?,
        })
    }
}
