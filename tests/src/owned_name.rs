//! Names of what a test makes in the kernel's file systems: they carry its process, so that what a dead one left is known.

use std::fs;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

const PREFIX: &str = "netobs-lab-";

/// A name that nobody else has.
pub(crate) fn new() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("{PREFIX}{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

/// Removes the folders of test processes that are no more.
pub(crate) fn remove_leftovers(folder: &Path) {
    let names = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name());
    for name in names.filter_map(|name| name.into_string().ok()) {
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another process may be removing it at the same time.
            let _ = fs::remove_dir(folder.join(name));
        }
    }
}
