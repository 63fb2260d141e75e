//! Runs on every kernel of `cargo xtask vm`: what this kernel must be able to do for the lab to work on it.

use std::process::Command;

#[test]
fn a_namespace_with_a_veth_and_a_rule_can_be_made() {
    for line in [
        "ip netns add kernels-try",
        "ip link add kernels-a type veth peer name kernels-b netns kernels-try",
        "ip netns exec kernels-try nft add table inet t",
        "ip netns exec kernels-try nft add chain inet t c { type filter hook input priority 0 ; }",
        "ip netns exec kernels-try nft add rule inet t c ct state established counter reject",
        "tc qdisc add dev kernels-a clsact",
        "ip netns del kernels-try",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let status = Command::new(words[0]).args(&words[1..]).status().unwrap();
        assert!(status.success(), "{line}: {status}");
    }
}
