//! One line of the export, as docs/json-lines.md describes it. Fields are added, never changed or removed, within a version.
mod cause;
mod identity;
mod words;

use std::net::IpAddr;

use netobs_core::{
    cause::Cause,
    engine::ExplainedFlow,
    event::{Count, Ifindex, Place, Protocol, TcpFlags},
    flow::{Flow, FlowDrop, Phase},
    suggest::Suggestion,
    time::Timestamp,
    unwatched::Unwatched,
};
use serde::Serialize;

use self::{cause::CauseLine, identity::IdentityLine};

use super::Names;

const VERSION: u8 = 1;

#[derive(Serialize)]
pub(super) struct Line<'a> {
    v: u8,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Flow(Box<FlowLine<'a>>),
    Cause(Box<CauseLine>),
    Loss {
        place: &'static str,
        packets: u64,
        bytes: u64,
    },
    Skipped {
        what: &'static str,
        packets: u64,
    },
    Unwatched {
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<String>,
        until: String,
        #[serde(skip_serializing_if = "is_false")]
        at_most: bool,
    },
}

#[derive(Serialize)]
struct FlowLine<'a> {
    id: u64,
    phase: &'static str,
    first: String,
    last: String,
    protocol: String,
    source: EndLine<'a>,
    destination: EndLine<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp: Option<IcmpLine>,
    #[serde(skip_serializing_if = "is_false")]
    fragment: bool,
    #[serde(skip_serializing_if = "is_false")]
    source_ports_merged: bool,
    initiator_by: &'static str,
    verdict: &'static str,
    evidence: &'static str,
    sent: CountLine,
    replied: CountLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    tcp_flags: Option<FlagsLine>,
    drops: Vec<DropLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    further_drops: Option<CountLine>,
    /// What policies say, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judgement: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<u64>,
}

#[derive(Serialize)]
struct EndLine<'a> {
    ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<InterfaceLine<'a>>,
    #[serde(flatten)]
    identity: IdentityLine<'a>,
}

#[derive(Serialize)]
struct InterfaceLine<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct IcmpLine {
    identifier: u16,
    r#type: u8,
    code: u8,
}

#[derive(Serialize)]
struct CountLine {
    packets: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct FlagsLine {
    sent: String,
    replied: String,
}

#[derive(Serialize)]
struct DropLine<'a> {
    reason: String,
    of: &'static str,
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<InterfaceLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_by: Option<InterfaceLine<'a>>,
    packets: u64,
    bytes: u64,
    first: String,
    last: String,
}

impl<'a> Line<'a> {
    pub(super) fn flow(phase: Phase, explained: &'a ExplainedFlow, names: &'a impl Names) -> Self {
        Self {
            v: VERSION,
            content: Content::Flow(Box::new(flow(explained, phase, names))),
        }
    }

    pub(super) fn cause(cause: &Cause, suggestions: &[Suggestion]) -> Self {
        Self {
            v: VERSION,
            content: Content::Cause(Box::new(CauseLine::new(cause, suggestions))),
        }
    }

    pub(super) fn loss(place: &'static str, packets: u64, bytes: u64) -> Self {
        Self {
            v: VERSION,
            content: Content::Loss { place, packets, bytes },
        }
    }

    pub(super) fn skipped(what: &'static str, packets: u64) -> Self {
        Self {
            v: VERSION,
            content: Content::Skipped { what, packets },
        }
    }
}

impl Line<'_> {
    pub(super) fn unwatched(span: Unwatched) -> Self {
        Self {
            v: VERSION,
            content: Content::Unwatched {
                since: span.since.map(time),
                until: time(span.until),
                at_most: span.at_most,
            },
        }
    }
}

