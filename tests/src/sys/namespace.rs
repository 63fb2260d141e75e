//! Entering and leaving namespaces on the calling thread.

use super::check;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Gives the calling thread a network namespace of its own.
pub(crate) fn unshare_network() -> io::Result<()> {
    // SAFETY: takes no pointers; only the calling thread is moved.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) }).map(drop)
}

/// Moves the calling thread into a network namespace.
pub(crate) fn enter_network(namespace: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes no pointers; the descriptor is borrowed, hence open.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// Gives the calling thread mounts of its own, so that what it mounts is seen by nobody else and goes with it.
pub(crate) fn unshare_mounts() -> io::Result<()> {
    // SAFETY: takes no pointers; only the calling thread is moved.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    mount(None, c"/", libc::MS_REC | libc::MS_PRIVATE)
}

/// Mounts a file system that needs no device, such as `tracefs`.
pub(crate) fn mount_virtual(kind: &str, at: &str) -> io::Result<()> {
    let at = CString::new(at)?;
    mount(Some(&CString::new(kind)?), &at, 0)
}

fn mount(kind: Option<&CString>, at: &std::ffi::CStr, flags: libc::c_ulong) -> io::Result<()> {
    let kind = kind.map_or(std::ptr::null(), |kind| kind.as_ptr());
    // SAFETY: the strings end in NUL and outlive the call; null is allowed for the kind and the data.
    check(unsafe { libc::mount(c"none".as_ptr(), at.as_ptr(), kind, flags, std::ptr::null()) }).map(drop)
}
