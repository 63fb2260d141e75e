//! What is done in a child process between fork and exec, and signals to it.

use super::check;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Starts the command inside the network namespace.
pub(crate) fn start_in_network(command: &mut Command, namespace: OwnedFd) {
    // SAFETY: between fork and exec only setns is called, which is async-signal-safe.
    unsafe { command.pre_exec(move || super::namespace::enter_network(namespace.as_fd())) };
}

/// Has the kernel kill the command when the thread that started it ends, so that a killed test leaves nothing behind.
pub(crate) fn die_with_parent(command: &mut Command) {
    // SAFETY: between fork and exec only prctl is called, which is async-signal-safe.
    unsafe { command.pre_exec(|| check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL)).map(drop)) };
}

/// Starts the command as a member of the cgroup whose `cgroup.procs` this is.
pub(crate) fn start_in_cgroup(command: &mut Command, procs: File) {
    // SAFETY: between fork and exec only write is called, which is async-signal-safe.
    unsafe { command.pre_exec(move || (&procs).write_all(b"0")) };
}

/// Takes every capability but these away from the command.
pub(crate) fn keep_capabilities(command: &mut Command, keep: u64) {
    const LAST_POSSIBLE: u64 = 63;
    let drop_others = move || {
        for capability in (0..=LAST_POSSIBLE).filter(|bit| keep & (1 << bit) == 0) {
            // SAFETY: takes no pointers; async-signal-safe.
            let answer = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
            let error = io::Error::last_os_error();
            if answer < 0 && error.raw_os_error() != Some(libc::EINVAL) {
                return Err(error);
            }
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing and calls prctl only.
    unsafe { command.pre_exec(drop_others) };
}

/// Puts a seccomp filter into force before the command's program begins.
pub(crate) fn confine(command: &mut Command, filter: seccompiler::BpfProgram) {
    // SAFETY: between fork and exec only prctl and seccomp are called, which is async-signal-safe; errors are not formatted.
    unsafe { command.pre_exec(move || seccompiler::apply_filter(&filter).map_err(|_| io::ErrorKind::Other.into())) };
}

/// The error number of a system call whose other arguments are zero; 0 if it succeeds.
pub(crate) fn error_of(number: i64, first: u64) -> i32 {
    // SAFETY: all pointers are null, so that the kernel touches no memory of ours; the caller chose a call that then does nothing.
    let answer = unsafe { libc::syscall(number, first, 0, 0, 0, 0, 0) };
    if answer < 0 {
        io::Error::last_os_error().raw_os_error().unwrap_or_default()
    } else {
        0
    }
}

/// Sends a signal to a child that has not been waited for yet.
pub(crate) fn signal(pid: u32, signal: i32) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    // SAFETY: takes no pointers; the caller holds the child unreaped, so the number is still its own.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// The kernel's clock ticks per second, the unit of process times in `/proc`.
pub(crate) fn clock_ticks_per_second() -> u64 {
    // SAFETY: takes no pointers.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100)
}

/// The size of a page in bytes.
pub(crate) fn page_bytes() -> u64 {
    // SAFETY: takes no pointers.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
