//! The words of a line, one for each thing.
use netobs_core::{
    engine::Judgement,
    event::Protocol,
    flow::{Evidence, InitiatorEvidence, Phase, Verdict},
    policy::Outcome,
};

pub(super) fn protocol(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "tcp".to_owned(),
        Protocol::Udp => "udp".to_owned(),
        Protocol::Sctp => "sctp".to_owned(),
        Protocol::Icmp => "icmp".to_owned(),
        Protocol::Icmpv6 => "icmpv6".to_owned(),
        Protocol::Other(number) => number.to_string(),
    }
}

pub(super) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Opened => "opened",
        Phase::Updated => "updated",
        Phase::Closed => "closed",
        Phase::Idle => "idle",
        Phase::Evicted => "evicted",
    }
}

pub(super) const fn initiator(evidence: InitiatorEvidence) -> &'static str {
    match evidence {
        InitiatorEvidence::Request => "request",
        InitiatorEvidence::Answer => "answer",
        InitiatorEvidence::Tracking => "tracking",
        InitiatorEvidence::Ports => "ports",
        InitiatorEvidence::FirstPacket => "first_packet",
    }
}

pub(super) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Forwarded => "forwarded",
        Verdict::Dropped => "dropped",
        Verdict::Unanswered => "unanswered",
        Verdict::Seen => "seen",
    }
}

pub(super) const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Delivered => "delivered",
        Evidence::Replied => "replied",
        Evidence::KernelReason => "kernel_reason",
        Evidence::NoReply => "no_reply",
        Evidence::Sent => "sent",
    }
}

pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "not_applicable",
        Outcome::Admits => "admit",
        Outcome::DoesNotAdmit => "do_not_admit",
        Outcome::Undecidable => "undecidable",
    }
}

pub(super) const fn judgement(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Plain => "plain",
        Judgement::Refused => "refused",
        Judgement::PerhapsRefused => "perhaps_refused",
        Judgement::NoPolicy => "no_policy",
        Judgement::DroppedThoughAdmitted => "dropped_though_admitted",
        Judgement::NotEnforced => "not_enforced",
        Judgement::Settling => "settling",
        Judgement::Undecidable => "undecidable",
    }
}
