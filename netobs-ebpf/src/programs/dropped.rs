//! Every packet that the kernel drops is added to the slot of its connection and reason.
use aya_ebpf::{macros::map, maps::Array, programs::BtfTracePointContext};
use netobs_common::{
    counter::Counter,
    key::{DropKey, Key, meta},
    parse::{self, Fragment, Packet, sign},
    ring::{TABLE_DROP_V4, TABLE_DROP_V6},
};

use super::{
    maps::{DropMaps, NO_SOCKET, NOT_SPECIFIED, Tables, count, seed},
    ring::hint,
    structs::{Device, Linear, SkBuff},
    table::{self, Sighting, Table},
    tally,
};

/// One bit a core reason, set for those that are no drops, or not of the network.
#[map]
static IGNORED: Array<[u64; 4]> = Array::with_max_entries(1, 0);

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// Lengths of an address header with as much of TCP's as is read.
const IPV4_AND_TCP: usize = 36;
const IPV6_AND_TCP: usize = 56;

#[inline(always)]
pub(super) fn observe(ctx: &BtfTracePointContext) {
    let reason: u32 = ctx.arg::<u64>(2) as u32;
    if is_ignored(reason) {
        return;
    }
    let skb = SkBuff(ctx.arg::<*const u8>(0));
    if !observe_plain(skb, reason) {
        observe_any(skb, reason);
    }
}

/// Whether there is nothing left to do. Called, so that its stack is not in use under the next call: together they would
/// be more than kernels before 6.13 allow.
#[inline(never)]
fn observe_plain(skb: SkBuff, reason: u32) -> bool {
    let linear = skb.network();
    let counted = match skb.protocol() {
        IPV4 => linear
            .beginning::<IPV4_AND_TCP>()
            .and_then(|bytes| parse::plain_ipv4(&bytes, 0).map(|packet| count_packet(skb, reason, &linear, &packet))),
        IPV6 => linear
            .beginning::<IPV6_AND_TCP>()
            .and_then(|bytes| parse::plain_ipv6(&bytes, 0).map(|packet| count_packet(skb, reason, &linear, &packet))),
        _ => return true,
    };
    counted.is_some()
}

/// Options, extension headers, fragments, and what is no packet at all.
#[inline(never)]
fn observe_any(skb: SkBuff, reason: u32) {
    let linear = skb.network();
    let observed = if skb.protocol() == IPV4 {
        parse::ipv4(&linear, 0).map(|packet| count_packet(skb, reason, &linear, &packet))
    } else {
        parse::ipv6(&linear, 0).map(|packet| count_packet(skb, reason, &linear, &packet))
    };
    if observed.is_err() {
        count(Counter::DropUnparsed as u32, 1);
    }
}

#[inline(always)]
fn is_ignored(reason: u32) -> bool {
    if reason >= 256 {
        return false;
    }
    let Some(bits) = IGNORED.get(0) else { return false };
    bits[(reason / 64) as usize & 3] & 1 << (reason % 64) != 0
}

#[inline(always)]
fn count_packet<const A: usize>(skb: SkBuff, reason: u32, linear: &Linear, packet: &Packet<A>)
where
    Tables: DropMaps<A>,
{
    if is_read_elsewhere(reason, packet) || is_part_of_a_whole(skb, reason, packet) {
        return;
    }
    let bytes = (linear.len as u32).wrapping_add(skb.data_len());
    let segments = skb.gso_segments(bytes.wrapping_sub(packet.header_len));
    let Some(room) = <Tables as DropMaps<A>>::room() else {
        return;
    };
    // SAFETY: one value a CPU, and the kernel does not let this program interrupt itself.
    let room = unsafe { &mut *room };
    *room = Sighting {
        key: key(skb, reason, packet),
        signs: 0,
        direction: 0,
        tally: tally::on_the_wire(bytes, packet.header_len, segments),
        tick: table::tick(),
    };
    if !add_near(room) {
        find_or_open(room);
    }
}

