//! Sockets of kinds the standard library does not know: raw, packet, netlink; and socket options.

use super::{check, check_fd, check_size, size_of_u32};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::ptr;

/// A socket address in the kernel's form.
pub(crate) struct Address {
    storage: libc::sockaddr_storage,
    length: libc::socklen_t,
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => Self::of(libc::sockaddr_in {
                sin_family: family(libc::AF_INET),
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: u32::from_ne_bytes(v4.ip().octets()),
                },
                sin_zero: [0; 8],
            }),
            SocketAddr::V6(v6) => Self::of(libc::sockaddr_in6 {
                sin6_family: family(libc::AF_INET6),
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr {
                    s6_addr: v6.ip().octets(),
                },
                sin6_scope_id: v6.scope_id(),
            }),
        }
    }
}

impl Address {
    /// An interface, for a packet socket that sends only.
    pub(crate) fn link(ifindex: u32) -> Self {
        Self::of(libc::sockaddr_ll {
            sll_family: family(libc::AF_PACKET),
            sll_protocol: 0,
            sll_ifindex: ifindex.cast_signed(),
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        })
    }

    fn of<T: Copy>(address: T) -> Self {
        // SAFETY: all zeroes is a valid value of this plain structure.
        let mut storage: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
        // SAFETY: the storage is made to be large enough, and aligned, for every kind of socket address.
        unsafe { ptr::write(ptr::from_mut(&mut storage).cast(), address) };
        Self {
            storage,
            length: size_of_u32::<T>(),
        }
    }

    fn pointer(&self) -> *const libc::sockaddr {
        ptr::from_ref(&self.storage).cast()
    }
}

pub(crate) fn open(domain: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes no pointers.
    check_fd(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) }.into())
}

pub(crate) fn bind(socket: impl AsFd, address: &Address) -> io::Result<()> {
    // SAFETY: the address outlives the call and is as long as told.
    check(unsafe { libc::bind(raw(&socket.as_fd()), address.pointer(), address.length) }).map(drop)
}

pub(crate) fn connect(socket: impl AsFd, address: &Address) -> io::Result<()> {
    // SAFETY: the address outlives the call and is as long as told.
    check(unsafe { libc::connect(raw(&socket.as_fd()), address.pointer(), address.length) }).map(drop)
}

/// Dissolves a connection; TCP does so with a RST.
pub(crate) fn disconnect(socket: impl AsFd) -> io::Result<()> {
    connect(socket, &Address::of(family(libc::AF_UNSPEC)))
}

pub(crate) fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the bytes outlive the call and are as many as told.
    check_size(unsafe {
        libc::send(
            raw(&socket.as_fd()),
            bytes.as_ptr().cast(),
            bytes.len(),
            libc::MSG_NOSIGNAL,
        )
    })
}

pub(crate) fn receive(socket: impl AsFd, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer outlives the call and is as long as told.
    check_size(unsafe { libc::recv(raw(&socket.as_fd()), into.as_mut_ptr().cast(), into.len(), 0) })
}

/// Sends several messages in one call; answers how many the kernel took.
pub(crate) fn send_many(socket: impl AsFd, messages: &[Vec<u8>]) -> io::Result<usize> {
    let mut parts: Vec<libc::iovec> = messages
        .iter()
        .map(|bytes| libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        })
        .collect();
    let mut headers: Vec<libc::mmsghdr> = parts
        .iter_mut()
        .map(|part| {
            // SAFETY: all zeroes is a valid value of this plain structure.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header
        })
        .collect();
    let count = u32::try_from(headers.len()).map_err(io::Error::other)?;
    // SAFETY: the headers, and the messages they point to, outlive the call; the messages are only read.
    let taken = check(unsafe { libc::sendmmsg(raw(&socket.as_fd()), headers.as_mut_ptr(), count, 0) })?;
    usize::try_from(taken).map_err(io::Error::other)
}

pub(crate) fn set_option<T: Copy>(socket: impl AsFd, level: i32, name: i32, value: T) -> io::Result<()> {
    let (pointer, length) = (ptr::from_ref(&value).cast(), size_of_u32::<T>());
    // SAFETY: the value outlives the call and is as long as told.
    check(unsafe { libc::setsockopt(raw(&socket.as_fd()), level, name, pointer, length) }).map(drop)
}

/// Reads an option into the buffer; answers how much of it the kernel filled.
pub(crate) fn option(socket: impl AsFd, level: i32, name: i32, into: &mut [u8]) -> io::Result<usize> {
    let mut length = u32::try_from(into.len()).map_err(io::Error::other)?;
    // SAFETY: the buffer and its length outlive the call; the kernel writes no more than that length.
    check(unsafe {
        libc::getsockopt(
            raw(&socket.as_fd()),
            level,
            name,
            into.as_mut_ptr().cast(),
            &raw mut length,
        )
    })?;
    usize::try_from(length).map_err(io::Error::other)
}

fn raw(socket: &BorrowedFd<'_>) -> i32 {
    socket.as_raw_fd()
}

fn family(number: i32) -> libc::sa_family_t {
    libc::sa_family_t::try_from(number).unwrap_or_default()
}
