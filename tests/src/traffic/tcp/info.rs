//! What the kernel says of a TCP socket: the structure of `TCP_INFO`, read by offset.

use crate::sys;
use anyhow::{Context as _, Result, ensure};
use std::os::fd::AsFd;

/// A state of a TCP socket, by the kernel's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpState(pub u8);

impl TcpState {
    pub const ESTABLISHED: Self = Self(1);
    pub const SYN_SENT: Self = Self(2);
    pub const CLOSE: Self = Self(7);
    pub const CLOSE_WAIT: Self = Self(8);
}

/// One end's counts. The SYN-ACK is not in the server's `segments_out`: a request answers it before there is a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpCounts {
    pub state: TcpState,
    pub segments_out: u32,
    pub segments_in: u32,
    pub retransmitted: u32,
    pub bytes_acked: u64,
    pub bytes_received: u64,
}

impl TcpCounts {
    pub fn of(socket: impl AsFd) -> Result<Self> {
        const TOTAL_RETRANS: usize = 100;
        const BYTES_ACKED: usize = 120;
        const BYTES_RECEIVED: usize = 128;
        const SEGS_OUT: usize = 136;
        const SEGS_IN: usize = 140;
        let mut info = [0; 256];
        let length = sys::socket::option(socket, libc::IPPROTO_TCP, libc::TCP_INFO, &mut info).context("TCP_INFO")?;
        ensure!(length >= SEGS_IN + 4, "this kernel's TCP_INFO has no segment counts");
        Ok(Self {
            state: TcpState(info[0]),
            segments_out: u32::from_ne_bytes(field(&info, SEGS_OUT)),
            segments_in: u32::from_ne_bytes(field(&info, SEGS_IN)),
            retransmitted: u32::from_ne_bytes(field(&info, TOTAL_RETRANS)),
            bytes_acked: u64::from_ne_bytes(field(&info, BYTES_ACKED)),
            bytes_received: u64::from_ne_bytes(field(&info, BYTES_RECEIVED)),
        })
    }
}

fn field<const N: usize>(info: &[u8; 256], at: usize) -> [u8; N] {
    std::array::from_fn(|n| info[at + n])
}
