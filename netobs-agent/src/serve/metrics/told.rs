//! What was told of flows, drops and losses, and to whom.
use netobs_core::{
    engine::{Judgement, Where},
    event::Count,
    flow::Verdict,
};

use super::{page::Page, words};
use crate::serve::{
    feed::{Feed, Names, PLACES},
    seats::Served,
};

const VERDICTS: [Verdict; 4] = [Verdict::Forwarded, Verdict::Dropped, Verdict::Unanswered, Verdict::Seen];

pub(super) const JUDGEMENTS: [Judgement; 8] = [
    Judgement::Plain,
    Judgement::Refused,
    Judgement::PerhapsRefused,
    Judgement::NoPolicy,
    Judgement::DroppedThoughAdmitted,
    Judgement::NotEnforced,
    Judgement::Settling,
    Judgement::Undecidable,
];

pub(super) fn tell(page: &mut Page, feed: &Feed, served: Served) {
    let counts = feed.counts();
    let mut told = page.counter("netobs_flows_told_total", "Times a flow was told, by its verdict then.");
    for verdict in VERDICTS {
        let count = counts.told.get(&verdict).copied().unwrap_or_default();
        told.with(&[("verdict", words::verdict(verdict))], count);
    }
    let mut ended = page.counter("netobs_flows_ended_total", "Flows that ended, by their last verdict.");
    for verdict in VERDICTS {
        let count = counts.ended.get(&verdict).copied().unwrap_or_default();
        ended.with(&[("verdict", words::verdict(verdict))], count);
    }
    let help = "Times a flow was told, by how what happened and what policies say go together.";
    let mut judged = page.counter("netobs_flows_judged_total", help);
    for judgement in JUDGEMENTS {
        let count = counts.judged.get(&judgement).copied().unwrap_or_default();
        judged.with(&[("judgement", words::judgement(judgement))], count);
    }
    let dropped = counts.dropped.iter();
    let dropped: Vec<_> = dropped
        .map(|(reason, count)| (reason_name(*reason, feed.names()), *count))
        .collect();
    tell_dropped(page, &dropped);
    let lost = PLACES.map(|place| (place, counts.lost.get(&place).copied().unwrap_or_default()));
    tell_lost(page, &lost, served.lost);
    tell_fill(page, feed);
    tell_served(page, served);
}

fn reason_name(reason: Option<netobs_core::event::ReasonId>, names: &Names) -> String {
    use netobs_api::wire::Names as _;
    let named = reason.map(|reason| names.reason(reason).map_or_else(|| reason.0.to_string(), str::to_owned));
    named.unwrap_or_else(|| "others".to_owned())
}

fn tell_dropped(page: &mut Page, dropped: &[(String, Count)]) {
    let help = "Packets of told flows that the kernel dropped, by its own reason.";
    let mut packets = page.counter("netobs_dropped_packets_total", help);
    for (reason, count) in dropped {
        packets.with(&[("reason", reason)], count.packets);
    }
    let help = "Bytes of told flows that the kernel dropped, by its own reason.";
    let mut bytes = page.counter("netobs_dropped_bytes_total", help);
    for (reason, count) in dropped {
        bytes.with(&[("reason", reason)], count.bytes);
    }
}

fn tell_lost(page: &mut Page, lost: &[(Where, u64)], by_subscribers: u64) {
    let help =
        "What was lost before it could be told, by where: packets in the kernel and the flow table, flows elsewhere.";
    let mut family = page.counter("netobs_lost_total", help);
    for (place, count) in lost {
        family.with(&[("place", words::place(*place))], count);
    }
    family.with(&[("place", "subscriber")], by_subscribers);
}

fn tell_fill(page: &mut Page, feed: &Feed) {
    let fill = feed.fill();
    page.gauge("netobs_history_flows", "Flows in the history.")
        .is(fill.entries);
    page.gauge("netobs_history_capacity_flows", "Flows the history has room for.")
        .is(fill.capacity);
}

fn tell_served(page: &mut Page, served: Served) {
    page.gauge("netobs_subscribers", "Subscribers there are now.")
        .is(served.subscribers);
    page.gauge("netobs_subscribers_limit", "Subscribers there may be at once.")
        .is(served.most);
    page.counter("netobs_subscriptions_total", "Subscriptions that began.")
        .is(served.begun);
    let help = "Subscriptions that were refused because there were too many.";
    page.counter("netobs_subscriptions_refused_total", help)
        .is(served.refused);
    page.counter(
        "netobs_messages_sent_total",
        "Messages handed over to subscribers' connections.",
    )
    .is(served.messages);
    page.counter("netobs_sent_bytes_total", "Bytes of these messages.")
        .is(served.bytes);
}
