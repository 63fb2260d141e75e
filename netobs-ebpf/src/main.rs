//! The programs that run in the kernel: two taps on each pod's interface, and one that sees every drop.
//!
//! None of them can change a packet's fate: a tap always passes on to whoever comes next.
#![cfg_attr(target_arch = "bpf", no_std, no_main)]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]
#![cfg_attr(
    target_arch = "bpf",
    expect(unsafe_code, reason = "everything here is the kernel's memory")
)]
#![cfg_attr(
    target_arch = "bpf",
    expect(
        clippy::cast_possible_truncation,
        reason = "lengths and counts of one packet fit any integer, and nothing here could handle it if they did not"
    )
)]

#[cfg(target_arch = "bpf")]
mod programs;

#[cfg(not(target_arch = "bpf"))]
fn main() {}
