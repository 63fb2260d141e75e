//! The fields of a flow, in the order of their numbers.
use netobs_core::{
    change::Scoped,
    engine::ExplainedFlow,
    event::{Count, Ifindex},
    filter::ProtocolKind,
    flow::{Flow, FlowDrop},
};

use super::{Encoder, proto};
use crate::{
    v1,
    wire::{Names, interface, nanos, whereabouts},
};

impl Encoder {
    pub(super) fn write_flow(&mut self, explained: &ExplainedFlow, names: &dyn Names) {
        let flow = &explained.enriched.flow;
        let out = &mut self.flow;
        proto::number(out, 1, flow.id.0);
        time(out, 2, nanos(flow.first));
        time(out, 3, nanos(flow.last));
        proto::word(out, 4, v1::Phase::from(explained.phase));
        self.write_ends(explained, names);
        write_observed(&mut self.flow, flow, names);
        self.write_judged(explained);
    }

    fn write_ends(&mut self, explained: &ExplainedFlow, names: &dyn Names) {
        let enriched = &explained.enriched;
        let flow = &enriched.flow;
        let name = |index: Option<Ifindex>| index.map(|index| interface(index, names));
        let source = (&enriched.source, flow.tuple.source);
        let at = name(flow.source_interface);
        self.ends.write(&mut self.flow, 5, source, at.as_deref());
        let destination = (&enriched.destination, flow.tuple.destination);
        let at = name(flow.destination_interface);
        self.ends.write(&mut self.flow, 6, destination, at.as_deref());
    }

    fn write_judged(&mut self, explained: &ExplainedFlow) {
        let out = &mut self.flow;
        if let Some(outcome) = explained.outcome {
            proto::word(out, 21, v1::Outcome::from(outcome));
        }
        proto::word(out, 22, v1::Judgement::from(explained.judgement));
        if let Some(explanation) = &explained.explanation {
            proto::message(out, 23, self.explanations.encoded(explained, explanation));
        }
        if !explained.causes.is_empty() {
            proto::nested(out, 24, |out| {
                explained.causes.iter().for_each(|cause| proto::varint(out, cause.id.0));
            });
        }
        if let Some(service) = &explained.enriched.service {
            object(out, 25, &service.name);
        }
        if let Some(twin) = explained.enriched.twin {
            proto::number(out, 26, twin.0);
        }
    }
}

fn write_observed(out: &mut Vec<u8>, flow: &Flow, names: &dyn Names) {
    let tuple = flow.tuple;
    proto::word(out, 7, v1::Protocol::from(ProtocolKind::of(tuple.protocol)));
    proto::number(out, 8, tuple.protocol.number().into());
    proto::number(out, 9, tuple.source_port.into());
    proto::number(out, 10, tuple.destination_port.into());
    proto::word(out, 11, v1::InitiatorEvidence::from(flow.initiator));
    proto::word(out, 12, v1::Verdict::from(flow.verdict));
    proto::word(out, 13, v1::Evidence::from(flow.evidence));
    for one in &flow.drops {
        proto::nested(out, 14, |out| drop(out, one, names));
    }
    count(out, 15, flow.further_drops);
    count(out, 16, flow.forward);
    count(out, 17, flow.reply);
    proto::number(out, 18, flow.forward_flags.0.into());
    proto::number(out, 19, flow.reply_flags.0.into());
    proto::number(out, 20, flow.source_ports_merged.into());
}

fn drop(out: &mut Vec<u8>, drop: &FlowDrop, names: &dyn Names) {
    let (place, [at, arrived_by], namespace) = whereabouts(drop);
    match names.reason(drop.reason) {
        Some(name) => proto::text(out, 1, name),
        None => proto::display(out, 1, &drop.reason),
    }
    proto::word(out, 2, place);
    for (field, index) in [(3, at), (4, arrived_by)] {
        if let Some(index) = index {
            proto::text(out, field, &interface(index, names));
        }
    }
    proto::number(out, 5, namespace.into());
    proto::number(out, 6, drop.of_reply.into());
    count(out, 7, drop.count);
    time(out, 8, nanos(drop.first));
    time(out, 9, nanos(drop.last));
}

fn object(out: &mut Vec<u8>, field: u32, name: &Scoped) {
    proto::nested(out, field, |out| {
        proto::text(out, 1, &name.namespace);
        proto::text(out, 2, &name.name);
    });
}

fn count(out: &mut Vec<u8>, field: u32, count: Count) {
    if count != Count::ZERO {
        proto::nested(out, field, |out| {
            proto::number(out, 1, count.packets);
            proto::number(out, 2, count.bytes);
        });
    }
}

fn time(out: &mut Vec<u8>, field: u32, nanos: i64) {
    proto::number(out, field, nanos.cast_unsigned());
}
