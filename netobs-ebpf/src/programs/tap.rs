//! A tap: every packet that passes a pod's interface is added to its connection's slot.
use aya_ebpf::helpers::bpf_ktime_get_ns;
use aya_log_ebpf::{debug, warn};
use netobs_common::{
    counter::Counter,
    key::{Key, TapKey, meta},
    parse::{self, Network, Packet, Transport, sign},
    ring::{SINGLE_V4, SINGLE_V6, Single, TABLE_TAP_V4, TABLE_TAP_V6},
    tap::TO_POD,
};

use super::{
    atomic, fragment,
    maps::{FragmentPorts, RING, Tables, TapMaps, count, seed},
    ring::{NO_WAKEUP, hint},
    skb::Skb,
    table::{self, Found, Sighting},
    tally,
};

/// What makes the agent look at once: the connection is asked for, answered, or over.
const NOTEWORTHY: u32 = (sign::REQUEST | sign::ANSWER | sign::FIN | sign::RST) as u32 * 0x0101;

/// Most packets are plain, lie in one piece, and belong to a connection whose slot is near its first place: those are
/// counted here; any other is read again, with all that a packet can be in mind, by a function that is called.
#[inline(always)]
pub(super) fn observe<const DIRECTION: u32>(skb: Skb) {
    let bytes = skb.direct();
    let counted = match parse::plain_ethernet(&bytes) {
        Some(network) if network.is_v6 => parse::plain_ipv6(&bytes, network.offset)
            .is_some_and(|packet| count_plain::<4>(skb, network, &packet, DIRECTION)),
        Some(network) => parse::plain_ipv4(&bytes, network.offset)
            .is_some_and(|packet| count_plain::<1>(skb, network, &packet, DIRECTION)),
        None => false,
    };
    if !counted {
        observe_any(skb, DIRECTION);
    }
}

#[inline(always)]
fn count_plain<const A: usize>(skb: Skb, network: Network, packet: &Packet<A>, direction: u32) -> bool
where
    Tables: TapMaps<A>,
{
    let kind = meta::new(packet.transport.protocol, skb.vlan());
    // SAFETY: integers, all of which are written before they are read.
    let mut sighting: Sighting<TapKey<A>> = unsafe { core::mem::zeroed() };
    fill(&mut sighting, skb, network, packet, kind, direction);
    let table = <Tables as TapMaps<A>>::table();
    let places = table.places(sighting.key.hash(seed));
    let found = table.find_near(&sighting.key, &places);
    if let Some(found) = &found {
        add(found, &sighting);
    }
    found.is_some()
}

#[inline(never)]
fn observe_any(skb: Skb, direction: u32) {
    let observed = match parse::ethernet(&skb) {
        Ok(network) if network.is_v6 => observe_ipv6(skb, network.offset, network.vlan, direction),
        Ok(network) => observe_ipv4(skb, network.offset, network.vlan, direction),
        Err(unparsed) => unparsed.counter() as u32,
    };
    if observed != Counter::NONE {
        debug!(
            &(),
            "interface {}: a packet that is no connection's, counter {}",
            skb.ifindex(),
            observed
        );
        count(observed, 1);
    }
}

/// Returns the counter of what is no packet, or none: the kernel's calls pass nothing but numbers.
#[inline(never)]
fn observe_ipv4(skb: Skb, offset: usize, vlan: u16, direction: u32) -> u32 {
    match parse::ipv4(&skb, offset) {
        Ok(packet) => count_any(
            skb,
            Network {
                offset,
                is_v6: false,
                vlan,
            },
            &packet,
            direction,
        ),
        Err(unparsed) => unparsed.counter() as u32,
    }
}

#[inline(never)]
fn observe_ipv6(skb: Skb, offset: usize, vlan: u16, direction: u32) -> u32 {
    match parse::ipv6(&skb, offset) {
        Ok(packet) => count_any(
            skb,
            Network {
                offset,
                is_v6: true,
                vlan,
            },
            &packet,
            direction,
        ),
        Err(unparsed) => unparsed.counter() as u32,
    }
}

