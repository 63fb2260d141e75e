//! The maps, and the constants that the agent sets before the programs are loaded.
use aya_ebpf::{
    Global,
    macros::map,
    maps::{Array, LruHashMap, PerCpuArray, RingBuf},
};
use netobs_common::{
    counter::Counter,
    key::{DropKey, TapKey},
    slot::Slot,
};

use super::{fragment::FragmentKey, table::Table};

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
pub(super) static RING: RingBuf = RingBuf::with_byte_size(4096, 0);
#[map]
pub(super) static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Counter::COUNT, 0);
#[map]
pub(super) static FRAGMENTS: LruHashMap<FragmentKey, u32> = LruHashMap::with_max_entries(4096, 0);

macro_rules! globals {
    ($($name:ident: $kind:ty),* $(,)?) => {$(
        #[unsafe(no_mangle)]
        pub(super) static $name: Global<$kind> = Global::new(0);
    )*};
}

globals! {
    SEED: u64,
    TAP_V4_MASK: u32,
    TAP_V6_MASK: u32,
    DROP_V4_MASK: u32,
    DROP_V6_MASK: u32,
    MERGED_V4_MASK: u32,
    MERGED_V6_MASK: u32,
    RING_WAKE_BYTES: u64,
}

pub(super) fn count(counter: Counter, by: u64) {
    if let Some(total) = COUNTERS.get_ptr_mut(counter as u32) {
        // SAFETY: a per-CPU value, and no program of ours interrupts another on the same CPU in the same map slot for
        // longer than this one addition.
        unsafe { super::atomic::add(total, by) };
    }
}

/// The table of an address family, by the length of its addresses.
pub(super) trait TapTable<const A: usize> {
    fn get() -> Table<TapKey<A>>;
}

/// The tables of an address family: one entry a connection, and one that merges all source ports.
pub(super) trait DropTables<const A: usize> {
    fn exact() -> Table<DropKey<A>>;
    fn merged() -> Table<DropKey<A>>;
}

pub(super) struct Tables;

impl TapTable<1> for Tables {
    #[inline(always)]
    fn get() -> Table<TapKey<1>> {
        Table::new(&TAP_V4, TAP_V4_MASK.load())
    }
}

impl TapTable<4> for Tables {
    #[inline(always)]
    fn get() -> Table<TapKey<4>> {
        Table::new(&TAP_V6, TAP_V6_MASK.load())
    }
}

impl DropTables<1> for Tables {
    #[inline(always)]
    fn exact() -> Table<DropKey<1>> {
        Table::new(&DROP_V4, DROP_V4_MASK.load())
    }

    #[inline(always)]
    fn merged() -> Table<DropKey<1>> {
        Table::new(&MERGED_V4, MERGED_V4_MASK.load())
    }
}

impl DropTables<4> for Tables {
    #[inline(always)]
    fn exact() -> Table<DropKey<4>> {
        Table::new(&DROP_V6, DROP_V6_MASK.load())
    }

    #[inline(always)]
    fn merged() -> Table<DropKey<4>> {
        Table::new(&MERGED_V6, MERGED_V6_MASK.load())
    }
}
