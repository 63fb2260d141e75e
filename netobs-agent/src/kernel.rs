//! The kernel room: programs in, events out.
mod btf;
mod capabilities;
mod clock;
mod counters;
mod error;
mod files;
mod layout;
mod mapped;
mod memory;
mod missed;
mod programs;
mod reading;
mod reasons;
mod rights;
mod ring;
mod table;
mod tables;
mod taps;

use std::{fs, os::linux::fs::MetadataExt as _};

use aya::{
    Ebpf,
    maps::{MapData, RingBuf},
};
use aya_log::EbpfLogger;
use log::Log;
use netobs_common::hash::PRODUCTS;
use netobs_core::event::{Event, Ifindex, NetnsId, ReasonId};
use tracing::{info, warn};

pub(crate) use self::{
    clock::Clock,
    counters::{LEFT_OUT, Loss, PLACES, Skipped},
    error::KernelError,
    files::make_room_for_files,
    programs::Sizes,
    rights::{gain_none as gain_no_rights, give_up_all as give_up_rights},
    taps::AttachBy,
};
use self::{
    counters::Counters, missed::Missed, programs::KernelTypes, reasons::Reasons, ring::Record, tables::Tables,
    taps::Taps,
};

pub(crate) struct Kernel {
    ebpf: Ebpf,
    taps: Taps,
    tables: Tables,
    ring: RingBuf<MapData>,
    counters: Counters,
    missed: Missed,
    logger: EbpfLogger<&'static dyn Log>,
    /// An error, as it was said, where the kernel does not let us see drops.
    reasons: Result<Reasons, String>,
}

impl Kernel {
    /// Loads everything that this kernel and our capabilities allow, and says what they do not. `log` is the level from
    /// which the programs log, 0 for none.
    pub(crate) fn load(sizes: Sizes, log: u8) -> Result<Self, KernelError> {
        let types = KernelTypes::read();
        let offsets = types.as_ref().map(|types| types.offsets.as_slice()).unwrap_or_default();
        let mut ebpf = programs::load(sizes, offsets, &seed(), log)?;
        programs::load_taps(&mut ebpf)?;
        let tables = Tables::new(&ebpf, sizes, own_namespace())?;
        let ring = programs::ring(&mut ebpf)?;
        let counters = programs::counters(&mut ebpf)?;
        let logger = programs::logger(&mut ebpf)?;
        let drops = types.and_then(|types| programs::load_drops(&mut ebpf, &types.btf));
        let reasons = drops
            .inspect_err(|error| warn!("drops are not seen, only traffic: {error}"))
            .map_err(|error| error.to_string());
        memory::give_back();
        let taps = Taps::probe();
        info!(attach_by = ?taps.by(), drops = reasons.is_ok(), "programs are loaded");
        Ok(Self {
            ebpf,
            taps,
            tables,
            ring,
            counters,
            missed: Missed::default(),
            logger,
            reasons,
        })
    }

    /// Leaves this thread what it takes to attach to interfaces that come later.
    pub(crate) fn keep_rights_for_taps(&self) {
        rights::keep_for_taps(|| self.counters.are_readable());
    }

    pub(crate) fn attach_by(&self) -> AttachBy {
        self.taps.by()
    }

    pub(crate) fn attached(&self) -> usize {
        self.taps.attached()
    }

    pub(crate) fn is_attached(&self, interface: Ifindex) -> bool {
        self.taps.has(interface)
    }

    pub(crate) fn attach(&mut self, interface: Ifindex, name: &str, handle: u32) -> Result<(), KernelError> {
        if self.taps.has(interface) {
            return Ok(());
        }
        self.taps.attach(&mut self.ebpf, interface, name, handle)
    }

    pub(crate) fn detach(&mut self, interface: Ifindex) {
        self.taps.detach(&mut self.ebpf, interface);
    }

    pub(crate) fn detach_everywhere(&mut self) {
        self.taps.detach_everywhere(&mut self.ebpf);
    }

    pub(crate) fn reason_name(&self, reason: ReasonId) -> String {
        self.reasons
            .as_ref()
            .map_or_else(|_| format!("REASON_{}", reason.0), |reasons| reasons.name(reason))
    }

    /// Every reason the kernel has a name for.
    pub(crate) fn reason_names(&self) -> impl Iterator<Item = (ReasonId, &str)> {
        self.reasons.iter().flat_map(Reasons::names)
    }

    /// Why drops are not seen, if they are not, and what would help.
    pub(crate) fn drops_missing(&self) -> Option<&str> {
        self.reasons.as_ref().err().map(String::as_str)
    }

    /// Tells what the ring points to; whether there may be more. In a flood there always is, while new links wait.
    pub(crate) fn drain(&mut self, clock: Clock, tell: &mut impl FnMut(Event)) -> bool {
        const MOST_AT_ONCE: usize = 16_384;
        self.logger.flush();
        for _ in 0..MOST_AT_ONCE {
            let Some(item) = self.ring.next() else {
                return false;
            };
            match Record::parse(&item) {
                Some(Record::Hint(hint)) => self.tables.look(hint, clock, tell),
                Some(Record::SingleV4(single)) => tell(reading::single(&single, clock)),
                Some(Record::SingleV6(single)) => tell(reading::single(&single, clock)),
                None => warn!(
                    "a record in the ring is none of ours: agent and programs are of different builds; use an agent as it was \
                     released, or build both anew"
                ),
            }
        }
        true
    }

    /// Tells what all slots gained, and gives back those that are idle.
    pub(crate) fn sweep(&mut self, clock: Clock, tell: &mut impl FnMut(Event)) {
        self.tables.sweep(clock, tell);
    }

    /// The fullest of the tables of connections wants to be swept more often.
    pub(crate) fn is_pressed(&self) -> bool {
        self.tables.is_pressed()
    }

    /// What was lost since this was last asked.
    pub(crate) fn losses(&mut self) -> Vec<Loss> {
        let mut losses = self.counters.losses();
        let missed = programs::drop_program(&self.ebpf).and_then(|program| self.missed.gain(program));
        losses.extend(missed);
        losses
    }

    /// Packets that belong to no connection, since this was last asked.
    pub(crate) fn skipped(&mut self) -> Vec<Skipped> {
        self.counters.skipped()
    }
}

fn own_namespace() -> NetnsId {
    let inode = fs::metadata("/proc/self/ns/net").map_or(0, |metadata| metadata.st_ino());
    NetnsId(u32::try_from(inode).unwrap_or_default())
}

/// Drawn by the standard library's own keyed hash, whose keys are the kernel's random numbers.
fn seed() -> [u64; PRODUCTS] {
    use std::hash::{BuildHasher as _, RandomState};
    let keyed = RandomState::new();
    std::array::from_fn(|product| keyed.hash_one(product))
}
