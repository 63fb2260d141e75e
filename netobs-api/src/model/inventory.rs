//! Edges of the inventory, the workloads in them, and what is asked for of it.
use std::{net::IpAddr, sync::Arc, time::Duration};

use netobs_core::{
    cause::CauseId,
    change::Scoped,
    event::{Count, Protocol},
    inventory::{
        About, CauseSummary, Edge, EdgeKey, Example, ExampleEnd, Examples, Filter, Forgotten, Joined, Marks,
        Place as End, Portrait, PortraitKey, SeenPod, Sides, Tally, Verdicts, Watched,
    },
    labels::{Interner, Symbol},
    policy::NamedPort,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

use super::{BadFilter, place::Place, value, values::Room};
use crate::v1;

type Read<T> = Result<T, BadFilter>;

pub fn inventory_filter(request: &v1::GetInventoryRequest) -> Read<Filter> {
    let mut room = Room::new();
    Ok(Filter {
        namespaces: room.texts(Place::of("namespaces"), &request.namespaces, value::namespace)?,
        workloads: room.texts(Place::of("workloads"), &request.workloads, value::workload)?,
        since: request
            .since_unix_nanos
            .map(|nanos| value::time(&Place::of("since_unix_nanos"), nanos))
            .transpose()?,
    })
}

/// Reads entries of an inventory; names that come again and again are stored once.
#[derive(Debug, Default)]
pub struct InventoryReader {
    names: Interner,
}

impl InventoryReader {
    pub fn about(about: &v1::InventoryAbout) -> Read<About> {
        let place = Place::of("about");
        Ok(About {
            node_name: about.node_name.clone(),
            at: value::time(&place.field("at_unix_nanos"), about.at_unix_nanos)?,
            watched: Watched {
                since: value::time(&place.field("watched_since_unix_nanos"), about.watched_since_unix_nanos)?,
                length: length(&place.field("watched_nanos"), about.watched_nanos)?,
            },
            forgotten: Forgotten {
                for_room: about.forgotten_for_room,
                for_age: about.forgotten_for_age,
                into_blocks: about.joined_into_blocks,
            },
            kept: about.kept,
            room: about.room,
        })
    }

    pub fn edge(&mut self, edge: &v1::Edge) -> Read<Edge> {
        let place = Place::of("edge");
        let first = value::time(&place.field("first_unix_nanos"), edge.first_unix_nanos)?;
        let service = edge.service.as_ref();
        Ok(Edge {
            key: self.key(&place, edge)?.into(),
            service: service
                .map(|service| self.scoped(&place.field("service"), &service.namespace, &service.name))
                .transpose()?,
            first,
            last: value::time(&place.field("last_unix_nanos"), edge.last_unix_nanos)?,
            watched: Watched {
                since: first,
                length: length(&place.field("watched_nanos"), edge.watched_nanos)?,
            },
            connections: edge.connections,
            sent: count(edge.sent.as_ref()),
            replied: count(edge.replied.as_ref()),
            verdicts: verdicts(edge.verdicts.as_ref()),
            sides: sides(edge),
            dropped: count(edge.dropped.as_ref()),
            cause: edge
                .cause
                .as_ref()
                .map(|told| cause(&place.field("cause"), told))
                .transpose()?,
            marks: marks(&place, &edge.marks)?,
            examples: self.examples(&place, &edge.examples)?,
        })
    }

    pub fn portrait(&mut self, portrait: &v1::Portrait) -> Read<Portrait> {
        let place = Place::of("portrait");
        let namespace_labels = portrait
            .namespace_known
            .then(|| self.names.labels(pairs(&portrait.namespace_labels)));
        let ports: Read<Vec<_>> = each(&place, "ports", &portrait.ports, |place, port| self.port(place, port));
        let ports = ports?;
        Ok(Portrait {
            key: PortraitKey {
                namespace: self.name(&place.field("namespace"), &portrait.namespace)?,
                workload: self.workload(&place, &portrait.workload_kind, &portrait.name)?,
            },
            labels: self.names.labels(pairs(&portrait.labels)),
            namespace_labels,
            ports: ports.into(),
            last: value::time(&place.field("last_unix_nanos"), portrait.last_unix_nanos)?,
            pods: each(&place, "pods", &portrait.pods, |place, pod| self.pod(place, pod))?,
        })
    }

    fn key(&mut self, place: &Place<'_>, edge: &v1::Edge) -> Read<EdgeKey> {
        let protocol = protocol(place, edge.protocol, edge.protocol_number)?;
        let port = edge.port.map(|port| any_port(&place.field("port"), port));
        Ok(EdgeKey {
            source: self.end(&place.field("source"), edge.source.as_ref())?,
            destination: self.end(&place.field("destination"), edge.destination.as_ref())?,
            protocol,
            port: port.transpose()?,
        })
    }

    fn end(&mut self, place: &Place<'_>, end: Option<&v1::Place>) -> Read<End> {
        let end = end.ok_or_else(|| BadFilter::missing(place, "a place is wanted, with its kind"))?;
        match v1::PlaceKind::try_from(end.kind) {
            Ok(v1::PlaceKind::Workload) => Ok(End::Workload {
                namespace: self.name(&place.field("namespace"), &end.namespace)?,
                workload: self.workload(place, &end.workload_kind, &end.name)?,
            }),
            Ok(v1::PlaceKind::Service) => Ok(End::Service(self.scoped(place, &end.namespace, &end.name)?)),
            Ok(v1::PlaceKind::Node) => Ok(End::Node(self.name(&place.field("name"), &end.name)?)),
            Ok(v1::PlaceKind::World) => Ok(End::World(value::block(&place.field("block"), &end.block)?)),
            Ok(v1::PlaceKind::Unknown) => Ok(End::Unknown),
            Ok(v1::PlaceKind::Unspecified) | Err(_) => {
                let wanted = "one of PLACE_KIND_WORKLOAD, PLACE_KIND_SERVICE, PLACE_KIND_NODE, PLACE_KIND_WORLD and \
                              PLACE_KIND_UNKNOWN is wanted";
                Err(BadFilter::number(&place.field("kind"), &end.kind, wanted))
            }
        }
    }

    fn workload(&mut self, place: &Place<'_>, kind: &str, name: &str) -> Read<Workload> {
        if kind.is_empty() {
            let wanted = "a kind of workload is wanted, such as Deployment";
            return Err(BadFilter::missing(&place.field("workload_kind"), wanted));
        }
        Ok(Workload {
            kind: WorkloadKind::named(kind, &mut self.names),
            name: self.name(&place.field("name"), name)?,
        })
    }

    fn scoped(&mut self, place: &Place<'_>, namespace: &str, name: &str) -> Read<Scoped> {
        Ok(Scoped {
            namespace: self.name(&place.field("namespace"), namespace)?,
            name: self.name(&place.field("name"), name)?,
        })
    }

    fn name(&mut self, place: &Place<'_>, text: &str) -> Read<Symbol> {
        if text.is_empty() {
            return Err(BadFilter::missing(place, "a name is wanted"));
        }
        Ok(self.names.symbol(text))
    }

    /// Where there may be none.
    fn name_or_none(&mut self, text: &str) -> Option<Symbol> {
        (!text.is_empty()).then(|| self.names.symbol(text))
    }

    fn examples(&mut self, place: &Place<'_>, examples: &[v1::EdgeExample]) -> Read<Examples> {
        each(place, "examples", examples, |place, example| {
            Ok(Example {
                source: self.example_end(&place.field("source"), example.source.as_ref())?,
                destination: self.example_end(&place.field("destination"), example.destination.as_ref())?,
                at: value::time(&place.field("at_unix_nanos"), example.at_unix_nanos)?,
            })
        })
    }

    fn example_end(&mut self, place: &Place<'_>, end: Option<&v1::ExampleEnd>) -> Read<ExampleEnd> {
        let end = end.ok_or_else(|| BadFilter::missing(place, "an end with its address is wanted"))?;
        Ok(ExampleEnd {
            address: value::address(&place.field("address"), &end.address)?,
            name: self.name_or_none(&end.name),
        })
    }

    fn port(&mut self, place: &Place<'_>, port: &v1::NamedPort) -> Read<NamedPort> {
        Ok(NamedPort {
            name: self.name(&place.field("name"), &port.name)?,
            protocol: protocol(place, port.protocol, port.protocol_number)?,
            port: any_port(&place.field("port"), port.port)?,
        })
    }

    fn pod(&mut self, place: &Place<'_>, pod: &v1::PortraitPod) -> Read<SeenPod> {
        let addresses: Read<Vec<IpAddr>> = each(place, "addresses", &pod.addresses, |place, text| {
            value::address(place, text)
        });
        Ok(SeenPod {
            name: self.name(&place.field("name"), &pod.name)?,
            addresses: Arc::from(addresses?),
            node: self.name_or_none(&pod.node_name),
        })
    }
}

fn each<T, R, C: FromIterator<R>>(
    place: &Place<'_>,
    field: &'static str,
    values: &[T],
    mut read: impl FnMut(&Place<'_>, &T) -> Read<R>,
) -> Read<C> {
    let values = values.iter().enumerate();
    values
        .map(|(index, value)| read(&place.field(field).at(index), value))
        .collect()
}

fn marks(place: &Place<'_>, told: &[v1::EdgeMark]) -> Read<Marks> {
    let mut marks = Marks::default();
    for (index, mark) in told.iter().enumerate() {
        let place = place.field("marks").at(index);
        let kind = value::word::<v1::EdgeMarkKind>(&place.field("kind"), mark.kind)?;
        marks.add(kind, value::word::<v1::EdgeMarkBy>(&place.field("by"), mark.by)?);
    }
    Ok(marks)
}

fn cause(place: &Place<'_>, cause: &v1::EdgeCause) -> Read<CauseSummary> {
    Ok(CauseSummary {
        id: (cause.id > 0).then_some(CauseId(cause.id)),
        kind: value::word::<v1::CauseKind>(&place.field("kind"), cause.kind)?,
        headline: cause.headline.as_str().into(),
    })
}

/// The number says more than the word, and the word is easier to write.
fn protocol(place: &Place<'_>, word: i32, number: u32) -> Read<Protocol> {
    if number > 0 {
        let number = u8::try_from(number)
            .map_err(|_| BadFilter::number(&place.field("protocol_number"), &number, "it is at most 255"))?;
        return Ok(Protocol::from_number(number));
    }
    match v1::Protocol::try_from(word) {
        Ok(v1::Protocol::Tcp) => Ok(Protocol::Tcp),
        Ok(v1::Protocol::Udp) => Ok(Protocol::Udp),
        Ok(v1::Protocol::Sctp) => Ok(Protocol::Sctp),
        Ok(v1::Protocol::Icmp) => Ok(Protocol::Icmp),
        Ok(v1::Protocol::Icmpv6) => Ok(Protocol::Icmpv6),
        Ok(v1::Protocol::Unspecified | v1::Protocol::Other) | Err(_) => Err(BadFilter::missing(
            &place.field("protocol_number"),
            "the number of the protocol is wanted, such as 6 for TCP",
        )),
    }
}

/// Port 0 is no port to listen at, and seen all the same.
fn any_port(place: &Place<'_>, number: u32) -> Read<u16> {
    u16::try_from(number).map_err(|_| BadFilter::number(place, &number, "a port is at most 65535"))
}

fn length(place: &Place<'_>, nanos: i64) -> Read<Duration> {
    value::time(place, nanos).map(|Timestamp(nanos)| Duration::from_nanos(nanos))
}

fn count(count: Option<&v1::Count>) -> Count {
    count.map_or(Count::ZERO, |count| Count {
        packets: count.packets,
        bytes: count.bytes,
    })
}

fn verdicts(verdicts: Option<&v1::EdgeVerdicts>) -> Verdicts {
    verdicts.map_or_else(Verdicts::default, |verdicts| Verdicts {
        forwarded: verdicts.forwarded,
        dropped: verdicts.dropped,
        unanswered: verdicts.unanswered,
        seen: verdicts.seen,
    })
}

fn sides(edge: &v1::Edge) -> Sides {
    let is_joined = edge.at_both.is_some() || edge.by_one.is_some();
    Sides {
        at_source: tally(edge.at_source.as_ref()),
        at_destination: tally(edge.at_destination.as_ref()),
        joined: is_joined.then(|| {
            Box::new(Joined {
                at_both: tally(edge.at_both.as_ref()),
                by_one: tally(edge.by_one.as_ref()),
                by_one_connections: edge.by_one_connections,
            })
        }),
    }
}

fn tally(tally: Option<&v1::EdgeTally>) -> Tally {
    tally.map_or_else(Tally::default, |tally| Tally {
        verdicts: verdicts(tally.verdicts.as_ref()),
        sent: count(tally.sent.as_ref()),
        replied: count(tally.replied.as_ref()),
    })
}

fn pairs(labels: &std::collections::BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}
