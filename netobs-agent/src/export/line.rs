//! One line of the export, as docs/json-lines.md describes it. Fields are added, never changed or removed, within a version.
use std::net::IpAddr;

use netobs_core::{
    engine::ExplainedFlow,
    event::{Count, Ifindex, Place, Protocol, TcpFlags},
    flow::{Evidence, Flow, FlowDrop, InitiatorEvidence, Phase, Verdict},
    time::Timestamp,
};
use serde::Serialize;

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
    Loss {
        place: &'static str,
        packets: u64,
        bytes: u64,
    },
    Skipped {
        what: &'static str,
        packets: u64,
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
}

#[derive(Serialize)]
struct EndLine<'a> {
    ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<InterfaceLine<'a>>,
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
    pub(super) fn flow(phase: Phase, explained: &ExplainedFlow, names: &'a impl Names) -> Self {
        Self {
            v: VERSION,
            content: Content::Flow(Box::new(flow(&explained.enriched.flow, phase, names))),
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

fn flow<'a>(flow: &Flow, phase: Phase, names: &'a impl Names) -> FlowLine<'a> {
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
        phase: phase_name(phase),
        first: time(flow.first),
        last: time(flow.last),
        protocol: protocol_name(tuple.protocol),
        source: EndLine {
            ip: tuple.source,
            port: source_port,
            interface: on_node(flow.source_interface),
        },
        destination: EndLine {
            ip: tuple.destination,
            port: port(tuple.destination_port),
            interface: on_node(flow.destination_interface),
        },
        icmp: icmp(flow),
        fragment: tuple.fragment,
        source_ports_merged: flow.source_ports_merged,
        initiator_by: initiator_name(flow.initiator),
        verdict: verdict_name(flow.verdict),
        evidence: evidence_name(flow.evidence),
        sent: count(flow.forward),
        replied: count(flow.reply),
        tcp_flags: flags(flow),
        drops: flow.drops.iter().map(|drop| drop_line(drop, names)).collect(),
        further_drops: (!flow.further_drops.is_zero()).then(|| count(flow.further_drops)),
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

fn protocol_name(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "tcp".to_owned(),
        Protocol::Udp => "udp".to_owned(),
        Protocol::Sctp => "sctp".to_owned(),
        Protocol::Icmp => "icmp".to_owned(),
        Protocol::Icmpv6 => "icmpv6".to_owned(),
        Protocol::Other(number) => number.to_string(),
    }
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Opened => "opened",
        Phase::Updated => "updated",
        Phase::Closed => "closed",
        Phase::Idle => "idle",
        Phase::Evicted => "evicted",
    }
}

const fn initiator_name(evidence: InitiatorEvidence) -> &'static str {
    match evidence {
        InitiatorEvidence::Request => "request",
        InitiatorEvidence::Answer => "answer",
        InitiatorEvidence::Tracking => "tracking",
        InitiatorEvidence::Ports => "ports",
        InitiatorEvidence::FirstPacket => "first_packet",
    }
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Forwarded => "forwarded",
        Verdict::Dropped => "dropped",
        Verdict::Unanswered => "unanswered",
        Verdict::Seen => "seen",
    }
}

const fn evidence_name(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Delivered => "delivered",
        Evidence::Replied => "replied",
        Evidence::KernelReason => "kernel_reason",
        Evidence::NoReply => "no_reply",
        Evidence::Sent => "sent",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
