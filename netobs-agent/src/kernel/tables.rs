//! All tables of the programs, and when their slots are given back.
use std::time::Duration;

use aya::Ebpf;
use netobs_common::{
    key::{DropKey, TapKey},
    parse::sign,
    ring::{Hint, TABLE_DROP_V4, TABLE_DROP_V6, TABLE_TAP_V4, TABLE_TAP_V6},
};
use netobs_core::event::{Event, NetnsId};

use super::{
    clock::Clock,
    error::KernelError,
    mapped::Held,
    programs::{self, Sizes},
    reading,
    table::Table,
};

const ENDED_FOR: Duration = Duration::from_millis(500);

pub(crate) struct Tables {
    tap_v4: Table<TapKey<1>>,
    tap_v6: Table<TapKey<4>>,
    drop_v4: Table<DropKey<1>>,
    drop_v6: Table<DropKey<4>>,
    merged_v4: Table<DropKey<1>>,
    merged_v6: Table<DropKey<4>>,
    node: NetnsId,
}

impl Tables {
    pub(crate) fn new(ebpf: &Ebpf, sizes: Sizes, node: NetnsId) -> Result<Self, KernelError> {
        Ok(Self {
            tap_v4: Table::new(programs::table(ebpf, "TAP_V4", sizes.tap_v4)?),
            tap_v6: Table::new(programs::table(ebpf, "TAP_V6", sizes.tap_v6)?),
            drop_v4: Table::new(programs::table(ebpf, "DROP_V4", sizes.drop_v4)?),
            drop_v6: Table::new(programs::table(ebpf, "DROP_V6", sizes.drop_v6)?),
            merged_v4: Table::new(programs::table(ebpf, "MERGED_V4", sizes.merged)?),
            merged_v6: Table::new(programs::table(ebpf, "MERGED_V6", sizes.merged)?),
            node,
        })
    }

    pub(crate) fn look(&mut self, hint: Hint, clock: Clock, tell: &mut impl FnMut(Event)) {
        let node = self.node;
        match hint.table {
            TABLE_TAP_V4 => self
                .tap_v4
                .look(hint.slot, &mut |held| tell(reading::tap(&held, clock))),
            TABLE_TAP_V6 => self
                .tap_v6
                .look(hint.slot, &mut |held| tell(reading::tap(&held, clock))),
            TABLE_DROP_V4 => self
                .drop_v4
                .look(hint.slot, &mut |held| tell(reading::dropped(&held, clock, node))),
            TABLE_DROP_V6 => self
                .drop_v6
                .look(hint.slot, &mut |held| tell(reading::dropped(&held, clock, node))),
            _ => {}
        }
    }

    pub(crate) fn sweep(&mut self, clock: Clock, tell: &mut impl FnMut(Event)) {
        let node = self.node;
        sweep(&mut self.tap_v4, clock, tap_idle, &mut |held| {
            tell(reading::tap(&held, clock))
        });
        sweep(&mut self.tap_v6, clock, tap_idle, &mut |held| {
            tell(reading::tap(&held, clock))
        });
        sweep(&mut self.drop_v4, clock, idle, &mut |held| {
            tell(reading::dropped(&held, clock, node))
        });
        sweep(&mut self.drop_v6, clock, idle, &mut |held| {
            tell(reading::dropped(&held, clock, node))
        });
        sweep(&mut self.merged_v4, clock, idle, &mut |held| {
            tell(reading::dropped(&held, clock, node))
        });
        sweep(&mut self.merged_v6, clock, idle, &mut |held| {
            tell(reading::dropped(&held, clock, node))
        });
    }

    pub(crate) fn is_pressed(&self) -> bool {
        const PRESSED: f64 = 0.25;
        self.tap_v4.fill().max(self.tap_v6.fill()) > PRESSED
    }
}

fn sweep<K: Copy>(
    table: &mut Table<K>,
    clock: Clock,
    idle: impl Fn(&Held<K>, f64) -> Duration,
    tell: &mut impl FnMut(Held<K>),
) {
    let fill = table.fill();
    table.sweep(clock, |held| idle(held, fill), tell);
}

/// A slot given back early costs no truth, only one more hint when its connection goes on; so when slots run short, they
/// are given back early.
fn idle<K>(_: &Held<K>, fill: f64) -> Duration {
    match fill {
        0.0..0.25 => Duration::from_secs(10),
        0.25..0.5 => Duration::from_secs(1),
        _ => Duration::from_millis(200),
    }
}

fn tap_idle<const A: usize>(held: &Held<TapKey<A>>, fill: f64) -> Duration {
    let [from_pod, to_pod, ..] = held.signs.to_le_bytes();
    let ended = (from_pod | to_pod) & sign::RST != 0 || from_pod & to_pod & sign::FIN != 0;
    let idle = idle(held, fill);
    if ended { idle.min(ENDED_FOR) } else { idle }
}
