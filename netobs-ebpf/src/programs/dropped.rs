//! Every packet that the kernel drops is added to the slot of its connection and reason.
use aya_ebpf::{
    helpers::bpf_ktime_get_coarse_ns,
    macros::map,
    maps::Array,
    programs::BtfTracePointContext,
};
use netobs_common::{
    counter::Counter,
    key::{DropKey, Key, meta},
    parse::{self, Packet, Unparsed},
    ring::{HINT, Hint, TABLE_DROP_V4, TABLE_DROP_V6},
    slot::{Slot, Tally},
};

use super::{
    atomic,
    maps::{DropTables, SEED, Tables, count},
    structs::{Device, Linear, SkBuff},
    table::{Opening, Table},
    tally,
    tap::tell,
};

/// One bit a core reason, set for those that are no drops, or not of the network.
#[map]
static IGNORED: Array<[u64; 4]> = Array::with_max_entries(1, 0);

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

#[inline(always)]
pub(super) fn observe(ctx: &BtfTracePointContext) {
    let reason: u32 = ctx.arg::<u64>(2) as u32;
    if is_ignored(reason) {
        return;
    }
    let skb = SkBuff(ctx.arg::<*const u8>(0));
    let read = match skb.protocol() {
        IPV4 => read::<1>(skb, reason, |linear| parse::ipv4(linear, 0)),
        IPV6 => read::<4>(skb, reason, |linear| parse::ipv6(linear, 0)),
        _ => return,
    };
    if read.is_err() {
        count(Counter::DropUnparsed, 1);
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
fn read<const A: usize>(
    skb: SkBuff,
    reason: u32,
    parse: impl Fn(&Linear) -> Result<Packet<A>, Unparsed>,
) -> Result<(), Unparsed>
where
    Tables: DropTables<A>,
{
    let linear = skb.network();
    let packet = parse(&linear)?;
    let bytes = (linear.len as u32).wrapping_add(skb.data_len());
    let segments = skb.gso_segments(bytes.wrapping_sub(packet.header_len));
    let Device { ifindex, netns } = skb.device();
    let key = DropKey {
        source: packet.source,
        destination: packet.destination,
        ports: packet.transport.ports,
        meta: meta::new(packet.transport.protocol, 0),
        reason,
        ifindex,
        arrived_by: skb.arrived_by(),
        netns,
    };
    account::<A>(key, tally::on_the_wire(bytes, packet.header_len, segments));
    Ok(())
}

#[inline(always)]
fn account<const A: usize>(key: DropKey<A>, tally: Tally)
where
    Tables: DropTables<A>,
{
    // SAFETY: a helper without arguments.
    let now = unsafe { bpf_ktime_get_coarse_ns() };
    let opening = Opening { key, signs: 0, direction: 0, tally, now };
    match add(&<Tables as DropTables<A>>::exact(), &opening) {
        Added::ToOpen => {}
        Added::ToNew(index) => hint::<A>(index),
        Added::Nowhere => account_merged(opening),
    }
}

/// The table is full, as in a flood of connections from ever new ports: those of the same peers share an entry.
#[inline(always)]
fn account_merged<const A: usize>(mut opening: Opening<DropKey<A>>)
where
    Tables: DropTables<A>,
{
    let [_, _, high, low] = opening.key.ports.to_ne_bytes();
    opening.key.ports = u32::from_ne_bytes([0, 0, high, low]);
    opening.key.meta |= meta::SOURCE_PORTS_MERGED;
    if let Added::Nowhere = add(&<Tables as DropTables<A>>::merged(), &opening) {
        count(Counter::DropLostPackets, opening.tally.packets);
        count(Counter::DropLostBytes, opening.tally.bytes);
    }
}

enum Added {
    ToOpen,
    ToNew(u32),
    Nowhere,
}

#[inline(always)]
fn add<const A: usize>(table: &Table<DropKey<A>>, opening: &Opening<DropKey<A>>) -> Added {
    let places = table.places(opening.key.hash(SEED.load()));
    let open = table.find_home(&opening.key, &places).or_else(|| table.find(&opening.key, &places).map(|found| found.slot));
    if let Some(slot) = open {
        add_to(slot, opening);
        return Added::ToOpen;
    }
    match table.open(opening, &places) {
        Some(found) => Added::ToNew(found.index),
        None => Added::Nowhere,
    }
}

#[inline(always)]
fn add_to<const A: usize>(slot: *mut Slot<DropKey<A>>, opening: &Opening<DropKey<A>>) {
    // SAFETY: `slot` points into the map; counts change atomically, the time may be anyone's.
    unsafe {
        let tally = &raw mut (*slot).tallies[0];
        atomic::add(&raw mut (*tally).packets, opening.tally.packets);
        atomic::add(&raw mut (*tally).bytes, opening.tally.bytes);
        (*slot).last = opening.now;
    }
}

#[inline(always)]
fn hint<const A: usize>(slot: u32) {
    let table = if A == 1 { TABLE_DROP_V4 } else { TABLE_DROP_V6 };
    if tell(&Hint { record: HINT, table, slot }).is_err() {
        count(Counter::HintsSkipped, 1);
    }
}
