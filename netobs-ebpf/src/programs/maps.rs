//! The maps, and the constants that the agent sets before the programs are loaded.
use aya_ebpf::{
    Global,
    macros::map,
    maps::{Array, LruHashMap, PerCpuArray, RingBuf},
};
use netobs_common::{
    counter::Counter,
    hash::PRODUCTS,
    key::{DropKey, TapKey},
    slot::Slot,
};

use super::table::{Sighting, Table};

/// `BPF_F_MMAPABLE`: the agent reads and retires slots without a system call.
const MMAPABLE: u32 = 1 << 10;

// Sizes are the agent's to choose at load time; these are the least that work.
#[map]
static TAP_V4: Array<Slot<TapKey<1>>> = Array::with_max_entries(1024, MMAPABLE);
#[map]
static TAP_V6: Array<Slot<TapKey<4>>> = Array::with_max_entries(1024, MMAPABLE);
#[map]
static DROP_V4: Array<Slot<DropKey<1>>> = Array::with_max_entries(1024, MMAPABLE);
#[map]
static DROP_V6: Array<Slot<DropKey<4>>> = Array::with_max_entries(1024, MMAPABLE);
#[map]
static MERGED_V4: Array<Slot<DropKey<1>>> = Array::with_max_entries(1024, MMAPABLE);
#[map]
static MERGED_V6: Array<Slot<DropKey<4>>> = Array::with_max_entries(1024, MMAPABLE);
#[map]
static TAP_ROOM_V4: PerCpuArray<Sighting<TapKey<1>>> = PerCpuArray::with_max_entries(1, 0);
#[map]
static TAP_ROOM_V6: PerCpuArray<Sighting<TapKey<4>>> = PerCpuArray::with_max_entries(1, 0);
#[map]
static DROP_ROOM_V4: PerCpuArray<Sighting<DropKey<1>>> = PerCpuArray::with_max_entries(1, 0);
#[map]
static DROP_ROOM_V6: PerCpuArray<Sighting<DropKey<4>>> = PerCpuArray::with_max_entries(1, 0);
#[map]
pub(super) static RING: RingBuf = RingBuf::with_byte_size(4096, 0);
#[map]
pub(super) static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Counter::COUNT, 0);
#[map]
static FRAGMENTS_V4: LruHashMap<TapKey<1>, u32> = LruHashMap::with_max_entries(4096, 0);
#[map]
static FRAGMENTS_V6: LruHashMap<TapKey<4>, u32> = LruHashMap::with_max_entries(4096, 0);

macro_rules! globals {
    ($($name:ident: $kind:ty),* $(,)?) => {$(
        #[unsafe(no_mangle)]
        pub(super) static $name: Global<$kind> = Global::new(0);
    )*};
}

globals! {
    NO_SOCKET: u32,
    NOT_SPECIFIED: u32,
    TAP_V4_MASK: u32,
    TAP_V6_MASK: u32,
    DROP_V4_MASK: u32,
    DROP_V6_MASK: u32,
    MERGED_V4_MASK: u32,
    MERGED_V6_MASK: u32,
}

#[unsafe(no_mangle)]
static SEED: [Global<u64>; PRODUCTS] = [const { Global::new(0) }; PRODUCTS];

/// The seed's words for one product of a key's hash.
#[inline(always)]
pub(super) fn seed(product: usize) -> u64 {
    SEED[product].load()
}

/// Adds to a [`Counter`]; to none, if it is the number of none.
pub(super) fn count(counter: u32, by: u64) {
    if let Some(total) = COUNTERS.get_ptr_mut(counter) {
        // SAFETY: a per-CPU value, and no program of ours interrupts another on the same CPU in the same map slot for
        // longer than this one addition.
        unsafe { super::atomic::add(total, by) };
    }
}

/// What taps of an address family use: the table, and room for one packet.
///
/// The room is a map's value because the stack is short, and because the verifier keeps no account of what is in it: it
/// then looks once at what follows, not once for every way that leads there.
pub(super) trait TapMaps<const A: usize> {
    fn table() -> Table<TapKey<A>>;
    fn room() -> Option<*mut Sighting<TapKey<A>>>;
}

/// What the drop program uses: a table with an entry a connection, one that merges source ports, and room for one packet.
pub(super) trait DropMaps<const A: usize> {
    fn exact() -> Table<DropKey<A>>;
    fn merged() -> Table<DropKey<A>>;
    fn room() -> Option<*mut Sighting<DropKey<A>>>;
}

/// The ports of fragmented datagrams, by a key in which the datagram's number stands for them.
pub(super) trait FragmentPorts<const A: usize> {
    fn remember(datagram: &TapKey<A>, ports: u32);
    fn recall(datagram: &TapKey<A>) -> Option<u32>;
}

pub(super) struct Tables;

macro_rules! families {
    ($($address:literal: $tap:ident, $tap_mask:ident, $tap_room:ident, $drop:ident, $drop_mask:ident, $merged:ident,
        $merged_mask:ident, $drop_room:ident, $fragments:ident;)*) => {$(
        impl TapMaps<$address> for Tables {
            #[inline(always)]
            fn table() -> Table<TapKey<$address>> {
                Table::new(&$tap, $tap_mask.load())
            }

            #[inline(always)]
            fn room() -> Option<*mut Sighting<TapKey<$address>>> {
                $tap_room.get_ptr_mut(0)
            }
        }

        impl DropMaps<$address> for Tables {
            #[inline(always)]
            fn exact() -> Table<DropKey<$address>> {
                Table::new(&$drop, $drop_mask.load())
            }

            #[inline(always)]
            fn merged() -> Table<DropKey<$address>> {
                Table::new(&$merged, $merged_mask.load())
            }

            #[inline(always)]
            fn room() -> Option<*mut Sighting<DropKey<$address>>> {
                $drop_room.get_ptr_mut(0)
            }
        }

        impl FragmentPorts<$address> for Tables {
            #[inline(always)]
            fn remember(datagram: &TapKey<$address>, ports: u32) {
                // A refusal means that later fragments are told without ports.
                let _ = $fragments.insert(datagram, &ports, 0);
            }

            #[inline(always)]
            fn recall(datagram: &TapKey<$address>) -> Option<u32> {
                // SAFETY: the value is copied at once.
                unsafe { $fragments.get(datagram) }.copied()
            }
        }
    )*};
}

families! {
    1: TAP_V4, TAP_V4_MASK, TAP_ROOM_V4, DROP_V4, DROP_V4_MASK, MERGED_V4, MERGED_V4_MASK, DROP_ROOM_V4, FRAGMENTS_V4;
    4: TAP_V6, TAP_V6_MASK, TAP_ROOM_V6, DROP_V6, DROP_V6_MASK, MERGED_V6, MERGED_V6_MASK, DROP_ROOM_V6, FRAGMENTS_V6;
}
