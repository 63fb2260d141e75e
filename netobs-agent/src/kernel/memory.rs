//! Giving memory back that was only needed to load the programs.
#![expect(unsafe_code, reason = "this file meets the allocator")]

/// The descriptions of the kernel's types take tens of MiB while they are read, and the allocator keeps them.
pub(super) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes no pointer, and may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
