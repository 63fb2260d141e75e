//! The lab itself: its traffic is what its senders say, by nftables' counters.

mod lab {
    mod life;
    mod packets;
    mod sockets;
}
