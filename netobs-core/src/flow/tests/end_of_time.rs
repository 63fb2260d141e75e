//! A clock that reads the last moment there is.
use super::super::{FlowTable, Limits};
use crate::{
    event::{Direction, Event, Ifindex, Protocol, TapReading, Tuple},
    time::Timestamp,
};

#[test]
fn a_clock_at_the_end_of_time_does_not_hold_the_table_up() {
    let tuple = Tuple {
        source: [10, 0, 0, 1].into(),
        destination: [10, 0, 0, 2].into(),
        source_port: 40_000,
        destination_port: 80,
        protocol: Protocol::Tcp,
        fragment: false,
    };
    let end = Timestamp(u64::MAX);
    let mut table = FlowTable::new(Limits::default());
    table.observe(&Event::Tap(TapReading {
        interface: Ifindex(1),
        tuple,
        from_pod: Direction::default(),
        to_pod: Direction::default(),
        opened_by_pod: true,
        first: end,
        last: end,
    }));
    table.handle_timeout(end);
    assert_eq!(table.len(), 1);
}
