//! Small BPF programs, instruction by instruction.

use super::tc::Matching;

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R6: u8 = 6;
const R10: u8 = 10;

/// Counts each packet that matches in the map and does that with it; the others get the return value.
pub(super) fn on_match(map: u32, matching: Matching, then: &[u64], other: i32) -> Vec<u64> {
    let mut program = match matching {
        Matching::All => Vec::new(),
        Matching::DestinationPort(port) => unless_port(port, other),
    };
    program.extend([
        op(0x62, R10, 0, -4, 0),
        op(0xbf, R2, R10, 0, 0),
        op(0x07, R2, 0, 0, -4),
        op(0x18, R1, 1, 0, map.cast_signed()),
        op(0, 0, 0, 0, 0),
        op(0x85, 0, 0, 0, 1),
        op(0x15, R0, 0, 2, 0),
        op(0xb7, R1, 0, 0, 1),
        op(0xdb, R0, R1, 0, 0),
    ]);
    program.extend(then);
    program
}

pub(super) fn give_back(value: i32) -> Vec<u64> {
    vec![op(0xb7, R0, 0, 0, value), op(0x95, 0, 0, 0, 0)]
}

/// With `bpf_redirect_peer`, Linux 5.10.
pub(super) fn hand_to_peer(ifindex: u32) -> Vec<u64> {
    const BPF_REDIRECT_PEER: i32 = 155;
    vec![
        op(0xb7, R1, 0, 0, ifindex.cast_signed()),
        op(0xb7, R2, 0, 0, 0),
        op(0x85, 0, 0, 0, BPF_REDIRECT_PEER),
        op(0x95, 0, 0, 0, 0),
    ]
}

/// Returns at once unless the packet is for this port; IPv4 without options and IPv6 without extension headers.
fn unless_port(port: u16, other: i32) -> Vec<u64> {
    const PROTOCOL: i16 = 16;
    const PORT_BEHIND_IPV4: i32 = 14 + 20 + 2;
    const PORT_BEHIND_IPV6: i32 = 14 + 40 + 2;
    let network_order = |ethertype: u16| i32::from(ethertype.to_be());
    vec![
        op(0xbf, R6, R1, 0, 0),
        op(0x61, R2, R6, PROTOCOL, 0),
        op(0x15, R2, 0, 3, network_order(0x0800)),
        op(0x55, R2, 0, 4, network_order(0x86dd)),
        op(0x28, 0, 0, 0, PORT_BEHIND_IPV6),
        op(0x05, 0, 0, 1, 0),
        op(0x28, 0, 0, 0, PORT_BEHIND_IPV4),
        op(0x15, R0, 0, 2, port.into()),
        op(0xb7, R0, 0, 0, other),
        op(0x95, 0, 0, 0, 0),
    ]
}

fn op(code: u8, destination: u8, source: u8, offset: i16, immediate: i32) -> u64 {
    let [low, high] = offset.to_le_bytes();
    let [a, b, c, d] = immediate.to_le_bytes();
    u64::from_le_bytes([code, source << 4 | destination, low, high, a, b, c, d])
}
