//! Readings as a few words, and reports as a few lines.
use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use crate::{
    event::{
        Count, Direction, DropReading, Event, Ifindex, NetnsId, Place, Protocol, ReasonId, TapReading, TcpFlags, Tuple,
    },
    flow::{FlowDrop, FlowTable, Limits, Report},
    time::Timestamp,
};

pub(super) const CLIENT: &str = "10.0.0.1:40000";
pub(super) const SERVER: &str = "10.0.0.2:80";

const START: Timestamp = Timestamp::from_secs(1_700_000_000);

/// Milliseconds after the story began.
pub(super) fn at(milliseconds: u64) -> Timestamp {
    START.plus(Duration::from_millis(milliseconds))
}

pub(super) fn few(flows: usize, backlog: usize) -> Limits {
    Limits {
        flows,
        backlog,
        ..Limits::default()
    }
}

/// What the table tells of these events, one time long after another until nothing of them is left.
pub(super) fn told(events: &[Event], times: &[u64]) -> String {
    let mut table = FlowTable::new(Limits::default());
    events.iter().for_each(|event| table.observe(event));
    let tell = |time: &u64| {
        table.handle_timeout(at(*time));
        render(&mut table)
    };
    times.iter().map(tell).collect()
}

pub(super) fn render(table: &mut FlowTable) -> String {
    reports(table).iter().map(line).collect()
}

pub(super) fn reports(table: &mut FlowTable) -> Vec<Report> {
    std::iter::from_fn(|| table.poll()).collect()
}

pub(super) fn line(report: &Report) -> String {
    let Report { phase, flow } = report;
    let side = |interface: Option<Ifindex>| interface.map_or("-".to_owned(), |index| index.0.to_string());
    let mut text = format!(
        "{phase:?} #{} {} [{}>{}] by {:?}: {:?}, {:?}; {} there, {} back\n",
        flow.id.0,
        tuple(&flow.tuple),
        side(flow.source_interface),
        side(flow.destination_interface),
        flow.initiator,
        flow.verdict,
        flow.evidence,
        flow.forward.packets,
        flow.reply.packets,
    );
    flow.drops.iter().for_each(|drop| drop_line(&mut text, drop));
    if !flow.further_drops.is_zero() {
        writeln!(text, "  {} further dropped", flow.further_drops.packets).unwrap();
    }
    text
}

fn tuple(tuple: &Tuple) -> String {
    let Tuple {
        source,
        destination,
        source_port,
        destination_port,
        protocol,
        ..
    } = tuple;
    format!("{protocol:?} {source}:{source_port} > {destination}:{destination_port}")
}

fn drop_line(text: &mut String, drop: &FlowDrop) {
    let what = if drop.of_reply { " of the reply" } else { "" };
    let (count, reason) = (drop.count.packets, drop.reason.0);
    writeln!(text, "  {count}{what} dropped for {reason} at {:?}", drop.place).unwrap();
}

pub(super) fn tcp(source: &str, destination: &str) -> Tuple {
    with_ports(Protocol::Tcp, source, destination)
}

pub(super) fn udp(source: &str, destination: &str) -> Tuple {
    with_ports(Protocol::Udp, source, destination)
}

fn with_ports(protocol: Protocol, source: &str, destination: &str) -> Tuple {
    let [source, destination]: [SocketAddr; 2] = [source.parse().unwrap(), destination.parse().unwrap()];
    Tuple {
        source: source.ip(),
        destination: destination.ip(),
        source_port: source.port(),
        destination_port: destination.port(),
        protocol,
        fragment: false,
    }
}

/// An echo, which has the same two numbers in both directions.
pub(super) fn ping(source: &str, destination: &str, identifier: u16) -> Tuple {
    Tuple {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        source_port: identifier,
        destination_port: 8 << 8,
        protocol: Protocol::Icmp,
        fragment: false,
    }
}

pub(super) fn nothing() -> Direction {
    Direction::default()
}

pub(super) fn data(packets: u64) -> Direction {
    Direction {
        count: Count {
            packets,
            bytes: 100 * packets,
        },
        flags: TcpFlags(TcpFlags::ACK),
        other_than_reset: true,
        ..Direction::default()
    }
}

pub(super) fn request(packets: u64) -> Direction {
    Direction {
        flags: TcpFlags(TcpFlags::SYN),
        syn: true,
        ..data(packets)
    }
}

pub(super) fn answer(packets: u64) -> Direction {
    Direction {
        flags: TcpFlags(TcpFlags::SYN | TcpFlags::ACK),
        syn_ack: true,
        ..data(packets)
    }
}

pub(super) fn fin(packets: u64) -> Direction {
    Direction {
        flags: TcpFlags(TcpFlags::FIN | TcpFlags::ACK),
        ..data(packets)
    }
}

pub(super) fn reset(packets: u64) -> Direction {
    Direction {
        flags: TcpFlags(TcpFlags::RST),
        other_than_reset: false,
        ..data(packets)
    }
}

/// What the tap of `pod` counted, who opened the entry.
pub(super) fn tap(interface: u32, pod: Tuple, from_pod: Direction, to_pod: Direction) -> TapReading {
    TapReading {
        interface: Ifindex(interface),
        tuple: pod,
        from_pod,
        to_pod,
        opened_by_pod: !from_pod.count.is_zero(),
        first: START,
        last: START,
    }
}

pub(super) fn dropped(tuple: Tuple, reason: u32, packets: u64) -> DropReading {
    DropReading {
        tuple,
        reason: ReasonId(reason),
        place: Place::Node {
            interface: Some(Ifindex(9)),
        },
        arrived_by: None,
        count: data(packets).count,
        source_ports_merged: false,
        first: START,
        last: START,
    }
}

pub(super) fn inside(namespace: u32) -> Place {
    Place::Inside {
        namespace: NetnsId(namespace),
        interface: None,
    }
}

/// When readings were first and last added to, in milliseconds.
pub(super) trait Seen {
    fn seen(self, first: u64, last: u64) -> Event;
}

impl Seen for TapReading {
    fn seen(self, first: u64, last: u64) -> Event {
        Event::Tap(Self {
            first: at(first),
            last: at(last),
            ..self
        })
    }
}

impl Seen for DropReading {
    fn seen(self, first: u64, last: u64) -> Event {
        Event::Drop(Self {
            first: at(first),
            last: at(last),
            ..self
        })
    }
}
