//! Interfaces of the calling thread's network namespace: index, flags, link.

use super::check;
use std::ffi::{CString, c_char};
use std::io;
use std::os::fd::AsRawFd as _;

#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// The number of an interface.
pub(crate) fn index(name: &str) -> io::Result<u32> {
    let name = CString::new(name)?;
    // SAFETY: the string ends in NUL and outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// Sets an interface up.
pub(crate) fn set_up(name: &str) -> io::Result<()> {
    let mut request = request(name)?;
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(libc::IFF_UP).map_err(io::Error::other)?;
    ioctl(libc::SIOCSIFFLAGS, &mut request)
}

/// Whether the link is up, once what the kernel had to do for it is done.
///
/// An interface whose peer comes up drops what it should send until then. Asking through ethtool has the kernel do it now.
pub(crate) fn settle(name: &str) -> io::Result<bool> {
    const ETHTOOL_GLINK: u32 = 0x0a;
    let mut link = EthtoolValue {
        command: ETHTOOL_GLINK,
        data: 0,
    };
    let mut request = request(name)?;
    request.ifr_ifru.ifru_data = (&raw mut link).cast::<c_char>();
    ioctl(libc::SIOCETHTOOL, &mut request)?;
    Ok(link.data == 1)
}

fn request(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: all zeroes is a valid value of this plain structure.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("interface name {name} is too long"),
        ));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from.cast_signed();
    }
    Ok(request)
}

fn ioctl(kind: libc::Ioctl, request: &mut libc::ifreq) -> io::Result<()> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: the request, and what it points to, outlive the call and have the shape this ioctl asks for.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), kind, std::ptr::from_mut(request)) }).map(drop)
}