/// Most drops of a flood are of a connection whose slot is near its first place; those need no call.
#[inline(always)]
fn add_near<const A: usize>(sighting: &Sighting<DropKey<A>>) -> bool
where
    Tables: DropMaps<A>,
{
    let table = <Tables as DropMaps<A>>::exact();
    let places = table.places(sighting.key.hash(seed));
    let found = table.find_near(&sighting.key, &places);
    if let Some(found) = &found {
        // SAFETY: what was found is in the map.
        unsafe { table::add(found.slot, 0, &sighting.tally, sighting.tick) };
    }
    found.is_some()
}

/// An echo reply without a ping socket; a raw socket, which most pings use, had its copy.
#[inline(always)]
fn is_read_elsewhere<const A: usize>(reason: u32, packet: &Packet<A>) -> bool {
    let is_icmp = matches!(packet.transport.protocol, parse::ICMP | parse::ICMPV6);
    is_icmp && packet.transport.signs & sign::ANSWER != 0 && reason == NO_SOCKET.load()
}

/// What a packet was reassembled from is freed after it, each piece again and without a reason; the whole has been told.
#[inline(always)]
fn is_part_of_a_whole<const A: usize>(skb: SkBuff, reason: u32, packet: &Packet<A>) -> bool {
    is_later_fragment(packet) && reason == NOT_SPECIFIED.load() && !skb.has_device()
}

#[inline(always)]
fn is_later_fragment<const A: usize>(packet: &Packet<A>) -> bool {
    matches!(packet.fragment, Fragment::Later { .. })
}

#[inline(always)]
fn key<const A: usize>(skb: SkBuff, reason: u32, packet: &Packet<A>) -> DropKey<A> {
    let Device { ifindex, netns } = skb.device();
    let fragment = if is_later_fragment(packet) { meta::FRAGMENT } else { 0 };
    DropKey {
        source: packet.source,
        destination: packet.destination,
        ports: packet.transport.ports,
        meta: meta::new(packet.transport.protocol, 0) | fragment,
        reason,
        ifindex,
        arrived_by: skb.arrived_by(),
        netns,
    }
}

#[inline(never)]
fn find_or_open<const A: usize>(sighting: &mut Sighting<DropKey<A>>)
where
    Tables: DropMaps<A>,
{
    match find_or_open_in(&<Tables as DropMaps<A>>::exact(), sighting) {
        Added::ToOpen => {}
        Added::ToNew(index) => hint(table_of::<A>(), index),
        Added::Nowhere => merge(sighting),
    }
}

/// The table is full, as in a flood of connections from ever new ports: those of the same peers share an entry.
#[inline(never)]
fn merge<const A: usize>(sighting: &mut Sighting<DropKey<A>>)
where
    Tables: DropMaps<A>,
{
    let [_, _, high, low] = sighting.key.ports.to_ne_bytes();
    sighting.key.ports = u32::from_ne_bytes([0, 0, high, low]);
    sighting.key.meta |= meta::SOURCE_PORTS_MERGED;
    if let Added::Nowhere = find_or_open_in(&<Tables as DropMaps<A>>::merged(), sighting) {
        count(Counter::DropLostPackets as u32, sighting.tally.packets);
        count(Counter::DropLostBytes as u32, sighting.tally.bytes);
    }
}

const fn table_of<const A: usize>() -> u32 {
    if A == 1 { TABLE_DROP_V4 } else { TABLE_DROP_V6 }
}

enum Added {
    ToOpen,
    ToNew(u32),
    Nowhere,
}

#[inline(always)]
fn find_or_open_in<K: Key>(table: &Table<K>, sighting: &Sighting<K>) -> Added {
    let places = table.places(sighting.key.hash(seed));
    if let Some(found) = table.find(&sighting.key, &places) {
        // SAFETY: what was found is in the map.
        unsafe { table::add(found.slot, 0, &sighting.tally, sighting.tick) };
        return Added::ToOpen;
    }
    table
        .open(sighting, &places)
        .map_or(Added::Nowhere, |found| Added::ToNew(found.index))
}
