//! Drops that nobody saw: while the drop program runs on a CPU, the kernel does not start it there once more for a packet
//! dropped by an interrupt, but counts that it did not.
#![expect(unsafe_code, reason = "this file meets the kernel")]
use std::{
    os::fd::{AsRawFd as _, BorrowedFd},
    ptr,
};

use super::counters::{Loss, MISSED};

/// `struct bpf_prog_info` as far as Linux 5.12 has it, the first that counts these.
#[repr(C)]
#[derive(Default)]
struct Info {
    described: [u64; 26],
    recursion_misses: u64,
}

#[repr(C)]
struct Request {
    program: u32,
    info_len: u32,
    info: u64,
}

#[derive(Default)]
pub(crate) struct Missed {
    told: u64,
}

impl Missed {
    /// How many packets these were since this was last asked; how long they were is not known.
    pub(crate) fn gain(&mut self, program: BorrowedFd<'_>) -> Option<Loss> {
        let total = recursion_misses(program);
        let packets = total.saturating_sub(self.told);
        self.told = self.told.max(total);
        (packets > 0).then_some(Loss {
            place: MISSED,
            packets,
            bytes: 0,
        })
    }
}

/// Zero where the kernel does not count them.
fn recursion_misses(program: BorrowedFd<'_>) -> u64 {
    const OBJ_GET_INFO_BY_FD: i32 = 15;
    const INFO_LEN: u32 = 27 * 8;
    const _: () = assert!(size_of::<Info>() == INFO_LEN as usize);
    let mut info = Info::default();
    let request = Request {
        program: program.as_raw_fd().cast_unsigned(),
        info_len: INFO_LEN,
        info: ptr::from_mut(&mut info).expose_provenance() as u64,
    };
    // SAFETY: the kernel writes at most `info_len` bytes, which `info` has.
    unsafe {
        libc::syscall(
            libc::SYS_bpf,
            OBJ_GET_INFO_BY_FD,
            ptr::from_ref(&request),
            size_of::<Request>(),
        )
    };
    info.recursion_misses
}
