//! Programs that do nothing, and next to nothing: what the real ones are measured against.
#![cfg_attr(target_arch = "bpf", no_std, no_main)]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]
#![cfg_attr(
    target_arch = "bpf",
    expect(unsafe_code, reason = "everything here is the kernel's memory")
)]

#[cfg(target_arch = "bpf")]
mod programs {
    use aya_ebpf::{
        macros::{btf_tracepoint, classifier, map},
        maps::HashMap,
        programs::{BtfTracePointContext, TcContext},
    };
    use core::arch::asm;

    const PASS_ON: i32 = -1;

    #[map]
    static ONE: HashMap<u64, u64> = HashMap::with_max_entries(16, 0);

    #[classifier]
    fn empty(_: TcContext) -> i32 {
        PASS_ON
    }

    /// One look-up and one add: the least that counting can cost.
    #[classifier]
    fn floor(_: TcContext) -> i32 {
        if let Some(total) = ONE.get_ptr_mut(0) {
            // SAFETY: one instruction on a map's value.
            unsafe { asm!("lock *(u64 *)({0} + 0) += {1}", in(reg) total, in(reg) 1u64) };
        }
        PASS_ON
    }

    #[btf_tracepoint(function = "kfree_skb")]
    fn empty_drop(_: BtfTracePointContext) -> i32 {
        0
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        loop {}
    }

    #[unsafe(link_section = "license")]
    #[unsafe(no_mangle)]
    static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
}

#[cfg(not(target_arch = "bpf"))]
fn main() {}