fn flow<'a>(explained: &'a ExplainedFlow, phase: Phase, names: &'a impl Names) -> FlowLine<'a> {
    let enriched = &explained.enriched;
    let flow = &enriched.flow;
    let tuple = flow.tuple;
    let has_ports = tuple.protocol.has_ports();
    let port = |port| (has_ports && !tuple.fragment).then_some(port);
    let source_port = if flow.source_ports_merged {
        None
    } else {
        port(tuple.source_port)
    };
    let on_node = |interface: Option<Ifindex>| interface.map(|index| interface_line(index, names, true));
    FlowLine {
        id: flow.id.0,
        phase: words::phase(phase),
        first: time(flow.first),
        last: time(flow.last),
        protocol: words::protocol(tuple.protocol),
        source: EndLine {
            ip: tuple.source,
            port: source_port,
            interface: on_node(flow.source_interface),
            identity: IdentityLine::of(&enriched.source),
        },
        destination: EndLine {
            ip: tuple.destination,
            port: port(tuple.destination_port),
            interface: on_node(flow.destination_interface),
            identity: IdentityLine::of(&enriched.destination),
        },
        icmp: icmp(flow),
        fragment: tuple.fragment,
        source_ports_merged: flow.source_ports_merged,
        initiator_by: words::initiator(flow.initiator),
        verdict: words::verdict(flow.verdict),
        evidence: words::evidence(flow.evidence),
        sent: count(flow.forward),
        replied: count(flow.reply),
        tcp_flags: flags(flow),
        drops: flow.drops.iter().map(|drop| drop_line(drop, names)).collect(),
        further_drops: (!flow.further_drops.is_zero()).then(|| count(flow.further_drops)),
        policies: explained.outcome.map(words::outcome),
        judgement: explained.outcome.map(|_| words::judgement(explained.judgement)),
        causes: explained.causes.iter().map(|cause| cause.id.0).collect(),
    }
}

fn drop_line<'a>(drop: &FlowDrop, names: &'a impl Names) -> DropLine<'a> {
    let (place, namespace, interface) = match drop.place {
        Place::Node { interface } => ("node", None, interface),
        Place::Inside { namespace, interface } => ("inside", Some(namespace.0), interface),
        Place::Unknown => ("unknown", None, None),
    };
    let line = |index| interface_line(index, names, namespace.is_none());
    DropLine {
        reason: names.reason(drop.reason),
        of: if drop.of_reply { "replied" } else { "sent" },
        place,
        namespace,
        interface: interface.map(line),
        arrived_by: drop.arrived_by.map(line),
        packets: drop.count.packets,
        bytes: drop.count.bytes,
        first: time(drop.first),
        last: time(drop.last),
    }
}

/// Interfaces of other namespaces have numbers that mean something else here, and so no name.
fn interface_line(index: Ifindex, names: &impl Names, of_node: bool) -> InterfaceLine<'_> {
    InterfaceLine {
        index: index.0,
        name: if of_node { names.interface(index) } else { None },
    }
}

fn icmp(flow: &Flow) -> Option<IcmpLine> {
    let is_icmp = matches!(flow.tuple.protocol, Protocol::Icmp | Protocol::Icmpv6) && !flow.tuple.fragment;
    let [r#type, code] = flow.tuple.destination_port.to_be_bytes();
    is_icmp.then_some(IcmpLine {
        identifier: flow.tuple.source_port,
        r#type,
        code,
    })
}

fn flags(flow: &Flow) -> Option<FlagsLine> {
    let is_tcp = flow.tuple.protocol == Protocol::Tcp;
    is_tcp.then(|| FlagsLine {
        sent: flag_letters(flow.forward_flags),
        replied: flag_letters(flow.reply_flags),
    })
}

fn flag_letters(flags: TcpFlags) -> String {
    ["F", "S", "R", "P", "A"]
        .iter()
        .enumerate()
        .filter(|(bit, _)| flags.has(1 << bit))
        .map(|(_, letter)| *letter)
        .collect()
}

fn count(count: Count) -> CountLine {
    CountLine {
        packets: count.packets,
        bytes: count.bytes,
    }
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0)).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
