//! The words of both sides, each pair written down once.
use netobs_core::{
    cause,
    engine::{Judgement, Where},
    filter::{EndKind, ProtocolKind, StateKind},
    flow::{Evidence, InitiatorEvidence, Phase, Verdict},
    labels::Operator,
    policy::{Direction, Outcome},
};

use crate::v1;

/// A word that a filter may say.
pub(crate) trait Word: Copy + TryFrom<i32> + 'static {
    type Meaning;

    /// All but the one that says nothing.
    const ALL: &'static [Self];

    /// `None` for the word that says nothing.
    fn meaning(self) -> Option<Self::Meaning>;

    fn name(self) -> &'static str;
}

/// Words that are only told.
macro_rules! told {
    ($own:ty => $wire:ident { $($from:ident => $to:ident),+ $(,)? }) => {
        impl From<$own> for v1::$wire {
            fn from(word: $own) -> Self {
                type Own = $own;
                match word {
                    $(Own::$from => Self::$to,)+
                }
            }
        }
    };
}

/// Words that are told and asked for.
macro_rules! both_ways {
    ($own:ty => $wire:ident { $($from:ident => $to:ident),+ $(,)? }) => {
        told!($own => $wire { $($from => $to),+ });

        impl Word for v1::$wire {
            type Meaning = $own;

            const ALL: &'static [Self] = &[$(Self::$to),+];

            fn meaning(self) -> Option<$own> {
                type Own = $own;
                match self {
                    Self::Unspecified => None,
                    $(Self::$to => Some(Own::$from),)+
                }
            }

            fn name(self) -> &'static str {
                self.as_str_name()
            }
        }
    };
}

both_ways!(Verdict => Verdict {
    Forwarded => Forwarded,
    Dropped => Dropped,
    Unanswered => Unanswered,
    Seen => Seen,
});

both_ways!(Judgement => Judgement {
    Plain => Plain,
    Refused => Refused,
    PerhapsRefused => PerhapsRefused,
    NoPolicy => NoPolicy,
    DroppedThoughAdmitted => DroppedThoughAdmitted,
    NotEnforced => NotEnforced,
    Settling => Settling,
    Undecidable => Undecidable,
});

both_ways!(cause::Kind => CauseKind {
    Label => Label,
    Dns => Dns,
    Port => Port,
    Peer => Peer,
    NoRule => NoRule,
    Denied => Denied,
    NotEnforced => NotEnforced,
    DroppedThoughAdmitted => DroppedThoughAdmitted,
});

both_ways!(StateKind => CauseState {
    Active => Active,
    Drifted => Drifted,
    Mended => Mended,
});

both_ways!(ProtocolKind => Protocol {
    Tcp => Tcp,
    Udp => Udp,
    Sctp => Sctp,
    Icmp => Icmp,
    Icmpv6 => Icmpv6,
    Other => Other,
});

both_ways!(EndKind => EndpointKind {
    Pod => Pod,
    Service => Service,
    Node => Node,
    World => World,
    Unknown => Unknown,
});

both_ways!(Direction => TrafficDirection {
    Ingress => Ingress,
    Egress => Egress,
});

told!(Direction => PolicyDirection {
    Ingress => Ingress,
    Egress => Egress,
});

told!(Phase => Phase {
    Opened => Opened,
    Updated => Updated,
    Closed => Closed,
    Idle => Idle,
    Evicted => Evicted,
});

told!(InitiatorEvidence => InitiatorEvidence {
    Request => Request,
    Answer => Answer,
    Tracking => Tracking,
    Ports => Ports,
    FirstPacket => FirstPacket,
});

told!(Evidence => Evidence {
    Delivered => Delivered,
    Replied => Replied,
    KernelReason => KernelReason,
    NoReply => NoReply,
    Sent => Sent,
});

told!(Outcome => Outcome {
    NotApplicable => NotApplicable,
    Admits => Admits,
    DoesNotAdmit => DoesNotAdmit,
    Undecidable => Undecidable,
});

told!(Operator => LabelOperator {
    In => In,
    NotIn => NotIn,
    Exists => Exists,
    DoesNotExist => DoesNotExist,
});

told!(Where => LostPlace {
    Kernel => Kernel,
    FlowTable => FlowTable,
    Output => Output,
});
