//! A flow as one line for people.
use std::{collections::BTreeSet, time::Duration};

use netobs_api::v1::{Endpoint, EndpointKind, Flow, Lost, LostPlace, Phase, Unwatched, Verdict};

use super::why::why;
use crate::show::{Colour, View, clean, endpoint, plural, words};

pub(super) fn flow(flow: &Flow, view: &View) -> String {
    let paint = view.paint;
    let time = paint.paint(Colour::Dim, view.clock.fine(flow.last_unix_nanos));
    let protocol = endpoint::flow_protocol(flow);
    let (source, destination) = (source(flow), destination(flow));
    let verdict = paint.paint(
        colour(flow.verdict()),
        words::verdict(flow.verdict()).to_ascii_uppercase(),
    );
    let mut line = format!("{time}  {source} -> {destination}  {protocol}  {verdict}");
    let details = [reasons(flow), clean(&why(flow))];
    for detail in details.into_iter().filter(|detail| !detail.is_empty()) {
        line += &format!("  {detail}");
    }
    let phase = phase(flow);
    if !phase.is_empty() {
        line += &format!("  {}", paint.paint(Colour::Dim, phase));
    }
    line
}

/// In the place of what was lost.
pub(crate) fn lost(lost: &Lost, node: &str, view: &View) -> String {
    let text = format!("-- {}: {} --", clean(node), lost_text(lost, view));
    view.paint.paint(Colour::Yellow, text)
}

pub(super) const fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Forwarded => Colour::Green,
        Verdict::Dropped => Colour::Red,
        Verdict::Unanswered => Colour::Yellow,
        Verdict::Seen | Verdict::Unspecified => Colour::Dim,
    }
}

pub(super) fn source(flow: &Flow) -> String {
    let Some(source) = &flow.source else {
        return "?".to_owned();
    };
    if flow.source_ports_merged {
        return endpoint::name(source);
    }
    endpoint::with_port(source, flow.protocol(), flow.source_port)
}

/// With the service that was asked for, where it is not the end itself.
pub(super) fn destination(flow: &Flow) -> String {
    let Some(destination) = &flow.destination else {
        return "?".to_owned();
    };
    let text = endpoint::with_port(destination, flow.protocol(), flow.destination_port);
    match &flow.service {
        Some(service) if !is_service(destination) => format!("{text} (service {}/{})", service.namespace, service.name),
        Some(_) | None => text,
    }
}

/// The kernel's names, each once.
pub(super) fn reasons(flow: &Flow) -> String {
    let reasons: BTreeSet<_> = flow.drops.iter().map(|drop| drop.reason.as_str()).collect();
    let reasons: Vec<_> = reasons.into_iter().collect();
    reasons.join(",")
}

pub(super) fn packets(flow: &Flow) -> (u64, u64, u64) {
    let packets = |count: &Option<netobs_api::v1::Count>| count.as_ref().map_or(0, |count| count.packets);
    let dropped: u64 = flow.drops.iter().map(|drop| packets(&drop.count)).sum();
    (
        packets(&flow.forward),
        packets(&flow.reply),
        dropped + packets(&flow.further_drops),
    )
}

fn lost_text(lost: &Lost, view: &View) -> String {
    if let Some(span) = &lost.unwatched {
        return unwatched(span, view);
    }
    let count = lost.count;
    match lost.place() {
        LostPlace::Kernel => format!("{} not told apart by the kernel's programs", plural(count, "packet")),
        LostPlace::FlowTable => format!("{} lost: more connections than the agent keeps", plural(count, "flow")),
        LostPlace::Output => format!("{} lost: the agent did not come to them", plural(count, "flow")),
        LostPlace::Subscriber => format!("{} lost: told faster than they were taken", plural(count, "flow")),
        LostPlace::Restart => "nobody watched before the agent began".to_owned(),
        LostPlace::Unspecified => format!("{} lost", plural(count, "flow")),
    }
}

/// For how long nobody watched before the agent did.
pub(crate) fn unwatched(span: &Unwatched, view: &View) -> String {
    let until = span.until_unix_nanos;
    let Some(since) = span.since_unix_nanos else {
        let until = view.clock.moment(until);
        return format!("it watches since {until}; for how long nobody had before is not known");
    };
    let length = Duration::from_nanos(u64::try_from(until.saturating_sub(since)).unwrap_or(0));
    let bound = if span.at_most { "at most " } else { "" };
    format!(
        "nobody watched for {bound}{:.1} s, {} to {}",
        length.as_secs_f64(),
        view.clock.fine(since),
        view.clock.fine(until)
    )
}

fn is_service(endpoint: &Endpoint) -> bool {
    endpoint.kind() == EndpointKind::Service
}

/// What it came to; nothing is said of one that has only begun.
fn phase(flow: &Flow) -> String {
    let what = match flow.phase() {
        Phase::Opened | Phase::Unspecified => return String::new(),
        Phase::Updated => "so far",
        Phase::Closed => "closed",
        Phase::Idle => "idle",
        Phase::Evicted => "let go",
    };
    let (sent, replied, dropped) = packets(flow);
    let dropped = if dropped > 0 {
        format!(", {dropped} dropped")
    } else {
        String::new()
    };
    format!("{what}: {} sent, {replied} back{dropped}", plural(sent, "packet"))
}
