//! Reading kernel structures whose layout the agent took from the running kernel's BTF.
//!
//! The offsets are constants by the time the verifier looks, so that it accepts and checks a plain load: no helper call.
use aya_ebpf::{Global, helpers::bpf_probe_read_kernel, helpers::generated};
use core::mem::MaybeUninit;
use netobs_common::packet::{Bytes, Plain};

macro_rules! offsets {
    ($($name:ident),* $(,)?) => {$(
        #[unsafe(no_mangle)]
        static $name: Global<u32> = Global::new(0);
    )*};
}

offsets! {
    SK_BUFF_DEV, SK_BUFF_HEAD, SK_BUFF_TAIL, SK_BUFF_END, SK_BUFF_DATA_LEN, SK_BUFF_NETWORK_HEADER, SK_BUFF_PROTOCOL,
    SK_BUFF_SKB_IIF, SK_BUFF_REFDST, SK_BUFF_SK, SOCK_NET, NET_DEVICE_IFINDEX, NET_DEVICE_NET, NET_INUM, DST_ENTRY_DEV, SHARED_INFO_GSO_SIZE,
    SHARED_INFO_GSO_SEGS,
}

/// A `struct sk_buff` that the verifier knows as one.
#[derive(Clone, Copy)]
pub(super) struct SkBuff(pub *const u8);

/// The device a packet belongs to and the namespace that device is in.
#[derive(Clone, Copy)]
pub(super) struct Device {
    pub ifindex: u32,
    pub netns: u32,
}

impl SkBuff {
    #[inline(always)]
    pub(super) fn protocol(self) -> u16 {
        u16::from_be(field(self.0, &SK_BUFF_PROTOCOL))
    }

    #[inline(always)]
    pub(super) fn arrived_by(self) -> u32 {
        field(self.0, &SK_BUFF_SKB_IIF)
    }

    #[inline(always)]
    pub(super) fn has_device(self) -> bool {
        let dev: *const u8 = field(self.0, &SK_BUFF_DEV);
        !dev.is_null()
    }

    /// The packet's device; where it has none yet, or none any more, the one its route leads to; where it has no route
    /// either, only the namespace of its socket.
    #[inline(always)]
    pub(super) fn device(self) -> Device {
        let dev: *const u8 = field(self.0, &SK_BUFF_DEV);
        if !dev.is_null() {
            let net: *const u8 = field(dev, &NET_DEVICE_NET);
            return Device {
                ifindex: field(dev, &NET_DEVICE_IFINDEX),
                netns: field(net, &NET_INUM),
            };
        }
        let device = self.device_of_route();
        if device.netns != 0 {
            return device;
        }
        let socket: *const u8 = field(self.0, &SK_BUFF_SK);
        if socket.is_null() {
            return device;
        }
        let net: usize = probe(socket, &SOCK_NET);
        Device {
            ifindex: 0,
            netns: probe(net as *const u8, &NET_INUM),
        }
    }

    #[inline(always)]
    fn device_of_route(self) -> Device {
        const POINTER: usize = !7;
        let route: usize = field(self.0, &SK_BUFF_REFDST);
        let dev: usize = probe((route & POINTER) as *const u8, &DST_ENTRY_DEV);
        let net: usize = probe(dev as *const u8, &NET_DEVICE_NET);
        Device {
            ifindex: probe(dev as *const u8, &NET_DEVICE_IFINDEX),
            netns: probe(net as *const u8, &NET_INUM),
        }
    }

    #[inline(always)]
    pub(super) fn network(self) -> Linear {
        let head: usize = field(self.0, &SK_BUFF_HEAD);
        let start: u16 = field(self.0, &SK_BUFF_NETWORK_HEADER);
        let tail: u32 = field(self.0, &SK_BUFF_TAIL);
        Linear {
            start: head + usize::from(start),
            len: tail.wrapping_sub(u32::from(start)) as usize,
        }
    }

    /// Bytes that lie outside the linear part.
    #[inline(always)]
    pub(super) fn data_len(self) -> u32 {
        field(self.0, &SK_BUFF_DATA_LEN)
    }

    /// How many segments the packet stands for, its own headers and `payload` bytes being known.
    #[inline(always)]
    pub(super) fn gso_segments(self, payload: u32) -> u32 {
        // What is to be cut into segments never lies in one piece.
        if self.data_len() == 0 {
            return 1;
        }
        let head: usize = field(self.0, &SK_BUFF_HEAD);
        let end: u32 = field(self.0, &SK_BUFF_END);
        let shared = (head + end as usize) as *const u8;
        let size: u16 = probe(shared, &SHARED_INFO_GSO_SIZE);
        if size == 0 {
            return 1;
        }
        let segments: u16 = probe(shared, &SHARED_INFO_GSO_SEGS);
        if segments == 0 {
            payload.div_ceil(u32::from(size))
        } else {
            u32::from(segments)
        }
    }
}

/// The linear part of a packet, from its network header on.
#[derive(Clone, Copy)]
pub(super) struct Linear {
    start: usize,
    pub len: usize,
}

impl Linear {
    /// The first bytes, up to `N`, read at once.
    #[inline(always)]
    pub(super) fn beginning<const N: usize>(&self) -> Option<Beginning<N>> {
        let mut beginning = Beginning {
            bytes: [0; N],
            len: self.len.min(N),
        };
        // SAFETY: the helper writes no more than the length, or fails.
        let failed = unsafe {
            let from = self.start as *const core::ffi::c_void;
            generated::bpf_probe_read_kernel(beginning.bytes.as_mut_ptr().cast(), beginning.len as u32, from)
        };
        (failed == 0).then_some(beginning)
    }
}

/// The first bytes of a packet, copied.
#[repr(C, align(8))]
pub(super) struct Beginning<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Bytes for Beginning<N> {
    #[inline(always)]
    fn load<T: Plain>(&self, offset: usize) -> Option<T> {
        let end = offset + size_of::<T>();
        if end > N || end > self.len {
            return None;
        }
        // SAFETY: inside the copy, as just checked. Headers lie in it as aligned as their fields ask.
        Some(unsafe { *self.bytes.as_ptr().add(offset).cast::<T>() })
    }
}

impl Bytes for Linear {
    #[inline(always)]
    fn load<T: Plain>(&self, offset: usize) -> Option<T> {
        if self.len > 0xffff || offset + size_of::<T>() > self.len {
            return None;
        }
        let mut bytes = MaybeUninit::<T>::uninit();
        // SAFETY: the helper writes all bytes, or fails.
        unsafe {
            let from = (self.start + offset) as *const core::ffi::c_void;
            let failed = generated::bpf_probe_read_kernel(bytes.as_mut_ptr().cast(), size_of::<T>() as u32, from);
            (failed == 0).then(|| bytes.assume_init())
        }
    }
}

#[inline(always)]
fn field<T>(base: *const u8, offset: &Global<u32>) -> T {
    // SAFETY: `base` is a structure that the verifier knows, and it checks the offset against its members; a fault reads
    // as zero.
    unsafe { core::ptr::read_volatile(base.add(offset.load() as usize).cast()) }
}

#[inline(always)]
fn probe<T: Copy + Default>(base: *const u8, offset: &Global<u32>) -> T {
    // SAFETY: the helper checks the address.
    unsafe { bpf_probe_read_kernel(base.wrapping_add(offset.load() as usize).cast::<T>()).unwrap_or_default() }
}
