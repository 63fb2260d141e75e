//! The few rtnetlink messages a clsact qdisc and a bpf filter need.

use super::tc::Direction;
use crate::sys;
use anyhow::{Context as _, Result};
use std::io;
use std::os::fd::BorrowedFd;

const RTM_NEWQDISC: u16 = 36;
const RTM_NEWTFILTER: u16 = 44;
const RTM_DELTFILTER: u16 = 45;
const RTM_GETTFILTER: u16 = 46;
const CLSACT: u32 = 0xffff_fff1;
const CLSACT_HANDLE: u32 = 0xffff_0000;
const CREATE: u16 = 0x400;
const EXCLUSIVE: u16 = 0x200;
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const FILTER_HANDLE: u32 = 1;

/// A bpf filter's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    pub(super) ifindex: u32,
    pub(super) direction: Direction,
    pub(super) priority: u16,
}

/// Adds a clsact qdisc if there is none.
pub(super) fn add_clsact(ifindex: u32) -> io::Result<()> {
    let body = [
        traffic_control(ifindex, CLSACT_HANDLE, CLSACT, 0),
        attribute(TCA_KIND, b"clsact\0"),
    ]
    .concat();
    match request(RTM_NEWQDISC, CREATE | EXCLUSIVE, &body) {
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(()),
        answer => answer,
    }
}

impl Filter {
    pub(super) fn add(self, program: BorrowedFd<'_>) -> io::Result<()> {
        const FD: u16 = 6;
        const NAME: u16 = 7;
        const FLAGS: u16 = 8;
        const DIRECT_ACTION: u32 = 1;
        let options = [
            attribute(FD, &sys::bpf::number(program).to_ne_bytes()),
            attribute(NAME, b"foreign\0"),
            attribute(FLAGS, &DIRECT_ACTION.to_ne_bytes()),
        ];
        let body = [
            self.place(),
            attribute(TCA_KIND, b"bpf\0"),
            attribute(TCA_OPTIONS, &options.concat()),
        ]
        .concat();
        request(RTM_NEWTFILTER, CREATE | EXCLUSIVE, &body)
    }

    pub(super) fn remove(self) -> io::Result<()> {
        request(
            RTM_DELTFILTER,
            0,
            &[self.place(), attribute(TCA_KIND, b"bpf\0")].concat(),
        )
    }

    pub(super) fn exists(self) -> Result<bool> {
        match request(
            RTM_GETTFILTER,
            0,
            &[self.place(), attribute(TCA_KIND, b"bpf\0")].concat(),
        ) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINVAL | libc::ENODEV)) => Ok(false),
            Err(error) => Err(error).context("ask for a filter"),
        }
    }

    fn place(self) -> Vec<u8> {
        const INGRESS: u32 = 0xffff_fff2;
        const EGRESS: u32 = 0xffff_fff3;
        const ALL_PROTOCOLS: u16 = 3;
        let parent = match self.direction {
            Direction::Ingress => INGRESS,
            Direction::Egress => EGRESS,
        };
        let info = u32::from(self.priority) << 16 | u32::from(ALL_PROTOCOLS.to_be());
        traffic_control(self.ifindex, FILTER_HANDLE, parent, info)
    }
}

/// The structure `tcmsg`.
fn traffic_control(ifindex: u32, handle: u32, parent: u32, info: u32) -> Vec<u8> {
    [0, ifindex, handle, parent, info].map(u32::to_ne_bytes).concat()
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    let mut attribute = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    attribute.extend(value);
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

/// Sends a request in the calling thread's namespace and waits for the answer.
fn request(kind: u16, flags: u16, body: &[u8]) -> io::Result<()> {
    const REQUEST_AND_ACK: u16 = 1 | 4;
    const HEADER: usize = 16;
    const ERROR: u16 = 2;
    let length = u32::try_from(HEADER + body.len()).map_err(io::Error::other)?;
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend((flags | REQUEST_AND_ACK).to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    let socket = sys::socket::open(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
    sys::socket::send(&socket, &message)?;
    let mut answer = [0; 8192];
    loop {
        let length = sys::socket::receive(&socket, &mut answer)?;
        let word = |at: usize| i32::from_ne_bytes(std::array::from_fn(|n| answer[at + n]));
        if length >= HEADER + 4 && u16::from_ne_bytes([answer[4], answer[5]]) == ERROR {
            let error = -word(HEADER);
            return if error == 0 {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(error))
            };
        }
    }
}
