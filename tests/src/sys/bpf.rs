//! The bpf(2) system call, as far as a small foreign program needs it, and what it tells about others' programs.

use super::{check_fd, size_of_u32};
use std::ffi::{CStr, c_long};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::ptr;

const MAP_CREATE: i32 = 0;
const MAP_LOOKUP_ELEM: i32 = 1;
const PROG_LOAD: i32 = 5;
const PROG_GET_FD_BY_ID: i32 = 13;
const MAP_GET_FD_BY_ID: i32 = 14;
const PROG_QUERY: i32 = 16;
const LINK_CREATE: i32 = 28;
const LINK_GET_FD_BY_ID: i32 = 30;
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

#[repr(C)]
#[derive(Default)]
struct ProgQuery {
    target: u32,
    attach_type: u32,
    query_flags: u32,
    attach_flags: u32,
    program_ids: u64,
    count: u32,
    padding: u32,
    program_attach_flags: u64,
    link_ids: u64,
    link_attach_flags: u64,
    revision: u64,
}

/// What the kernel gives numbers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Program,
    Map,
    Link,
}

/// The object of this number; `None` if there is none any more.
pub(crate) fn by_id(kind: Kind, id: u32) -> io::Result<Option<OwnedFd>> {
    let command = match kind {
        Kind::Program => PROG_GET_FD_BY_ID,
        Kind::Map => MAP_GET_FD_BY_ID,
        Kind::Link => LINK_GET_FD_BY_ID,
    };
    match check_fd(call(command, &[id, 0, 0])) {
        Ok(fd) => Ok(Some(fd)),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The numbers of the programs at an interface's place for this kind, in their order.
pub(crate) fn attached(ifindex: u32, attach_type: u32) -> io::Result<Vec<u32>> {
    const ROOM: u32 = 64;
    let mut ids = [0_u32; ROOM as usize];
    let query = ProgQuery {
        target: ifindex,
        attach_type,
        program_ids: ids.as_mut_ptr().expose_provenance() as u64,
        count: ROOM,
        ..ProgQuery::default()
    };
    if call(PROG_QUERY, &query) < 0 {
        let error = io::Error::last_os_error();
        let nothing_ever = error.raw_os_error() == Some(libc::ENOENT);
        return if nothing_ever { Ok(Vec::new()) } else { Err(error) };
    }
    Ok(ids.into_iter().take_while(|id| *id != 0).collect())
}

/// Reads the element of an array map into a buffer as long as its values are.
pub(crate) fn read_element(map: BorrowedFd<'_>, key: u32, value: &mut [u8]) -> io::Result<()> {
    let attributes = MapLookup {
        map: number(map),
        padding: 0,
        key: ptr::from_ref(&key).expose_provenance() as u64,
        value: value.as_mut_ptr().expose_provenance() as u64,
        flags: 0,
    };
    if call(MAP_LOOKUP_ELEM, &attributes) < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
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
    // to the value of a look-up, to the numbers that a query asks for, which the caller holds mutably, and to the query itself.
    unsafe { libc::syscall(libc::SYS_bpf, command, ptr::from_ref(attributes), size_of_u32::<T>()) }
}
