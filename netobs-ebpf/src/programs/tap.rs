//! A tap: every packet that passes a pod's interface is added to its connection's slot.
use aya_ebpf::helpers::bpf_ktime_get_coarse_ns;
use netobs_common::{
    counter::Counter,
    key::{Key, TapKey, meta},
    packet::Bytes,
    parse::{self, Network, Packet, Unparsed, sign},
    ring::{Hint, Single, HINT, SINGLE_V4, SINGLE_V6, TABLE_TAP_V4, TABLE_TAP_V6},
    slot::{Slot, Tally},
    tap::TO_POD,
};

use super::{
    atomic, fragment,
    maps::{RING, RING_WAKE_BYTES, SEED, TapTable, Tables, count},
    skb::Skb,
    table::{Found, Opening},
    tally,
};

/// What makes the agent look at once: the connection is asked for, answered, or over.
const NOTEWORTHY: u8 = sign::REQUEST | sign::ANSWER | sign::FIN | sign::RST;

#[inline(always)]
pub(super) fn observe<const DIRECTION: usize>(skb: Skb) {
    match read::<DIRECTION, _>(skb, &skb.direct()) {
        Ok(()) => {}
        Err(Unparsed::Truncated) => observe_in_pieces::<DIRECTION>(skb),
        Err(unparsed) => count(unparsed.counter(), 1),
    }
}

/// For packets whose headers do not lie in one piece, and for those that really end too early.
#[inline(never)]
fn observe_in_pieces<const DIRECTION: usize>(skb: Skb) {
    if let Err(unparsed) = read::<DIRECTION, _>(skb, &skb) {
        count(unparsed.counter(), 1);
    }
}

#[inline(always)]
fn read<const DIRECTION: usize, B: Bytes>(skb: Skb, bytes: &B) -> Result<(), Unparsed> {
    let network = parse::ethernet(bytes)?;
    if network.is_v6 {
        let packet = parse::ipv6(bytes, network.offset)?;
        account::<DIRECTION, 4>(skb, network, packet);
    } else {
        let packet = parse::ipv4(bytes, network.offset)?;
        account::<DIRECTION, 1>(skb, network, packet);
    }
    Ok(())
}

/// A packet of a connection, ready to be added to its slot.
struct Sighting<const A: usize> {
    key: TapKey<A>,
    signs: u8,
    tally: Tally,
    now: u64,
}

#[inline(always)]
fn account<const DIRECTION: usize, const A: usize>(skb: Skb, network: Network, mut packet: Packet<A>)
where
    Tables: TapTable<A>,
{
    let vlan = if network.vlan == 0 { skb.vlan() } else { network.vlan };
    let mut kind = meta::new(packet.transport.protocol, vlan);
    if !matches!(packet.fragment, parse::Fragment::Whole) {
        kind |= fragment::resolve(&mut packet, kind);
    }
    let bytes = skb.len().wrapping_sub(network.offset as u32);
    let sighting = Sighting {
        key: key::<DIRECTION, A>(&packet, kind, skb.ifindex()),
        signs: packet.transport.signs,
        tally: tally::on_the_wire(bytes, packet.header_len, skb.gso_segments()),
        // SAFETY: a helper without arguments.
        now: unsafe { bpf_ktime_get_coarse_ns() },
    };
    let table = <Tables as TapTable<A>>::get();
    let places = table.places(sighting.key.hash(SEED.load()));
    match table.find_home(&sighting.key, &places) {
        Some(slot) => add::<DIRECTION, A>(slot, places.home(), &sighting),
        None => account_elsewhere::<DIRECTION, A>(&sighting, &places),
    }
}

#[inline(always)]
fn key<const DIRECTION: usize, const A: usize>(packet: &Packet<A>, meta: u32, ifindex: u32) -> TapKey<A> {
    if DIRECTION == TO_POD {
        let ports = packet.transport.ports;
        let turned = matches!(packet.transport.protocol, parse::TCP | parse::UDP | parse::SCTP);
        let ports = if turned { ports.rotate_left(16) } else { ports };
        TapKey { pod: packet.destination, peer: packet.source, ports, meta, ifindex }
    } else {
        TapKey { pod: packet.source, peer: packet.destination, ports: packet.transport.ports, meta, ifindex }
    }
}

#[inline(always)]
fn account_elsewhere<const DIRECTION: usize, const A: usize>(
    sighting: &Sighting<A>,
    places: &netobs_common::slot::Places,
) where
    Tables: TapTable<A>,
{
    let table = <Tables as TapTable<A>>::get();
    if let Some(found) = table.find(&sighting.key, places) {
        return add::<DIRECTION, A>(found.slot, found.index, sighting);
    }
    let opening = Opening {
        key: sighting.key,
        signs: u32::from(sighting.signs) << (8 * DIRECTION),
        direction: DIRECTION,
        tally: sighting.tally,
        now: sighting.now,
    };
    match table.open(&opening, places) {
        Some(Found { index, .. }) => hint::<A>(index),
        None => tell_singly::<DIRECTION, A>(sighting),
    }
}

#[inline(always)]
fn add<const DIRECTION: usize, const A: usize>(slot: *mut Slot<TapKey<A>>, index: u32, sighting: &Sighting<A>) {
    let signs = u32::from(sighting.signs) << (8 * DIRECTION);
    // SAFETY: `slot` points into the map. Others add to it at the same time, so counts and signs change atomically; the
    // time may be any of theirs.
    unsafe {
        let tally = &raw mut (*slot).tallies[DIRECTION];
        atomic::add(&raw mut (*tally).packets, sighting.tally.packets);
        atomic::add(&raw mut (*tally).bytes, sighting.tally.bytes);
        (*slot).last = sighting.now;
        let seen = (*slot).signs;
        if seen & signs != signs {
            atomic::or(&raw mut (*slot).signs, signs);
            if signs & !seen & (u32::from(NOTEWORTHY) << (8 * DIRECTION)) != 0 {
                hint::<A>(index);
            }
        }
    }
}

#[inline(always)]
fn hint<const A: usize>(slot: u32) {
    let table = if A == 1 { TABLE_TAP_V4 } else { TABLE_TAP_V6 };
    if tell(&Hint { record: HINT, table, slot }).is_err() {
        count(Counter::HintsSkipped, 1);
    }
}

#[inline(always)]
fn tell_singly<const DIRECTION: usize, const A: usize>(sighting: &Sighting<A>) {
    let single = Single {
        record: if A == 1 { SINGLE_V4 } else { SINGLE_V6 },
        direction: DIRECTION as u32,
        signs: u32::from(sighting.signs),
        packets: sighting.tally.packets as u32,
        at: sighting.now,
        bytes: sighting.tally.bytes as u32,
        key: sighting.key,
    };
    if tell(&single).is_ok() {
        count(Counter::TapToldSingly, sighting.tally.packets);
    } else {
        count(Counter::TapLostPackets, sighting.tally.packets);
        count(Counter::TapLostBytes, sighting.tally.bytes);
    }
}

/// Puts a record into the ring; the agent looks by itself often enough, and is woken only when much has come together.
#[inline(always)]
pub(super) fn tell<T: 'static>(record: &T) -> Result<(), i32> {
    const NO_WAKEUP: u64 = 1;
    const FORCE_WAKEUP: u64 = 2;
    const AVAILABLE: u64 = 0;
    let waiting = RING.query(AVAILABLE);
    let flags = if waiting >= RING_WAKE_BYTES.load() { FORCE_WAKEUP } else { NO_WAKEUP };
    RING.output::<T>(record, flags)
}
