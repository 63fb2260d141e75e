//! Stories: what the cluster and the kernel told goes in, and what a person would read comes out.
use std::{fmt::Write as _, net::IpAddr};

use super::*;
use crate::{
    directory::Owner,
    event::{Count, Direction, DropReading, Ifindex, Place, Protocol, ReasonId, TapReading, TcpFlags, Tuple},
    fixtures::{applied, at, ip, namespace, pod},
    flow::Phase,
    render,
};

mod edges;
mod ends;
mod properties;
mod stories;

const NETFILTER: ReasonId = ReasonId(12);
const NO_SOCKET: ReasonId = ReasonId(3);

/// A cluster and a node under way, at 10:00 on some morning.
struct Story {
    engine: Engine,
    now: Timestamp,
    flows: u16,
    /// Instead of a new one for each flow.
    client_port: Option<u16>,
    /// Instead of the one that each address has.
    interface: Option<Ifindex>,
    text: String,
}

const MORNING: u64 = 1_772_359_200;

impl Story {
    /// A cluster of which all is known, with these pods at these addresses, for two minutes.
    fn of(changes: impl IntoIterator<Item = Change>) -> Self {
        let reasons = [(NETFILTER, "NETFILTER_DROP".into()), (NO_SOCKET, "NO_SOCKET".into())];
        let mut story = Self {
            engine: Engine::new(Limits::default(), reasons.into_iter().collect()),
            now: at(MORNING - 120),
            flows: 0,
            client_port: None,
            interface: None,
            text: String::new(),
        };
        for change in changes {
            story.tell(&change);
        }
        for kind in [Kind::Namespace, Kind::Pod, Kind::Policy("NetworkPolicy")] {
            story.tell(&Change::RelistEnds(kind));
        }
        story.now = at(MORNING);
        story
    }

    fn tell(&mut self, change: &Change) -> &mut Self {
        self.engine.handle_change(change, self.now);
        self
    }

    /// Asked, and answered.
    fn pass(&mut self, from: &'static str, to: &'static str, port: u16) -> &mut Self {
        let mut reading = self.tap(from, to, port);
        reading.to_pod = Direction {
            syn: false,
            syn_ack: true,
            ..reading.from_pod
        };
        self.see(Event::Tap(reading))
    }

    /// Asked twice, and never answered.
    fn silence(&mut self, from: &'static str, to: &'static str, port: u16) -> &mut Self {
        let mut reading = self.tap(from, to, port);
        reading.from_pod.count = packets(2);
        reading.last = self.now.plus(Duration::from_secs(1));
        self.see(Event::Tap(reading))
    }

    fn drop(&mut self, from: &'static str, to: &'static str, port: u16, packets: u64) -> &mut Self {
        self.drop_for(NETFILTER, from, to, port, packets)
    }

    fn drop_for(
        &mut self,
        reason: ReasonId,
        from: &'static str,
        to: &'static str,
        port: u16,
        packets: u64,
    ) -> &mut Self {
        let reading = self.dropped(reason, from, to, port, packets);
        self.see(Event::Drop(reading))
    }

    fn dropped(
        &mut self,
        reason: ReasonId,
        from: &'static str,
        to: &'static str,
        port: u16,
        packets: u64,
    ) -> DropReading {
        DropReading {
            tuple: self.tuple(from, to, port),
            reason,
            place: Place::Node {
                interface: Some(Ifindex(5)),
            },
            arrived_by: None,
            count: self::packets(packets),
            source_ports_merged: false,
            first: self.now,
            last: self.now,
        }
    }

    fn see(&mut self, event: Event) -> &mut Self {
        self.engine.handle_event(&event);
        self.after(2)
    }

    /// Time goes by, and what there is to say is said.
    fn after(&mut self, secs: u64) -> &mut Self {
        self.now = self.now.plus(Duration::from_secs(secs));
        self.engine.handle_timeout(self.now);
        while let Some(output) = self.engine.poll_output() {
            let text = match output {
                Output::Flow(flow) => flow_line(&flow),
                Output::Cause(cause) => render::cause(&cause, &self.engine.suggest(&cause)),
                Output::Lost { place, count } => format!("lost {} in {place:?}\n", count.packets),
            };
            self.text += &text;
        }
        self
    }

    fn read(&self) -> &str {
        &self.text
    }

    /// One packet that asks, at the interface of the pod that sends it.
    fn tap(&mut self, from: &'static str, to: &'static str, port: u16) -> TapReading {
        let tuple = self.tuple(from, to, port);
        let asking = Direction {
            count: packets(1),
            flags: TcpFlags(TcpFlags::SYN),
            syn: true,
            syn_ack: false,
            other_than_reset: true,
        };
        TapReading {
            interface: self.interface.unwrap_or_else(|| interface(tuple.source)),
            tuple,
            from_pod: asking,
            to_pod: Direction::default(),
            opened_by_pod: true,
            first: self.now,
            last: self.now,
        }
    }

    fn tuple(&mut self, from: &'static str, to: &'static str, port: u16) -> Tuple {
        self.flows = self.flows.wrapping_add(1);
        let own_port = 40_000 + self.flows % 20_000;
        Tuple {
            source: self.address(from),
            destination: self.address(to),
            source_port: self.client_port.unwrap_or(own_port),
            destination_port: port,
            protocol: if port == 53 { Protocol::Udp } else { Protocol::Tcp },
            fragment: false,
        }
    }

    /// Of a pod by its name, or the address itself.
    fn address(&self, end: &'static str) -> IpAddr {
        let known = end.split_once('/').and_then(|(namespace, name)| {
            let pod = self.engine.directory().pod_named(namespace, name)?;
            pod.addresses.first().copied()
        });
        known.unwrap_or_else(|| ip(end))
    }
}

fn packets(packets: u64) -> Count {
    Count {
        packets,
        bytes: packets * 60,
    }
}

/// Each address is behind an interface of its own.
fn interface(address: IpAddr) -> Ifindex {
    match address {
        IpAddr::V4(address) => Ifindex(u32::from(address.octets()[3])),
        IpAddr::V6(_) => Ifindex(1000),
    }
}

fn flow_line(explained: &ExplainedFlow) -> String {
    let flow = &explained.enriched.flow;
    let mut line = format!(
        "{} {} to {}:{} {:?}, {:?}",
        &render::utc(flow.last)[11..19],
        owner(&explained.enriched.source, flow.tuple.source),
        owner(&explained.enriched.destination, flow.tuple.destination),
        flow.tuple.destination_port,
        flow.verdict,
        explained.judgement,
    );
    if explained.phase != Phase::Opened {
        write!(line, ", {:?}", explained.phase).unwrap();
    }
    if let Some(service) = &explained.enriched.service {
        write!(line, ", through service {}", service.name.name).unwrap();
    }
    if let Some(twin) = explained.enriched.twin {
        write!(line, ", as flow {}", twin.0).unwrap();
    }
    for cause in &explained.causes {
        write!(line, ", cause {}", cause.id.0).unwrap();
    }
    line + "\n"
}

fn owner(owner: &Owner, address: IpAddr) -> String {
    match owner {
        Owner::Pod { pod, .. } => format!("{}/{}", pod.namespace, pod.name),
        Owner::Node { name, .. } => format!("node {name}"),
        Owner::Service(service) => format!("service {}", service.name.name),
        Owner::World { .. } => address.to_string(),
        Owner::Unknown(_) => format!("{address}?"),
    }
}
