//! How the parser reads a packet, whatever holds it.
#![expect(unsafe_code, reason = "headers are read as they lie in the packet")]

/// A header as it lies in a packet: any bytes make one.
///
/// # Safety
/// Made of integers only, without padding.
pub unsafe trait Plain: Copy {}

// SAFETY: integers.
unsafe impl Plain for u8 {}
// SAFETY: integers.
unsafe impl Plain for u16 {}
// SAFETY: integers.
unsafe impl Plain for u32 {}
// SAFETY: integers.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// Bytes of a packet, from its link header on.
pub trait Bytes {
    /// What lies at `offset`, or `None` where the packet ends before its end.
    fn load<T: Plain>(&self, offset: usize) -> Option<T>;
}

impl Bytes for [u8] {
    fn load<T: Plain>(&self, offset: usize) -> Option<T> {
        let bytes = self.get(offset..offset.checked_add(size_of::<T>())?)?;
        // SAFETY: as many bytes as T has, and any bytes make a T.
        Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
    }
}
