//! The words of both sides, each pair written down once.
use netobs_core::{
    cause,
    engine::{Judgement, Where},
    filter::{EndKind, ProtocolKind, StateKind},
    flow::{Evidence, InitiatorEvidence, Phase, Verdict},
    inventory::{By, Mark},
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
    ($own:ty => $wire:ident { $($word:ident),+ $(,)? }) => {
        impl From<$own> for v1::$wire {
            fn from(word: $own) -> Self {
                type Own = $own;
                match word {
                    $(Own::$word => Self::$word,)+
                }
            }
        }
    };
}

/// Words that are told and asked for.
macro_rules! both_ways {
    ($own:ty => $wire:ident { $($word:ident),+ $(,)? }) => {
        told!($own => $wire { $($word),+ });

        impl Word for v1::$wire {
            type Meaning = $own;

            const ALL: &'static [Self] = &[$(Self::$word),+];

            fn meaning(self) -> Option<$own> {
                type Own = $own;
                match self {
                    Self::Unspecified => None,
                    $(Self::$word => Some(Own::$word),)+
                }
            }

            fn name(self) -> &'static str {
                self.as_str_name()
            }
        }
    };
}

both_ways!(Verdict => Verdict {
    Forwarded,
    Dropped,
    Unanswered,
    Seen,
});

both_ways!(Judgement => Judgement {
    Plain,
    Refused,
    PerhapsRefused,
    NoPolicy,
    DroppedThoughAdmitted,
    NotEnforced,
    Settling,
    Undecidable,
});

both_ways!(cause::Kind => CauseKind {
    Label,
    Dns,
    Port,
    Peer,
    NoRule,
    Denied,
    NotEnforced,
    DroppedThoughAdmitted,
});

both_ways!(StateKind => CauseState {
    Active,
    Drifted,
    Mended,
});

both_ways!(ProtocolKind => Protocol {
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmpv6,
    Other,
});

both_ways!(EndKind => EndpointKind {
    Pod,
    Service,
    Node,
    World,
    Unknown,
});

both_ways!(Direction => TrafficDirection {
    Ingress,
    Egress,
});

told!(Direction => PolicyDirection {
    Ingress,
    Egress,
});

told!(Phase => Phase {
    Opened,
    Updated,
    Closed,
    Idle,
    Evicted,
});

told!(InitiatorEvidence => InitiatorEvidence {
    Request,
    Answer,
    Tracking,
    Ports,
    FirstPacket,
});

told!(Evidence => Evidence {
    Delivered,
    Replied,
    KernelReason,
    NoReply,
    Sent,
});

told!(Outcome => Outcome {
    NotApplicable,
    Admits,
    DoesNotAdmit,
    Undecidable,
});

told!(Operator => LabelOperator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
});

told!(Where => LostPlace {
    Kernel,
    FlowTable,
    Output,
});

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Every number that is a word goes to netobs' own and back; those that are none, and the one for nothing, go nowhere.
    fn all_go_both_ways<W>()
    where
        W: Word + From<W::Meaning> + Into<i32> + Debug + PartialEq,
    {
        let words: Vec<W> = (-1..100).filter_map(|number| W::try_from(number).ok()).collect();
        assert_eq!(words[0].meaning().map(W::from), None);
        assert_eq!(words[1..], *W::ALL);
        for word in &words[1..] {
            assert_eq!(word.meaning().map(W::from), Some(*word));
            let again = W::try_from((*word).into()).ok();
            assert_eq!(again, Some(*word), "{}", word.name());
        }
    }

    #[test]
    fn every_word_that_may_be_asked_for_means_what_it_is_told_for() {
        all_go_both_ways::<v1::Verdict>();
        all_go_both_ways::<v1::Judgement>();
        all_go_both_ways::<v1::CauseKind>();
        all_go_both_ways::<v1::CauseState>();
        all_go_both_ways::<v1::Protocol>();
        all_go_both_ways::<v1::EndpointKind>();
        all_go_both_ways::<v1::TrafficDirection>();
    }
}

both_ways!(Mark => EdgeMarkKind {
    Dns,
    Monitoring,
    ApiServer,
    Webhook,
    Probe,
});

both_ways!(By => EdgeMarkBy {
    Service,
    PodLabel,
    Address,
    OwnNode,
    NamespaceAndPort,
    Port,
});
