//! The contract's names as words: `VERDICT_NOT_SEEN` is `not-seen` to whoever types or reads it.
use clap::builder::{PossibleValuesParser, TypedValueParser};
use netobs_api::v1;

/// `name` without what all names of its kind begin with.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix)
        .unwrap_or(name)
        .to_ascii_lowercase()
        .replace('_', "-")
}

pub(crate) fn verdict(verdict: v1::Verdict) -> String {
    word(verdict.as_str_name(), "VERDICT_")
}

pub(crate) fn cause_kind(kind: v1::CauseKind) -> String {
    word(kind.as_str_name(), "CAUSE_KIND_")
}

/// Reads such words on the command line, and names them all where another is given.
pub(crate) fn parser<T: Clone + Send + Sync + 'static>(
    known: &'static [&'static str],
    prefix: &'static str,
    find: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(known).try_map(move |word| {
        let name = format!("{prefix}{}", word.to_ascii_uppercase().replace('-', "_"));
        find(&name).ok_or("is not in the contract")
    })
}

pub(crate) const VERDICTS: [&str; 4] = ["forwarded", "dropped", "unanswered", "seen"];
pub(crate) const PROTOCOLS: [&str; 6] = ["tcp", "udp", "sctp", "icmp", "icmpv6", "other"];
pub(crate) const DIRECTIONS: [&str; 2] = ["ingress", "egress"];
pub(crate) const CAUSE_KINDS: [&str; 8] = [
    "label",
    "dns",
    "port",
    "peer",
    "no-rule",
    "denied",
    "not-enforced",
    "dropped-though-admitted",
];
pub(crate) const JUDGEMENTS: [&str; 8] = [
    "plain",
    "refused",
    "perhaps-refused",
    "no-policy",
    "dropped-though-admitted",
    "not-enforced",
    "settling",
    "undecidable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_one_of_the_contract_and_none_is_left_out() {
        fn check<T: TryFrom<i32>>(
            words: &[&str],
            prefix: &str,
            find: fn(&str) -> Option<T>,
            name: fn(&T) -> &'static str,
        ) {
            let all: Vec<_> = (1..).map_while(|number| T::try_from(number).ok()).collect();
            let all: Vec<_> = all.iter().map(|one| word(name(one), prefix)).collect();
            assert_eq!(words, all);
            for one in words {
                assert!(
                    find(&format!("{prefix}{}", one.to_uppercase().replace('-', "_"))).is_some(),
                    "{one}"
                );
            }
        }
        check(
            &VERDICTS,
            "VERDICT_",
            v1::Verdict::from_str_name,
            v1::Verdict::as_str_name,
        );
        check(
            &PROTOCOLS,
            "PROTOCOL_",
            v1::Protocol::from_str_name,
            v1::Protocol::as_str_name,
        );
        check(
            &CAUSE_KINDS,
            "CAUSE_KIND_",
            v1::CauseKind::from_str_name,
            v1::CauseKind::as_str_name,
        );
        check(
            &JUDGEMENTS,
            "JUDGEMENT_",
            v1::Judgement::from_str_name,
            v1::Judgement::as_str_name,
        );
        check(
            &DIRECTIONS,
            "TRAFFIC_DIRECTION_",
            v1::TrafficDirection::from_str_name,
            v1::TrafficDirection::as_str_name,
        );
    }
}
