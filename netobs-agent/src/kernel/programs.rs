//! Loading the programs: sizes and constants in, maps and program handles out.
use std::os::fd::{AsFd, BorrowedFd};

use aya::{
    Btf, Ebpf, EbpfLoader,
    maps::{Array, Map, MapData, PerCpuArray, RingBuf},
    programs::{BtfTracePoint, ProgramError, SchedClassifier},
};
use aya_log::EbpfLogger;
use log::Log;
use netobs_common::{hash::PRODUCTS, slot::Slot};

use super::{btf, capabilities, counters::Counters, error::KernelError, layout, mapped::Mapped, reasons::Reasons};

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/netobs.o"));

pub(super) const FROM_POD: &str = "netobs_from_pod";
pub(super) const TO_POD: &str = "netobs_to_pod";
const DROPPED: &str = "netobs_dropped";

/// How much the tables hold. Slots are powers of two, the ring is in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) tap_v4: u32,
    pub(crate) tap_v6: u32,
    pub(crate) drop_v4: u32,
    pub(crate) drop_v6: u32,
    pub(crate) merged: u32,
    pub(crate) ring: u32,
}

impl Sizes {
    /// Map, its mask's constant, and its slots.
    const fn tables(self) -> [(&'static str, &'static str, u32); 6] {
        [
            ("TAP_V4", "TAP_V4_MASK", self.tap_v4),
            ("TAP_V6", "TAP_V6_MASK", self.tap_v6),
            ("DROP_V4", "DROP_V4_MASK", self.drop_v4),
            ("DROP_V6", "DROP_V6_MASK", self.drop_v6),
            ("MERGED_V4", "MERGED_V4_MASK", self.merged),
            ("MERGED_V6", "MERGED_V6_MASK", self.merged),
        ]
    }
}

/// Loads the object's maps with the constants that the programs are specialised by.
pub(super) fn load(
    sizes: Sizes,
    offsets: &[(&'static str, u32)],
    seed: &[u64; PRODUCTS],
    log: u8,
) -> Result<Ebpf, KernelError> {
    if OBJECT.is_empty() {
        return Err(KernelError::NoPrograms);
    }
    let masks = sizes.tables().map(|(_, mask, slots)| (mask, slots - 1));
    let mut loader = EbpfLoader::new();
    loader
        .override_global("SEED", seed, true)
        .override_global(aya_log::LEVEL, &log, true)
        .map_max_entries("RING", sizes.ring);
    for (map, _, slots) in sizes.tables() {
        loader.map_max_entries(map, slots);
    }
    for (constant, value) in masks.iter().chain(offsets) {
        loader.override_global(constant, value, true);
    }
    loader.load(OBJECT).map_err(|error| KernelError::MapsRefused {
        reason: chain(&error),
        remedy: capabilities::remedy(),
    })
}

/// What the programs log, on the way to our own log.
pub(super) fn logger(ebpf: &mut Ebpf) -> Result<EbpfLogger<&'static dyn Log>, KernelError> {
    EbpfLogger::init(ebpf).map_err(|error| KernelError::MapsRefused {
        reason: chain(&error),
        remedy: String::new(),
    })
}

pub(super) fn load_taps(ebpf: &mut Ebpf) -> Result<(), KernelError> {
    for program in [FROM_POD, TO_POD] {
        tap(ebpf, program)?.load().map_err(|error| refused(program, &error))?;
    }
    Ok(())
}

/// The drop program, attached; and the names of what it will report.
pub(super) fn load_drops(ebpf: &mut Ebpf, kernel: &btf::Btf) -> Result<Reasons, KernelError> {
    let reasons = Reasons::read(kernel);
    let ignored = ebpf.map_mut("IGNORED").ok_or(KernelError::Mismatch {
        what: "the map IGNORED",
    })?;
    let mut ignored: Array<_, [u64; 4]> = ignored
        .try_into()
        .map_err(|_| KernelError::Mismatch { what: "IGNORED" })?;
    ignored
        .set(0, reasons.ignored(), 0)
        .map_err(|error| refused(DROPPED, &error))?;
    let types = Btf::from_sys_fs().map_err(|error| refused(DROPPED, &error))?;
    let program = ebpf
        .program_mut(DROPPED)
        .ok_or(KernelError::Mismatch { what: DROPPED })?;
    let program: &mut BtfTracePoint = program
        .try_into()
        .map_err(|error: ProgramError| refused(DROPPED, &error))?;
    program
        .load("kfree_skb", &types)
        .map_err(|error| refused(DROPPED, &error))?;
    program.attach().map_err(|error| refused(DROPPED, &error))?;
    Ok(reasons)
}

/// The loaded drop program, where there is one.
pub(super) fn drop_program(ebpf: &Ebpf) -> Option<BorrowedFd<'_>> {
    let program: &BtfTracePoint = ebpf.program(DROPPED)?.try_into().ok()?;
    program.fd().ok().map(AsFd::as_fd)
}

/// What the drop program must know of the running kernel, where that tells it.
pub(super) struct KernelTypes {
    pub(super) btf: btf::Btf,
    pub(super) offsets: Vec<(&'static str, u32)>,
}

impl KernelTypes {
    pub(super) fn read() -> Result<Self, KernelError> {
        let btf = btf::Btf::read("/sys/kernel/btf/vmlinux".as_ref(), None)?;
        let offsets = layout::read(&btf)?;
        Ok(Self { btf, offsets })
    }
}

pub(super) fn tap<'a>(ebpf: &'a mut Ebpf, name: &'static str) -> Result<&'a mut SchedClassifier, KernelError> {
    let program = ebpf.program_mut(name).ok_or(KernelError::Mismatch { what: name })?;
    program.try_into().map_err(|error: ProgramError| refused(name, &error))
}

pub(super) fn table<K: Copy>(ebpf: &Ebpf, name: &'static str, slots: u32) -> Result<Mapped<K>, KernelError> {
    let Some(Map::Array(data)) = ebpf.map(name) else {
        return Err(KernelError::Mismatch { what: name });
    };
    let fits = data
        .info()
        .is_ok_and(|info| info.value_size() as usize == size_of::<Slot<K>>());
    if !fits {
        return Err(KernelError::Mismatch { what: name });
    }
    Mapped::new(data.fd().as_fd(), slots)
}

pub(super) fn ring(ebpf: &mut Ebpf) -> Result<RingBuf<MapData>, KernelError> {
    let map = ebpf
        .take_map("RING")
        .ok_or(KernelError::Mismatch { what: "the map RING" })?;
    RingBuf::try_from(map).map_err(|error| KernelError::MapsRefused {
        reason: chain(&error),
        remedy: String::new(),
    })
}

pub(super) fn counters(ebpf: &mut Ebpf) -> Result<Counters, KernelError> {
    let map = ebpf.take_map("COUNTERS").ok_or(KernelError::Mismatch {
        what: "the map COUNTERS",
    })?;
    let map = PerCpuArray::try_from(map).map_err(|_| KernelError::Mismatch {
        what: "the map COUNTERS",
    })?;
    Ok(Counters::new(map))
}

fn refused(program: &'static str, error: &dyn std::error::Error) -> KernelError {
    KernelError::ProgramRefused {
        program,
        reason: chain(error),
        remedy: capabilities::remedy(),
    }
}

/// An error with what caused it, but only the last lines of a verifier's log.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    const LAST: usize = 6;
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    let lines: Vec<_> = said.lines().collect();
    let skipped = lines.len().saturating_sub(LAST + 1);
    if skipped == 0 {
        return said;
    }
    format!("{} … {}", lines[0], lines[lines.len() - LAST..].join(" / "))
}
