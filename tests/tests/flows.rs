//! The agent on a node: what it tells of traffic and of drops is what nftables, sockets and the kernel's trace say.

mod flows {
    mod bypasses;
    mod connections;
    mod dead_ends;
    mod foreign;
    mod frames;
    mod midway;
    mod offloads;
    mod refusals;
    mod scene;
    mod truth;
    mod uplinks;
}
