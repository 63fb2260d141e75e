//! Runs on every kernel of `cargo xtask vm`, and on this machine's: what differs between kernels works on each.

mod kernels {
    mod confined;
    mod neighbours;
    mod netkit;
    mod taps;
    mod traffic;
}
