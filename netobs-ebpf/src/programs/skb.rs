//! Reading a packet from a tap: straight where its bytes lie in one piece, through a helper where they do not.
use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_load_bytes};
use core::mem::MaybeUninit;
use netobs_common::packet::{Bytes, Plain};

/// What the verifier may assume of an offset; no header lies deeper.
const MAX_OFFSET: usize = 0x3fff;

#[derive(Clone, Copy)]
pub(super) struct Skb(*mut __sk_buff);

impl Skb {
    #[inline(always)]
    pub(super) fn new(skb: *mut __sk_buff) -> Self {
        Self(skb)
    }

    #[inline(always)]
    pub(super) fn direct(self) -> Direct {
        // SAFETY: the context is valid for the whole program.
        unsafe {
            Direct {
                data: (*self.0).data as usize,
                end: (*self.0).data_end as usize,
            }
        }
    }

    #[inline(always)]
    pub(super) fn len(self) -> u32 {
        // SAFETY: as above.
        unsafe { (*self.0).len }
    }

    #[inline(always)]
    pub(super) fn ifindex(self) -> u32 {
        // SAFETY: as above.
        unsafe { (*self.0).ifindex }
    }

    #[inline(always)]
    pub(super) fn gso_segments(self) -> u32 {
        // SAFETY: as above.
        unsafe { (*self.0).gso_segs }
    }

    /// The VLAN that the device took out of the frame, 0 for none.
    #[inline(always)]
    pub(super) fn vlan(self) -> u16 {
        // SAFETY: as above.
        unsafe {
            if (*self.0).vlan_present == 0 {
                0
            } else {
                ((*self.0).vlan_tci & 0x0fff) as u16
            }
        }
    }
}

/// The part of the packet that lies in one piece.
pub(super) struct Direct {
    data: usize,
    end: usize,
}

impl Bytes for Direct {
    #[inline(always)]
    fn load<T: Plain>(&self, offset: usize) -> Option<T> {
        if offset > MAX_OFFSET {
            return None;
        }
        let at = self.data + offset;
        if at + size_of::<T>() > self.end {
            return None;
        }
        // SAFETY: just compared with the end, as the verifier checks too. Loads of this target need no alignment.
        Some(unsafe { *(at as *const T) })
    }
}

/// The whole packet, wherever its pieces lie.
impl Bytes for Skb {
    #[inline(always)]
    fn load<T: Plain>(&self, offset: usize) -> Option<T> {
        if offset > MAX_OFFSET {
            return None;
        }
        let mut bytes = MaybeUninit::<T>::uninit();
        // SAFETY: the helper writes all bytes or fails.
        unsafe {
            let failed = bpf_skb_load_bytes(
                self.0.cast(),
                offset as u32,
                bytes.as_mut_ptr().cast(),
                size_of::<T>() as u32,
            );
            (failed == 0).then(|| bytes.assume_init())
        }
    }
}
