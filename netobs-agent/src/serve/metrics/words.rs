//! How values of labels are written.
use netobs_core::{
    cause::Kind,
    engine::{Judgement, Where},
    flow::Verdict,
};

pub(super) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Forwarded => "forwarded",
        Verdict::Dropped => "dropped",
        Verdict::Unanswered => "unanswered",
        Verdict::Seen => "seen",
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

pub(in crate::serve) const fn place(place: Where) -> &'static str {
    match place {
        Where::Kernel => "kernel",
        Where::FlowTable => "flow_table",
        Where::Output => "output",
    }
}

pub(super) const fn cause_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Label => "label",
        Kind::Dns => "dns",
        Kind::Port => "port",
        Kind::Peer => "peer",
        Kind::NoRule => "no_rule",
        Kind::Denied => "denied",
        Kind::NotEnforced => "not_enforced",
        Kind::DroppedThoughAdmitted => "dropped_though_admitted",
    }
}
