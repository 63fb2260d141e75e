//! The lab itself: its traffic is what its senders say, by nftables' counters; its drops are those the kernel traces.

mod lab {
    mod drops;
    mod life;
    mod packets;
    mod programs;
    mod sockets;
}
