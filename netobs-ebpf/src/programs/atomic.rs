//! Read-modify-write instructions, which `core` does not offer on this target.
use core::arch::asm;

/// # Safety
/// `target` points into a map's value.
#[inline(always)]
pub(super) unsafe fn add(target: *mut u64, value: u64) {
    // SAFETY: one instruction on memory the caller vouches for.
    unsafe { asm!("lock *(u64 *)({0} + 0) += {1}", in(reg) target, in(reg) value) }
}

/// # Safety
/// `target` points into a map's value.
#[inline(always)]
pub(super) unsafe fn or(target: *mut u32, value: u32) {
    // SAFETY: one instruction on memory the caller vouches for.
    unsafe { asm!("lock *(u32 *)({0} + 0) |= {1}", in(reg) target, in(wreg) value) }
}

/// Writes `new` if `old` is there, and tells whether it did. Orders memory around it.
///
/// # Safety
/// `target` points into a map's value.
#[inline(always)]
pub(super) unsafe fn exchange(target: *mut u32, old: u32, new: u32) -> bool {
    let found: u32;
    // SAFETY: one instruction on memory the caller vouches for.
    unsafe {
        asm!(
            "w0 = cmpxchg32_32({target} + 0, w0, {new})",
            target = in(reg) target,
            new = in(wreg) new,
            inlateout("w0") old => found,
        );
    }
    found == old
}
