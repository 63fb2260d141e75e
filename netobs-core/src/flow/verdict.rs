//! From what is known of a connection: who began it, and what became of it.
use std::time::Duration;

use super::{Evidence, Flow, FlowDrop, InitiatorEvidence, Verdict, entry::Entry, key::End};
use crate::event::{Protocol, TcpFlags};

/// Where the ports that clients are given begin, on Linux and by IANA's advice nearly so.
const FIRST_CLIENT_PORT: u16 = 32768;
/// A flow that was answered counts as dropped only if its packets were still dropped this long after the last answer.
const SILENCE: Duration = Duration::from_millis(500);
/// A request is repeated after a second at the earliest; this long without an answer there was at least one repetition.
const PATIENCE: Duration = Duration::from_millis(900);

impl Entry {
    pub(super) fn flow(&self) -> Flow {
        let (initiator, initiator_evidence) = self.initiator();
        let responder = initiator.other();
        let (verdict, evidence) = self.verdict();
        let mut drops = self.drops.clone();
        for drop in &mut drops {
            drop.of_reply = sender(drop) != initiator;
        }
        let interface = |end: End| self.taps[end.index()].map(|tap| tap.interface);
        Flow {
            id: self.id,
            tuple: self.key.tuple(initiator),
            initiator: initiator_evidence,
            source_interface: interface(initiator),
            destination_interface: interface(responder),
            forward: self.sent(initiator),
            reply: self.sent(responder),
            forward_flags: self.signs[initiator.index()].flags,
            reply_flags: self.signs[responder.index()].flags,
            verdict,
            evidence,
            drops,
            further_drops: self.further_drops,
            source_ports_merged: self.key.is_merged(),
            first: self.first,
            last: self.last,
        }
    }

    pub(super) fn initiator(&self) -> (End, InitiatorEvidence) {
        for end in [self.opened_by, self.opened_by.other()] {
            if self.signs[end.index()].asked {
                return (end, InitiatorEvidence::Request);
            }
        }
        for end in End::BOTH {
            if self.signs[end.index()].answered {
                return (end.other(), InitiatorEvidence::Answer);
            }
        }
        if let Some(end) = self.begun_by {
            return (end, InitiatorEvidence::Tracking);
        }
        self.client_by_port()
            .map_or((self.opened_by, InitiatorEvidence::FirstPacket), |end| {
                (end, InitiatorEvidence::Ports)
            })
    }

    /// A connection that was there before us, and of which no more than a guess can be made.
    pub(super) fn is_unsure(&self) -> bool {
        let guessed = matches!(
            self.initiator().1,
            InitiatorEvidence::Ports | InitiatorEvidence::FirstPacket
        );
        guessed && matches!(self.key.protocol(), Protocol::Tcp | Protocol::Sctp) && !self.key.is_merged()
    }

    fn client_by_port(&self) -> Option<End> {
        if !self.key.protocol().has_ports() || self.key.is_merged() {
            return None;
        }
        let is_clients = |end: End| self.key.port(end) >= FIRST_CLIENT_PORT;
        match (is_clients(End::Lower), is_clients(End::Upper)) {
            (true, false) => Some(End::Lower),
            (false, true) => Some(End::Upper),
            _ => None,
        }
    }

    pub(super) fn verdict(&self) -> (Verdict, Evidence) {
        let (initiator, _) = self.initiator();
        let responder = initiator.other();
        let last_reply = self.last_from[responder.index()];
        let replied = self.signs[responder.index()].other_than_reset && !self.sent(responder).is_zero();
        let silence = if replied { SILENCE } else { Duration::ZERO };
        let dropped = |drop: &FlowDrop| sender(drop) == initiator && drop.last >= last_reply.plus(silence);
        let dropped_since = self.drops.iter().any(dropped);
        let delivered = self.taps[responder.index()].is_some_and(|tap| !tap.sent_by[initiator.index()].is_zero());
        if dropped_since {
            (Verdict::Dropped, Evidence::KernelReason)
        } else if replied {
            (Verdict::Forwarded, Evidence::Replied)
        } else if delivered {
            (Verdict::Forwarded, Evidence::Delivered)
        } else if !self.drops.is_empty() {
            (Verdict::Dropped, Evidence::KernelReason)
        } else if self.asks_in_vain(initiator) {
            (Verdict::Unanswered, Evidence::NoReply)
        } else {
            (Verdict::Seen, Evidence::Sent)
        }
    }

    /// Only requests, more than one of them, and nothing back for so long that one of them was a repetition.
    fn asks_in_vain(&self, initiator: End) -> bool {
        let signs = self.signs[initiator.index()];
        let only_asks = match self.key.protocol() {
            Protocol::Tcp => signs.asked && !signs.flags.has(TcpFlags::ACK),
            Protocol::Sctp | Protocol::Icmp | Protocol::Icmpv6 => signs.asked,
            Protocol::Udp | Protocol::Other(_) => false,
        };
        let repeated = self.sent(initiator).packets > 1 && self.last - self.first >= PATIENCE;
        only_asks && repeated && self.sent(initiator.other()).is_zero()
    }
}

/// In an entry, before it is known who began: drops "of the reply" are those of what the upper end sent.
fn sender(drop: &FlowDrop) -> End {
    if drop.of_reply { End::Upper } else { End::Lower }
}
