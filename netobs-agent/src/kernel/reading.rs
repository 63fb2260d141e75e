//! From what a slot or a record holds to what the core calls an event.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netobs_common::{
    key::{DropKey, TapKey, meta},
    parse::sign,
    ring::Single,
    slot::Tally,
    tap::{FROM_POD, TO_POD},
};
use netobs_core::event::{
    Count, Direction, DropReading, Event, Ifindex, NetnsId, Place, Protocol, ReasonId, TapReading, TcpFlags, Tuple,
};

use super::{clock::Clock, mapped::Held};

const TCP_FLAGS: u8 = sign::FIN | sign::SYN | sign::RST | sign::PSH | sign::ACK;

/// An address as the programs keep it.
pub(crate) trait Address {
    fn ip(self) -> IpAddr;
}

impl Address for [u32; 1] {
    fn ip(self) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(self[0].to_ne_bytes()))
    }
}

impl Address for [u32; 4] {
    fn ip(self) -> IpAddr {
        let mut octets = [0; 16];
        for (octets, word) in octets.chunks_exact_mut(4).zip(self) {
            octets.copy_from_slice(&word.to_ne_bytes());
        }
        IpAddr::V6(Ipv6Addr::from(octets))
    }
}

pub(crate) fn tap<const A: usize>(held: &Held<TapKey<A>>, clock: Clock) -> Event
where
    [u32; A]: Address,
{
    let protocol = meta::protocol(held.key.meta);
    Event::Tap(TapReading {
        interface: Ifindex(held.key.ifindex),
        tuple: tap_tuple(&held.key),
        from_pod: direction(held.tallies[FROM_POD as usize], signs(held.signs, FROM_POD), protocol),
        to_pod: direction(held.tallies[TO_POD as usize], signs(held.signs, TO_POD), protocol),
        opened_by_pod: held.opened_by == FROM_POD,
        first: clock.wall(held.first),
        last: clock.wall(held.last),
    })
}

pub(crate) fn single<const A: usize>(single: &Single<A>, clock: Clock) -> Event
where
    [u32; A]: Address,
{
    let mut tallies = [Tally::default(); 2];
    let way = single.direction.min(TO_POD) as usize;
    tallies[way] = Tally {
        packets: u64::from(single.packets),
        bytes: u64::from(single.bytes),
    };
    let held = Held {
        key: single.key,
        tallies,
        signs: single.signs,
        opened_by: single.direction,
        first: single.at,
        last: single.at,
    };
    tap(&held, clock)
}

pub(crate) fn dropped<const A: usize>(held: &Held<DropKey<A>>, clock: Clock, node: NetnsId) -> Event
where
    [u32; A]: Address,
{
    let key = held.key;
    let interface = (key.ifindex != 0).then_some(Ifindex(key.ifindex));
    let namespace = NetnsId(key.netns);
    let place = match namespace {
        NetnsId(0) => Place::Unknown,
        namespace if namespace == node => Place::Node { interface },
        namespace => Place::Inside { namespace, interface },
    };
    Event::Drop(DropReading {
        tuple: tuple(key.source.ip(), key.destination.ip(), key.ports, key.meta),
        reason: ReasonId(key.reason),
        place,
        arrived_by: (key.arrived_by != 0).then_some(Ifindex(key.arrived_by)),
        count: count(held.tallies[0]),
        source_ports_merged: key.meta & meta::SOURCE_PORTS_MERGED != 0,
        first: clock.wall(held.first),
        last: clock.wall(held.last),
    })
}

fn tap_tuple<const A: usize>(key: &TapKey<A>) -> Tuple
where
    [u32; A]: Address,
{
    tuple(key.pod.ip(), key.peer.ip(), key.ports, key.meta)
}

fn tuple(source: IpAddr, destination: IpAddr, ports: u32, key_meta: u32) -> Tuple {
    let [a, b, c, d] = ports.to_ne_bytes();
    Tuple {
        source,
        destination,
        source_port: u16::from_be_bytes([a, b]),
        destination_port: u16::from_be_bytes([c, d]),
        protocol: Protocol::from_number(meta::protocol(key_meta)),
        fragment: key_meta & meta::FRAGMENT != 0,
    }
}

fn signs(both: u32, direction: u32) -> u8 {
    both.to_le_bytes()[direction as usize & 1]
}

fn direction(tally: Tally, signs: u8, protocol: u8) -> Direction {
    let protocol = Protocol::from_number(protocol);
    let flags = match protocol {
        Protocol::Tcp => signs & TCP_FLAGS,
        // Its own chunks for the same two ends of a connection.
        Protocol::Sctp => signs & (sign::FIN | sign::RST),
        Protocol::Udp | Protocol::Icmp | Protocol::Icmpv6 | Protocol::Other(_) => 0,
    };
    let has_signs = protocol != Protocol::Udp;
    Direction {
        count: count(tally),
        flags: TcpFlags(flags),
        syn: signs & sign::REQUEST != 0,
        syn_ack: signs & sign::ANSWER != 0,
        other_than_reset: !has_signs && tally.packets > 0 || signs & sign::NOT_RESET != 0,
    }
}

fn count(tally: Tally) -> Count {
    Count {
        packets: tally.packets,
        bytes: tally.bytes,
    }
}