#[inline(always)]
fn count_any<const A: usize>(skb: Skb, network: Network, packet: &Packet<A>, direction: u32) -> u32
where
    Tables: TapMaps<A> + FragmentPorts<A>,
{
    let vlan = if network.vlan == 0 { skb.vlan() } else { network.vlan };
    let kind = meta::new(packet.transport.protocol, vlan);
    if let Some(room) = <Tables as TapMaps<A>>::room() {
        // SAFETY: one value a CPU, and taps do not interrupt each other.
        let room = unsafe { &mut *room };
        fill(room, skb, network, packet, kind, direction);
        fragment::resolve(&mut room.key, packet.fragment, direction);
        find_or_open(room);
    }
    Counter::NONE
}

/// Field by field, because the stack has no room for a copy.
#[inline(always)]
fn fill<const A: usize>(
    sighting: &mut Sighting<TapKey<A>>,
    skb: Skb,
    network: Network,
    packet: &Packet<A>,
    kind: u32,
    direction: u32,
) {
    let bytes = skb.len().wrapping_sub(network.offset as u32);
    let (pod, peer) = if direction == TO_POD {
        (&packet.destination, &packet.source)
    } else {
        (&packet.source, &packet.destination)
    };
    let mut at = 0;
    while at < A {
        sighting.key.pod[at] = pod[at];
        sighting.key.peer[at] = peer[at];
        at += 1;
    }
    sighting.key.ports = ports(&packet.transport, direction);
    sighting.key.meta = kind;
    sighting.key.ifindex = skb.ifindex();
    sighting.signs = u32::from(packet.transport.signs) << (8 * direction);
    sighting.direction = direction;
    sighting.tally = tally::on_the_wire(bytes, packet.header_len, skb.gso_segments());
    sighting.tick = table::tick();
}

/// A packet to the pod has its ports the other way round, if its protocol has ports.
#[inline(always)]
fn ports(transport: &Transport, direction: u32) -> u32 {
    let has_ports = matches!(transport.protocol, parse::TCP | parse::UDP | parse::SCTP);
    if direction == TO_POD && has_ports {
        transport.ports.rotate_left(16)
    } else {
        transport.ports
    }
}

/// Looks in all places, or opens a slot.
#[inline(never)]
fn find_or_open<const A: usize>(sighting: &Sighting<TapKey<A>>)
where
    Tables: TapMaps<A>,
{
    let table = <Tables as TapMaps<A>>::table();
    let places = table.places(sighting.key.hash(seed));
    if let Some(found) = table.find(&sighting.key, &places) {
        add(&found, sighting);
    } else if let Some(found) = table.open(sighting, &places) {
        debug!(
            &(),
            "interface {}: a connection is in slot {}", sighting.key.ifindex, found.index
        );
        hint(table_of::<A>(), found.index);
    } else {
        tell_singly(sighting);
    }
}

const fn table_of<const A: usize>() -> u32 {
    if A == 1 { TABLE_TAP_V4 } else { TABLE_TAP_V6 }
}

#[inline(always)]
fn add<const A: usize>(found: &Found<TapKey<A>>, sighting: &Sighting<TapKey<A>>) {
    let signs = sighting.signs;
    // SAFETY: what was found is in the map; signs change atomically.
    unsafe {
        table::add(found.slot, sighting.direction, &sighting.tally, sighting.tick);
        let seen = (*found.slot).signs;
        if seen & signs != signs {
            atomic::or(&raw mut (*found.slot).signs, signs);
            if signs & !seen & NOTEWORTHY != 0 {
                hint(table_of::<A>(), found.index);
            }
        }
    }
}

/// Written in place: the stack has no room for another copy.
#[inline(never)]
fn tell_singly<const A: usize>(sighting: &Sighting<TapKey<A>>) {
    let Some(mut entry) = RING.reserve::<Single<A>>(0) else {
        count(Counter::TapLostPackets as u32, sighting.tally.packets);
        count(Counter::TapLostBytes as u32, sighting.tally.bytes);
        warn!(
            &(),
            "neither table nor ring has room for a packet of interface {}", sighting.key.ifindex
        );
        return;
    };
    // SAFETY: the ring's memory is ours until it is submitted, and every field is written.
    unsafe {
        let single = entry.as_mut_ptr();
        (*single).record = if A == 1 { SINGLE_V4 } else { SINGLE_V6 };
        (*single).direction = sighting.direction;
        (*single).signs = sighting.signs;
        (*single).packets = sighting.tally.packets as u32;
        (*single).at = bpf_ktime_get_ns();
        (*single).bytes = sighting.tally.bytes as u32;
        (*single).key = sighting.key;
    }
    entry.submit(NO_WAKEUP);
    count(Counter::TapToldSingly as u32, sighting.tally.packets);
}
