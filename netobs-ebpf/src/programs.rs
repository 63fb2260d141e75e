//! The entry points, and what an object file must carry.
#![expect(
    clippy::needless_pass_by_value,
    reason = "entry points are handed their context by value"
)]

mod atomic;
mod dropped;
mod fragment;
mod maps;
mod ring;
mod skb;
mod structs;
mod table;
mod tally;
mod tap;

use aya_ebpf::{
    bindings::__sk_buff,
    macros::{btf_tracepoint, classifier},
    programs::{BtfTracePointContext, TcContext},
};
use netobs_common::tap::{FROM_POD, TO_POD};

/// `TCX_NEXT` and `TC_ACT_UNSPEC`: the next program decides, or nobody.
const PASS_ON: i32 = -1;

#[classifier]
fn netobs_from_pod(ctx: TcContext) -> i32 {
    tap::observe::<FROM_POD>(skb(&ctx));
    PASS_ON
}

#[classifier]
fn netobs_to_pod(ctx: TcContext) -> i32 {
    tap::observe::<TO_POD>(skb(&ctx));
    PASS_ON
}

#[btf_tracepoint(function = "kfree_skb")]
fn netobs_dropped(ctx: BtfTracePointContext) -> i32 {
    dropped::observe(&ctx);
    0
}

#[inline(always)]
fn skb(ctx: &TcContext) -> skb::Skb {
    skb::Skb::new(ctx.skb.skb.cast::<__sk_buff>())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
