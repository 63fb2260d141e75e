//! What the programs counted beside connections: packets lost, and packets that belong to none.
use aya::maps::{MapData, PerCpuArray};
use netobs_common::counter::Counter;

/// Packets that were counted and could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) place: &'static str,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

/// Packets that are no part of a connection, by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) what: &'static str,
    pub(crate) packets: u64,
}

const LOSSES: [(&str, Counter, Counter); 2] = [
    ("tap", Counter::TapLostPackets, Counter::TapLostBytes),
    ("drops", Counter::DropLostPackets, Counter::DropLostBytes),
];

const SKIPPED: [(&str, Counter); 5] = [
    ("not_ip", Counter::NotIp),
    ("truncated", Counter::Truncated),
    ("malformed", Counter::Malformed),
    ("too_deep", Counter::TooDeep),
    ("drop_unparsed", Counter::DropUnparsed),
];

/// The place of drops that the kernel counts itself.
pub(super) const MISSED: &str = "drops_missed";
/// Every place of a [`Loss`].
pub(crate) const PLACES: [&str; 3] = [LOSSES[0].0, LOSSES[1].0, MISSED];
/// All that is ever [`Skipped`].
pub(crate) const LEFT_OUT: [&str; 5] = [SKIPPED[0].0, SKIPPED[1].0, SKIPPED[2].0, SKIPPED[3].0, SKIPPED[4].0];

pub(crate) struct Counters {
    map: PerCpuArray<MapData, u64>,
    told: [u64; Counter::COUNT as usize],
}

impl Counters {
    pub(crate) fn new(map: PerCpuArray<MapData, u64>) -> Self {
        Self {
            map,
            told: [0; Counter::COUNT as usize],
        }
    }

    pub(super) fn are_readable(&self) -> bool {
        self.map.get(&0, 0).is_ok()
    }

    pub(crate) fn losses(&mut self) -> Vec<Loss> {
        let loss = |(place, packets, bytes)| Loss {
            place,
            packets: self.gain(packets),
            bytes: self.gain(bytes),
        };
        LOSSES.map(loss).into_iter().filter(|loss| loss.packets > 0).collect()
    }

    pub(crate) fn skipped(&mut self) -> Vec<Skipped> {
        let skipped = |(what, counter)| Skipped {
            what,
            packets: self.gain(counter),
        };
        SKIPPED
            .map(skipped)
            .into_iter()
            .filter(|skipped| skipped.packets > 0)
            .collect()
    }

    fn gain(&mut self, counter: Counter) -> u64 {
        let total = self
            .map
            .get(&(counter as u32), 0)
            .map_or(0, |by_cpu| by_cpu.iter().sum());
        let told = std::mem::replace(&mut self.told[counter as usize], total);
        total.saturating_sub(told)
    }
}
