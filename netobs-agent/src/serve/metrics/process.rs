//! What this process takes, as the kernel says.
use std::fs;

use super::page::Page;

/// The unit of times in `/proc`, the same on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

pub(super) fn tell(page: &mut Page) {
    if let Some(seconds) = cpu_seconds() {
        page.counter(
            "process_cpu_seconds_total",
            "CPU time the agent took, in user and in kernel mode.",
        )
        .is(seconds);
    }
    if let Some(bytes) = resident_bytes() {
        page.gauge("process_resident_memory_bytes", "Memory of the agent that is in RAM.")
            .is(bytes);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        page.gauge("process_open_fds", "Files and sockets the agent has open.")
            .is(open.count());
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name is in parentheses and may hold anything; after it comes the third field.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<f64>);
    let user = times.next()?.ok()?;
    let system = times.next()?.ok()?;
    Some((user + system) / TICKS_A_SECOND)
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
