//! Names of drop reasons, from the running kernel: their numbers move between kernels.
use std::{collections::HashMap, fs, path::Path};

use netobs_core::event::ReasonId;
use tracing::debug;

use super::btf::Btf;

const MODULES: &str = "/sys/kernel/btf";
const CORE_PREFIX: &str = "SKB_DROP_REASON_";
/// What the tracepoint reports though the network dropped nothing: what was consumed, a sniffer's copy, what a socket that
/// was closed had received and not read.
const NO_DROPS: [&str; 4] = [
    "SKB_NOT_DROPPED_YET",
    "SKB_CONSUMED",
    "PACKET_SOCK_ERROR",
    "QUEUE_PURGE",
];

pub(crate) struct Reasons {
    by_id: HashMap<ReasonId, String>,
}

impl Reasons {
    /// All enums of reasons: the kernel's own, and those of subsystems that have theirs, in modules too.
    pub(crate) fn read(kernel: &Btf) -> Self {
        let mut by_id = HashMap::new();
        collect(kernel, &mut by_id);
        for module in modules() {
            match Btf::read(&Path::new(MODULES).join(&module), Some(kernel)) {
                Ok(btf) => collect(&btf, &mut by_id),
                Err(error) => debug!(module, %error, "a module's drop reasons stay numbers"),
            }
        }
        Self { by_id }
    }

    pub(crate) fn name(&self, reason: ReasonId) -> String {
        self.by_id
            .get(&reason)
            .cloned()
            .unwrap_or_else(|| format!("REASON_{}", reason.0))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (ReasonId, &str)> {
        self.by_id.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// One bit for each core reason that is no drop.
    pub(crate) fn ignored(&self) -> [u64; 4] {
        let mut bits = [0; 4];
        for (id, name) in &self.by_id {
            if NO_DROPS.contains(&name.as_str())
                && let Some(word) = bits.get_mut(id.0 as usize / 64)
            {
                *word |= 1 << (id.0 % 64);
            }
        }
        bits
    }
}

fn collect(btf: &Btf, by_id: &mut HashMap<ReasonId, String>) {
    for (name, value) in btf.enumerators(|name| name.ends_with("drop_reason")) {
        let short = name.strip_prefix(CORE_PREFIX).unwrap_or(&name).to_owned();
        by_id.entry(ReasonId(value)).or_insert(short);
    }
}

fn modules() -> Vec<String> {
    let Ok(entries) = fs::read_dir(MODULES) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name != "vmlinux").collect()
}
