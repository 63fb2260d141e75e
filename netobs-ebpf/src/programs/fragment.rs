//! Giving later fragments the ports of their first.
use netobs_common::{
    key::meta,
    parse::{Fragment, Packet},
};

use super::maps::FRAGMENTS;

/// A fragmented datagram. IPv4 addresses stand in the first word of each.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct FragmentKey {
    source: [u32; 4],
    destination: [u32; 4],
    id: u32,
    meta: u32,
}

/// Remembers the ports of a first fragment, gives them to a later one, or returns the mark of one whose first was missed.
#[inline(always)]
pub(super) fn resolve<const A: usize>(packet: &mut Packet<A>, kind: u32) -> u32 {
    match packet.fragment {
        Fragment::Whole => 0,
        Fragment::First { id } => {
            // A refusal means that later fragments are told without ports.
            let _ = FRAGMENTS.insert(&key(packet, id, kind), &packet.transport.ports, 0);
            0
        }
        Fragment::Later { id } => {
            // SAFETY: the value is copied at once.
            match unsafe { FRAGMENTS.get(&key(packet, id, kind)) } {
                Some(ports) => {
                    packet.transport.ports = *ports;
                    0
                }
                None => meta::FRAGMENT,
            }
        }
    }
}

#[inline(always)]
fn key<const A: usize>(packet: &Packet<A>, id: u32, meta: u32) -> FragmentKey {
    let mut key = FragmentKey { source: [0; 4], destination: [0; 4], id, meta };
    let mut at = 0;
    while at < A {
        key.source[at] = packet.source[at];
        key.destination[at] = packet.destination[at];
        at += 1;
    }
    key
}
