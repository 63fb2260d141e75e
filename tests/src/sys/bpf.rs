//! The bpf(2) system call, as far as a small foreign program needs it.

use super::{check_fd, size_of_u32};
use std::ffi::{CStr, c_long};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::ptr;

const MAP_CREATE: i32 = 0;
const MAP_LOOKUP_ELEM: i32 = 1;
const PROG_LOAD: i32 = 5;
const LINK_CREATE: i32 = 28;
const LINK_DETACH: i32 = 34;
const MAP_TYPE_ARRAY: u32 = 2;

#[repr(C)]
#[derive(Default)]
struct MapCreate {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

#[repr(C)]
struct MapLookup {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
struct ProgLoad {
    kind: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    ifindex: u32,
    expected_attach_type: u32,
}

#[repr(C)]
struct LinkCreate {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
    relative: u32,
    padding: u32,
    expected_revision: u64,
}

/// An array map of one 64-bit number.
pub(crate) fn create_counter() -> io::Result<OwnedFd> {
    let attributes = MapCreate {
        kind: MAP_TYPE_ARRAY,
        key_size: 4,
        value_size: 8,
        max_entries: 1,
        flags: 0,
    };
    check_fd(call(MAP_CREATE, &attributes))
}

pub(crate) fn read_counter(map: BorrowedFd<'_>) -> io::Result<u64> {
    let (key, mut value) = (0_u32, 0_u64);
    let attributes = MapLookup {
        map: number(map),
        padding: 0,
        key: ptr::from_ref(&key).expose_provenance() as u64,
        value: ptr::from_mut(&mut value).expose_provenance() as u64,
        flags: 0,
    };
    if call(MAP_LOOKUP_ELEM, &attributes) < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(value)
    }
}

pub(crate) fn load_program(kind: u32, expected_attach_type: u32, instructions: &[u64]) -> io::Result<OwnedFd> {
    const LICENSE: &CStr = c"GPL";
    let mut name = [0; 16];
    name[..7].copy_from_slice(b"foreign");
    check_fd(call(
        PROG_LOAD,
        &ProgLoad {
            kind,
            instruction_count: u32::try_from(instructions.len()).map_err(io::Error::other)?,
            instructions: instructions.as_ptr().expose_provenance() as u64,
            license: LICENSE.as_ptr().expose_provenance() as u64,
            log_level: 0,
            log_size: 0,
            log: 0,
            kernel_version: 0,
            flags: 0,
            name,
            ifindex: 0,
            expected_attach_type,
        },
    ))
}

/// Attaches a program to what the target names: an interface's number or a cgroup's descriptor.
pub(crate) fn create_link(program: BorrowedFd<'_>, target: u32, attach_type: u32, flags: u32) -> io::Result<OwnedFd> {
    let attributes = LinkCreate {
        program: number(program),
        target,
        attach_type,
        flags,
        relative: 0,
        padding: 0,
        expected_revision: 0,
    };
    check_fd(call(LINK_CREATE, &attributes))
}

/// Detaches a link at once. Closing it would not do: a child of another thread, not yet at its exec, may hold it too.
pub(crate) fn detach_link(link: BorrowedFd<'_>) -> io::Result<()> {
    if call(LINK_DETACH, &number(link)) < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// A descriptor as attributes carry it.
pub(crate) fn number(fd: BorrowedFd<'_>) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

fn call<T>(command: i32, attributes: &T) -> c_long {
    // SAFETY: the attributes are as long as told and, like all they point to, outlive the call; the kernel writes only
    // to the value of a look-up, which the caller holds mutably.
    unsafe { libc::syscall(libc::SYS_bpf, command, ptr::from_ref(attributes), size_of_u32::<T>()) }
}
