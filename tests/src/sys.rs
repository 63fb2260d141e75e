//! The system calls that the standard library has no safe form of; every `unsafe` of the lab is below here.
#![expect(unsafe_code, reason = "system calls without a safe form in the standard library")]

pub(crate) mod bpf;
pub(crate) mod child;
pub(crate) mod interface;
pub(crate) mod namespace;
pub(crate) mod socket;
pub(crate) mod thread;

use std::ffi::{c_int, c_long};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The error of a system call that answers -1.
fn check(answer: c_int) -> io::Result<c_int> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

fn check_size(answer: isize) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}

fn check_fd(answer: c_long) -> io::Result<OwnedFd> {
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = RawFd::try_from(answer).map_err(io::Error::other)?;
    // SAFETY: the kernel has just given us this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The size of a structure as the kernel wants to be told it.
fn size_of_u32<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(u32::MAX)
}
